"""`POST /uploads`: what a request must say before its file is read."""

from typing import Any, cast

import orjson
import pytest
from starlette.requests import Request

from authz.principal import Principal
from gateway.db import Database
from gateway.services.principals import Identity, Principals
from gateway.transport.uploads import UploadEndpoint


class OnePrincipal(Principals):
    """Knows one caller by any key."""

    def __init__(self) -> None:
        pass

    async def by_key(self, secret: str) -> Identity | None:
        return Identity(Principal("api_key", 1, "Integration", ()), None, None, None)


async def post(query: bytes) -> tuple[int, dict[str, Any]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"a;b", "more_body": False}

    headers = [(b"content-type", b"text/csv"), (b"authorization", b"Bearer key")]
    scope = {"type": "http", "method": "POST", "path": "/uploads", "query_string": query, "headers": headers}
    # The refusals that are looked for here come before anything is stored.
    endpoint = UploadEndpoint(cast(Database, None), OnePrincipal())
    response = await endpoint.store(Request(scope, receive))
    (error,) = orjson.loads(response.body)["errors"]
    return response.status_code, {"message": error["message"], **error["extensions"], "correlationId": ""}


@pytest.mark.parametrize(
    ("query", "reason", "beginning"),
    [
        (b"name=a.csv", "REQUIRED", "Name the company that the file is for: POST /uploads?companyId=com_123"),
        (b"companyId=&name=a.csv", "INVALID", "“” is not a global id."),
        (b"companyId=num_1", "INVALID", "num_1 is an id of type Number"),
    ],
)
async def test_a_file_needs_its_company(query: bytes, reason: str, beginning: str) -> None:
    status, refused = await post(query)

    assert (status, refused["code"], refused["reason"], refused["field"]) == (400, "BAD_INPUT", reason, ["companyId"])
    assert refused["message"].startswith(beginning)
