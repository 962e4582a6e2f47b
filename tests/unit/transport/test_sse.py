"""GraphQL as server-sent events: a stream for each operation and one for many, and what ends them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import reduce
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from gateway.services import relay
from gateway.transport import connections, event_stream, sse
from gateway.transport.sse import TOKEN_HEADER, EventStreamEndpoint
from tests.unit.transport.desk import Desk

EVENTS = {"accept": "text/event-stream"}
JSON = {"content-type": "application/json"}
KEY = {"authorization": "Bearer secret"}
ANNA = {"cookie": "gateway_session=anna"}
BROWSER = ANNA | {"sec-fetch-site": "same-origin"}
LONG = "{ version } #" + 9_000 * "."
DEEP: list[Any] = reduce(lambda inner, _: [inner], range(251), [])
"""A request can just be written with it, and no message about the request."""
STAYS = "subscription { arrivals(count: 1, stays: true) { title } }"
FIRST = {"data": {"arrivals": {"title": "Book 1"}}}
COMPLETE, END, ALIVE = ("complete", None), ("end", None), ("alive", None)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_ANSWER_WITHIN", 0.1)


@pytest.fixture
async def desk() -> Desk:
    return await Desk.open()


@pytest.fixture
def endpoint(desk: Desk) -> EventStreamEndpoint:
    return EventStreamEndpoint(desk.operations, desk.connections, desk.relay)


@pytest.fixture(params=["here", "elsewhere"])
async def other(request: pytest.FixtureRequest, desk: Desk, endpoint: EventStreamEndpoint) -> EventStreamEndpoint:
    """Where a client's next request arrives: at the same process, or at another."""
    if request.param == "here":
        return endpoint
    process = await Desk.open(desk)
    return EventStreamEndpoint(process.operations, process.connections, process.relay)


class Response:
    """What came of a request, as far as it came."""

    def __init__(self, start: dict[str, Any], parts: asyncio.Queue[dict[str, Any]]) -> None:
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self._parts = parts

    async def body(self) -> bytes:
        return bytes((await self._parts.get())["body"])

    async def code(self) -> Any:
        return orjson.loads(await self.body())["errors"][0]["extensions"]["code"]

    async def event(self) -> tuple[str, Any]:
        """The next event with its data: also a comment, and the end of the stream."""
        async with asyncio.timeout(10):
            part = await self._parts.get()
        if not part.get("more_body"):
            return END
        text = part["body"].decode()
        assert text.endswith("\n\n")
        if text.startswith(":"):
            return ALIVE
        event, data = text.strip("\n").split("\n")
        return event.removeprefix("event: "), orjson.loads(data.removeprefix("data: ") or "null")


@asynccontextmanager
async def request(
    endpoint: EventStreamEndpoint, method: str, headers: dict[str, str], query: str | None = None, **more: Any
) -> AsyncIterator[Response]:
    """A request, which its client gives up at the end. `query` is sent as the method wants it."""
    address = {name: value for name, value in more.items() if name in ("token", "operationId")}
    asked = {"query": query, **{name: value for name, value in more.items() if name not in address}}
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent.put_nowait({"type": "http.request", "body": orjson.dumps(asked) if method == "POST" else b""})
    scope = {
        "type": "http",
        "method": method,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "query_string": urlencode(address | ({"query": query} if query and method == "GET" else {})).encode(),
        "client": ("192.0.2.1", 1),
    }
    parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: Any) -> None:
        parts.put_nowait(message)

    serving = asyncio.create_task(endpoint(scope, sent.get, send))
    yield Response(await parts.get(), parts)
    sent.put_nowait({"type": "http.disconnect"})
    await serving


async def reserve(endpoint: EventStreamEndpoint, **headers: str) -> str:
    async with request(endpoint, "PUT", headers or KEY) as reserved:
        assert (reserved.status, reserved.headers["content-type"]) == (201, "text/plain; charset=utf-8")
        return (await reserved.body()).decode()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_operation_has_a_stream(endpoint: EventStreamEndpoint, method: str) -> None:
    query = "subscription { arrivals(count: 2) { title } }"
    async with request(endpoint, method, EVENTS | KEY | JSON, query) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert stream.headers["cache-control"] == "no-store"
        assert [await stream.event() for _ in range(4)] == [
            ("next", FIRST),
            ("next", {"data": {"arrivals": {"title": "Book 2"}}}),
            COMPLETE,
            END,
        ]


