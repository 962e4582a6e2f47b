"""`/metrics`: for callers on the machine itself, not for those whom a proxy on it lets in."""

from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette

from gateway.db import Database
from gateway.settings import Settings
from gateway.transport.health import HealthEndpoints


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.1"}, 403),
        ("127.0.0.1", {"X-Real-IP": "192.0.2.1"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ],
)
async def test_who_may_read_metrics_without_a_token(peer: str, headers: dict[str, str], status: int) -> None:
    app: Any = Starlette(routes=HealthEndpoints(cast(Database, None), Settings(), lambda: False).routes)
    transport = httpx.ASGITransport(app, client=(peer, 1))

    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get("/metrics", headers=headers)

    assert answer.status_code == status
