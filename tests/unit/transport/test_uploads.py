"""`POST /uploads`: what a request must say before its file is read, what it costs, and how many come at a time."""

import asyncio
from typing import Any, cast

import httpx
import pytest

from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.services.uploads import LARGEST_UPLOAD
from gateway.transport import requests
from gateway.transport.uploads import UploadEndpoint
from tests.factories.files import Files

KEY = Principal("api_key", 1, "Integration", (Grant(1, 1, "owner"),))
CSV = {"content-type": "text/csv"}


def endpoint(points: int = 1_000_000) -> UploadEndpoint:
    # The refusals that are looked for here come before anything is stored.
    return UploadEndpoint(cast(Database, None), Files(None, {"key": KEY}, points).operations)


async def post(app: UploadEndpoint, query: str, headers: dict[str, str], content: bytes = b"a;b") -> httpx.Response:
    transport: Any = httpx.ASGITransport(cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.post(f"/uploads?{query}", content=content, headers=CSV | headers)


def told(answer: httpx.Response) -> dict[str, Any]:
    (error,) = answer.json()["errors"]
    return {"message": error["message"], **error["extensions"]}


@pytest.mark.parametrize(
    ("query", "reason", "beginning"),
    [
        ("name=a.csv", "REQUIRED", "Name the company that the file is for: POST /uploads?companyId=com_123"),
        ("companyId=&name=a.csv", "INVALID", "“” is not a global id."),
        ("companyId=num_1", "INVALID", "num_1 is an id of type Number"),
    ],
)
async def test_a_file_needs_its_company(query: str, reason: str, beginning: str) -> None:
    answer = await post(endpoint(), query, {"authorization": "Bearer key"})

    refused = told(answer)
    expected = (400, "BAD_INPUT", reason, ["companyId"])
    assert (answer.status_code, refused["code"], refused["reason"], refused["field"]) == expected
    assert refused["message"].startswith(beginning)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "UNAUTHENTICATED"),
        ({"authorization": "Bearer other"}, 401, "UNAUTHENTICATED"),
        ({"cookie": "gateway_session=key", "sec-fetch-site": "cross-site"}, 403, "BAD_REQUEST"),
        ({"authorization": "Bearer key", "content-type": "text/plain"}, 415, "BAD_REQUEST"),
    ],
)
async def test_who_may_not_send_one(headers: dict[str, str], status: int, code: str) -> None:
    answer = await post(endpoint(), "companyId=com_1", headers)

    assert (answer.status_code, told(answer)["code"]) == (status, code)


async def test_a_file_for_another_company_is_not_read() -> None:
    answer = await post(endpoint(), "companyId=com_2", {"authorization": "Bearer key"}, b"x" * (LARGEST_UPLOAD + 1))

    assert (answer.status_code, told(answer)["reason"]) == (404, "NOT_FOUND")


async def test_a_file_that_is_too_large_is_to_be_split() -> None:
    answer = await post(endpoint(), "companyId=com_1", {"authorization": "Bearer key"}, b"x" * (LARGEST_UPLOAD + 1))

    assert (answer.status_code, told(answer)["message"]) == (413, "The file is larger than 32 MB. Split it.")


async def test_a_file_costs_points_by_its_size() -> None:
    answer = await post(endpoint(points=119), "companyId=com_1", {"authorization": "Bearer key"}, b"x" * 2_000)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_few_files_of_a_company_come_at_a_time_and_none_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    app, reading = endpoint(points=0), asyncio.Semaphore(0)
    headers = [(b"authorization", b"Bearer key"), (b"content-type", b"text/csv")]
    scope = {"type": "http", "method": "POST", "query_string": b"companyId=com_1", "headers": headers}
    statuses: list[int] = []

    async def receive() -> Any:
        reading.release()
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if "status" in message:
            statuses.append(message["status"])

    monkeypatch.setattr(requests, "_PATIENCE", 0.2)
    async with asyncio.timeout(10):
        sending = [asyncio.create_task(app(scope, receive, send)) for _ in range(3)]
        for _ in sending:
            await reading.acquire()
        fourth = await post(app, "companyId=com_1", {"authorization": "Bearer key"})
        await asyncio.gather(*sending)
        fifth = await post(app, "companyId=com_1", {"authorization": "Bearer key"})

    assert (fourth.status_code, told(fourth)["code"]) == (429, "RATE_LIMITED")
    assert statuses == [408] * 3
    assert told(fifth)["message"] == "Spent."