@pytest.mark.parametrize("query", ["query { version }", "mutation { touch(number: 1) }"])
async def test_other_operations_have_one_event(endpoint: EventStreamEndpoint, query: str) -> None:
    async with request(endpoint, "POST", EVENTS | KEY | JSON, query) as stream:
        assert [(await stream.event())[0] for _ in range(2)] == ["next", "complete"]


async def test_what_can_not_be_executed_is_told_in_the_stream(endpoint: EventStreamEndpoint) -> None:
    for query, executed in (("{", False), ("subscription { arrivals(count: 2, failAt: 1) { id } }", True)):
        async with request(endpoint, "POST", EVENTS | KEY | JSON, query) as stream:
            assert stream.status == 200
            kind, answer = await stream.event()
            assert (kind, list(answer), await stream.event()) == ("next", ["errors"], COMPLETE)
            assert (answer["errors"][0]["extensions"]["code"] == "INTERNAL") is executed


@pytest.mark.parametrize(
    ("method", "headers", "query", "status"),
    [
        ("POST", EVENTS | JSON | {"authorization": "Bearer other"}, STAYS, 401),
        ("POST", EVENTS | KEY, STAYS, 415),
        ("POST", EVENTS | KEY | JSON, None, 400),
        ("POST", KEY | JSON, STAYS, 406),
        ("GET", KEY, STAYS, 406),
        ("GET", EVENTS | KEY, "mutation { touch(number: 1) }", 405),
        ("GET", EVENTS | ANNA, STAYS, 403),
        ("GET", EVENTS | ANNA | {"sec-fetch-site": "same-origin"}, STAYS, 200),
        ("POST", EVENTS | JSON | ANNA | {"sec-fetch-site": "cross-site"}, STAYS, 403),
        ("PATCH", EVENTS | KEY, STAYS, 405),
        ("PUT", {}, None, 401),
        ("PUT", ANNA | {"sec-fetch-site": "cross-site"}, None, 403),
        ("DELETE", KEY, None, 406),
    ],
)
async def test_requests_are_refused_with_a_status(
    endpoint: EventStreamEndpoint, method: str, headers: dict[str, str], query: str | None, status: int
) -> None:
    async with request(endpoint, method, headers, query) as response:
        assert response.status == status


async def test_one_stream_carries_many_operations(endpoint: EventStreamEndpoint, other: EventStreamEndpoint) -> None:
    token = {TOKEN_HEADER: await reserve(other)}

    async with request(endpoint, "GET", EVENTS | KEY | token) as stream:
        assert stream.status == 200
        for id, query in (("a", STAYS), ("b", LONG)):
            async with request(other, "POST", KEY | JSON | token, query, extensions={"operationId": id}) as accepted:
                assert (accepted.status, await accepted.body()) == (202, b"")
        events = [await stream.event() for _ in range(3)]
        assert ("next", {"id": "a", "payload": FIRST}) in events
        assert [event for event in events if event[1]["id"] == "b"] == [
            ("next", {"id": "b", "payload": {"data": {"version": "1.0"}}}),
            ("complete", {"id": "b"}),
        ]

        async with request(other, "DELETE", KEY | token, operationId="a") as stopped:
            assert stopped.status == 200
        async with request(other, "POST", KEY | JSON | token, STAYS, extensions={"operationId": "a"}) as again:
            assert again.status == 202
        assert await stream.event() == ("next", {"id": "a", "payload": FIRST})
    async with request(other, "POST", KEY | JSON | token, STAYS, extensions={"operationId": "a"}) as closed:
        assert closed.status == 404


async def test_a_stream_is_for_one_connection_of_whoever_opened_it(
    endpoint: EventStreamEndpoint, other: EventStreamEndpoint
) -> None:
    token = await reserve(endpoint, **ANNA)
    boris = {"cookie": "gateway_session=boris", "sec-fetch-site": "same-origin"}

    async with request(endpoint, "GET", EVENTS, token=token) as stranger:
        assert stranger.status == 401
    async with request(endpoint, "GET", EVENTS | ANNA, token=token) as stream:
        assert stream.status == 200
        async with request(endpoint, "GET", EVENTS | ANNA, token=token) as second:
            assert second.status == 409
        for headers in (KEY, boris, {}):
            asked = {"token": token, "extensions": {"operationId": "a"}}
            async with request(other, "POST", JSON | headers, STAYS, **asked) as foreign:
                assert foreign.status == 404
            async with request(other, "DELETE", headers, token=token, operationId="a") as foreign:
                assert foreign.status == 404


