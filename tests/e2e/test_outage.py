"""While PostgreSQL is away clients are told to come back, over HTTP and WebSockets; and then all is as before."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.gateways import LOG_IN, ask, gateway
from tests.factories.line import line
from tests.services.people import EMAIL, PASSWORD

COMPANIES = "{ companies(first: 1) { nodes { id } } }"
pytestmark = pytest.mark.usefixtures("people")


async def sent(client: httpx.AsyncClient, address: str) -> tuple[int, str | None, list[Any]]:
    answer = await client.post(f"{address}/graphql", json={"query": COMPANIES})
    codes = [error["extensions"]["code"] for error in answer.json().get("errors", ())]
    return answer.status_code, answer.headers.get("retry-after"), codes


async def socket(address: str, cookies: str) -> ClientConnection:
    url = address.replace("http:", "ws:") + "/graphql"
    connection = await connect(url, subprotocols=["graphql-transport-ws"], additional_headers={"Cookie": cookies})  # type: ignore[list-item]  # a text is what its own type is made of
    await connection.send(json.dumps({"type": "connection_init"}))
    return connection


@asynccontextmanager
async def served(dsn: str, folder: Path) -> AsyncIterator[str]:
    """A gateway whose beginning and end leave the loop free for the line."""
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w+"))
        yield await asyncio.to_thread(stack.enter_context, gateway(dsn, log, folder))
        await asyncio.to_thread(stack.close)


async def test_an_outage_is_told_and_survived(dsn: str, tmp_path: Path) -> None:
    async with (
        asyncio.timeout(60),
        httpx.AsyncClient(timeout=30) as anna,
        line(dsn) as wire,
        served(wire.dsn, tmp_path) as address,
    ):
        await ask(anna, address, LOG_IN, login=EMAIL, password=PASSWORD)
        before = await sent(anna, address)
        cookies = f"gateway_session={anna.cookies['gateway_session']}"
        stays = await socket(address, cookies)
        acknowledged = json.loads(await stays.recv())

        wire.cut()
        known = await sent(anna, address)
        foreign = await anna.post(
            f"{address}/graphql", json={"query": "{ viewer { name } }"}, headers={"authorization": "Bearer other"}
        )
        ready = await anna.get(f"{address}/readyz")
        await stays.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": COMPANIES}}))
        told = json.loads(await stays.recv())
        newcomer = await socket(address, "gateway_session=another")
        with pytest.raises(ConnectionClosed) as closed:
            await newcomer.recv()

        await wire.up()
        after = await sent(anna, address)
        await stays.close()

    assert (before, acknowledged["type"], after) == ((200, None, []), "connection_ack", (200, None, []))
    assert known == (503, "5", ["UNAVAILABLE"])
    assert (foreign.status_code, foreign.headers["retry-after"]) == (503, "5")
    assert foreign.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert (ready.status_code, ready.json()["reason"]) == (503, "database does not answer")
    errors = told["payload"] if told["type"] == "error" else told["payload"]["errors"]
    assert [error["extensions"]["code"] for error in errors] == ["UNAVAILABLE"]
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