@pytest.mark.parametrize(
    ("method", "more", "status"),
    [
        ("POST", {}, 400),
        ("POST", {"extensions": {"operationId": 1}}, 400),
        ("POST", {"extensions": {"operationId": "a"}}, 409),
        ("POST", {"extensions": {"operationId": "c"}, "query": "{"}, 400),
        ("POST", {"extensions": {"operationId": "c"}, "query": "{ nothing }"}, 400),
        ("POST", {"extensions": {"operationId": "c"}}, 429),
        ("POST", {"extensions": {"operationId": "c", "deep": DEEP}}, 400),
        ("GET", {"query": "mutation { touch(number: 1) }"}, 405),
        ("DELETE", {"operationId": ""}, 400),
        ("DELETE", {"operationId": "unknown"}, 200),
    ],
)
async def test_operations_of_a_stream_are_refused_with_a_status(
    endpoint: EventStreamEndpoint,
    other: EventStreamEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    more: dict[str, Any],
    status: int,
) -> None:
    monkeypatch.setattr(sse, "_MOST_OPERATIONS", 2)
    token = await reserve(endpoint)
    async with request(endpoint, "GET", EVENTS | KEY, token=token):
        for id in ("a", "b"):
            async with request(endpoint, "POST", KEY | JSON, STAYS, token=token, extensions={"operationId": id}):
                pass

        asked = {"query": STAYS} | more
        async with request(other, method, KEY | JSON, token=token, **asked) as response:
            assert response.status == status


async def test_a_stream_ends_with_the_session_and_tells_its_operation_why(
    desk: Desk, endpoint: EventStreamEndpoint
) -> None:
    async with request(endpoint, "GET", EVENTS | BROWSER, STAYS) as stream:
        assert await stream.event() == ("next", FIRST)
        desk.people.sessions.pop("anna")
        desk.notices.notify("access")
        _, answer = await stream.event()
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
        assert [await stream.event(), await stream.event()] == [COMPLETE, END]


async def test_each_operation_of_a_stream_is_told_that_the_session_has_ended(
    desk: Desk, endpoint: EventStreamEndpoint
) -> None:
    token = {"token": await reserve(endpoint, **ANNA)}
    async with request(endpoint, "GET", EVENTS | BROWSER, **token) as stream:
        for id in ("a", "b"):
            asked = {"extensions": {"operationId": id}} | token
            async with request(endpoint, "POST", JSON | BROWSER, STAYS, **asked) as accepted:
                assert accepted.status == 202
            assert await stream.event() == ("next", {"id": id, "payload": FIRST})
        async with request(endpoint, "DELETE", BROWSER, operationId="a", **token) as stopped:
            assert stopped.status == 200
        desk.people.sessions.pop("anna")
        desk.notices.notify("access")
        _, told = await stream.event()
        codes = [error["extensions"]["code"] for error in told["payload"]["errors"]]
        assert (told["id"], codes) == ("b", ["UNAUTHENTICATED"])
        assert [await stream.event(), await stream.event()] == [("complete", {"id": "b"}), END]


async def test_a_stream_ends_with_the_process(desk: Desk, endpoint: EventStreamEndpoint) -> None:
    async with request(endpoint, "POST", EVENTS | JSON | KEY, STAYS) as stream:
        assert await stream.event() == ("next", FIRST)
        desk.connections.end()
        assert await stream.event() == END


async def test_streams_are_limited_and_say_that_they_are_alive(
    endpoint: EventStreamEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_OF_A_PRINCIPAL", 1)
    monkeypatch.setattr(event_stream, "_ALIVE", 0.01)

    async with request(endpoint, "POST", EVENTS | JSON | KEY, STAYS) as stream:
        assert [await stream.event(), await stream.event()] == [("next", FIRST), ALIVE]
        async with request(endpoint, "POST", EVENTS | JSON | KEY, STAYS) as second:
            assert (second.status, await second.code()) == (429, "RATE_LIMITED")
    async with request(endpoint, "POST", EVENTS | JSON | KEY, STAYS) as later:
        assert later.status == 200
