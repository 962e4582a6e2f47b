"""GraphQL over a WebSocket: the protocol word for word, a close code for each violation, and what ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from gateway.services.principals import Identity
from gateway.transport import connections, websocket
from gateway.transport.websocket import WebSocketEndpoint
from tests.unit.transport.desk import ANNA, Desk

INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}
WITH_KEY = {"type": "connection_init", "payload": {"Authorization": "Bearer secret"}}
STAYS = "subscription { arrivals(count: 1, stays: true) { title } }"
FIRST = {"data": {"arrivals": {"title": "Book 1"}}}


@pytest.fixture
async def desk() -> Desk:
    return await Desk.open()


class Line:
    """A client's end of a socket."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.to_client: asyncio.Queue[Any] = asyncio.Queue(1)  # full with what nobody has heard yet
        self.gone = False

    def say(self, *messages: object) -> None:
        for message in messages:
            text = message if isinstance(message, str) else orjson.dumps(message).decode()
            self.to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        """The next message, or the code and the reason with which the connection was closed."""
        async with asyncio.timeout(10):
            sent = await self.to_client.get()
        return orjson.loads(sent["text"]) if "text" in sent else (sent.get("code"), sent.get("reason"))


@asynccontextmanager
async def line(
    desk: Desk, *messages: object, protocol: str = "graphql-transport-ws", **headers: str
) -> AsyncIterator[Line]:
    """A connection on which these messages were sent; at the end the client goes away."""
    client = Line()
    client.to_server.put_nowait({"type": "websocket.connect"})
    client.say(*messages)
    scope = {
        "type": "websocket",
        "headers": [(b"host", b"gateway.example"), *((n.encode(), v.encode()) for n, v in headers.items())],
        "subprotocols": [protocol],
        "client": ("192.0.2.1", 1),
    }

    async def send(message: Any) -> None:
        await client.to_client.put(message)
        if client.gone:
            raise OSError

    serving = asyncio.create_task(
        WebSocketEndpoint(desk.operations, desk.connections)(scope, client.to_server.get, send)
    )
    accepted = await client.to_client.get()
    if accepted["type"] == "websocket.close":
        client.to_client.put_nowait(accepted)
    yield client
    client.gone = True
    client.to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
    while not serving.done():
        await asyncio.sleep(0)
        if client.to_client.full():
            client.to_client.get_nowait()
    await serving


def subscribe(query: str, id: str = "1", **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "subscribe", "payload": {"query": query, **more}}


async def test_a_query_has_one_answer_and_ends(desk: Desk) -> None:
    async with line(desk, INIT, subscribe("query A { version } query B { b: version }", operationName="B")) as client:
        assert await client.hear() == ACK
        assert await client.hear() == {"id": "1", "type": "next", "payload": {"data": {"b": "1.0"}}}
        assert await client.hear() == {"id": "1", "type": "complete"}

        client.say(subscribe("mutation { touch(number: 1) }"))
        assert await client.hear() == {"id": "1", "type": "next", "payload": {"data": {"touch": True}}}
        assert await client.hear() == {"id": "1", "type": "complete"}


async def test_a_subscription_has_many(desk: Desk) -> None:
    query = "subscription ($n: Int!) { arrivals(count: $n) { title } }"
    async with line(desk, INIT, subscribe(query, variables={"n": 3})) as client:
        assert await client.hear() == ACK
        answers = [await client.hear() for _ in range(4)]

    assert [answer.get("payload", {}).get("data", {}).get("arrivals", {}).get("title") for answer in answers] == [
        "Book 1",
        "Book 2",
        "Book 3",
        None,
    ]
    assert answers[3] == {"id": "1", "type": "complete"}


async def test_operations_run_beside_each_other_and_a_completed_one_ends(desk: Desk) -> None:
    async with line(desk, INIT, subscribe(STAYS, "a"), subscribe(STAYS, "b")) as client:
        assert await client.hear() == ACK
        assert [await client.hear(), await client.hear()] == [
            {"id": "a", "type": "next", "payload": FIRST},
            {"id": "b", "type": "next", "payload": FIRST},
        ]

        client.say(
            {"id": "a", "type": "complete"}, {"id": "unknown", "type": "complete"}, subscribe("{ version }", "a")
        )
        assert await client.hear() == {"id": "a", "type": "next", "payload": {"data": {"version": "1.0"}}}


async def test_pings_are_answered_at_any_time(desk: Desk) -> None:
    async with line(desk, INIT, {"type": "ping", "payload": {"n": 1}}, {"type": "pong"}, {"type": "ping"}) as client:
        assert await client.hear() == ACK
        assert await client.hear() == {"type": "pong", "payload": {"n": 1}}
        assert await client.hear() == {"type": "pong", "payload": None}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{", "Syntax Error: Expected Name, found <EOF>."),
        ("subscription { nothing }", "Cannot query field 'nothing' on type 'Subscription'."),
        (
            "query A { version } query B { version }",
            "Must provide operation name if query contains multiple operations.",
        ),
        ("subscription ($n: Int!) { arrivals(count: $n) { id } }", "Variable '$n' has invalid value"),
    ],
)
async def test_what_can_not_be_executed_is_an_error_of_the_operation(desk: Desk, query: str, message: str) -> None:
    async with line(desk, WITH_KEY, subscribe(query)) as client:
        assert await client.hear() == ACK
        told = await client.hear()
        assert (told["id"], told["type"]) == ("1", "error")
        assert [error["message"].startswith(message) for error in told["payload"]] == [True]

        client.say(subscribe("{ version }"))
        assert (await client.hear())["type"] == "next"


async def test_a_stream_that_breaks_is_an_error_without_our_insides(desk: Desk) -> None:
    async with line(desk, INIT, subscribe("subscription { arrivals(count: 2, failAt: 2) { title } }")) as client:
        assert [(await client.hear())["type"] for _ in range(2)] == ["connection_ack", "next"]
        told = await client.hear()

    assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL")
    assert "broke" not in str(told)


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([subscribe("{ version }")], 4401),
        ([{"type": "ping"}], 4400),
        ([INIT, INIT], 4429),
        ([INIT, subscribe(STAYS), subscribe(STAYS)], 4409),
        (["{"], 4400),
        (["[]"], 4400),
        (['{"type": 1}'], 4400),
        ([INIT, {"type": "start"}], 4400),
        ([INIT, {"type": "connection_ack"}], 4400),
        ([INIT, {"type": "next", "id": "1"}], 4400),
        ([INIT, {"type": "ping", "payload": "a"}], 4400),
        ([INIT, '{"type": "ping", "payload": {"a": ' + "[" * 500 + "]" * 500 + "}}"], 4400),
        ([{"type": "connection_init", "payload": [1]}], 4400),
        ([INIT, {"type": "subscribe", "payload": {"query": "{ version }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": "", "payload": {"query": "{ version }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1"}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {}}], 4400),
        ([INIT, subscribe("{ version }", variables=[])], 4400),
        ([INIT, {"type": "complete"}], 4400),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer other"}}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": 7}}], 4403),
    ],
)
async def test_a_client_at_fault_is_told_by_a_code(desk: Desk, messages: list[object], code: int) -> None:
    async with line(desk, *messages) as client:
        while not isinstance(heard := await client.hear(), tuple):
            assert heard["type"] in ("connection_ack", "next")

    assert heard[0] == code
    assert 0 < len(heard[1].encode()) <= 123


async def test_bytes_are_no_message(desk: Desk) -> None:
    async with line(desk) as client:
        client.to_server.put_nowait({"type": "websocket.receive", "bytes": orjson.dumps(INIT)})
        assert await client.hear() == (4400, "Messages are JSON texts")


async def test_a_client_that_says_nothing_is_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_INIT_WITHIN", 0.01)

    async with line(desk) as client:
        assert await client.hear() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize("protocol", ["graphql-ws", "chat"])
async def test_no_other_protocol_is_spoken(desk: Desk, protocol: str) -> None:
    async with line(desk, INIT, protocol=protocol) as client:
        assert await client.hear() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        (None, True),
        ("https://gateway.example", True),
        ("https://evil.example", False),
        ("https://gateway.example.evil.example", False),
        ("null", False),
    ],
)
async def test_pages_of_other_sites_are_refused(desk: Desk, origin: str | None, taken: bool) -> None:
    headers = {"cookie": "gateway_session=anna"} | ({"origin": origin} if origin else {})
    async with line(desk, INIT, **headers) as client:
        assert await client.hear() == (ACK if taken else (None, None))


@pytest.mark.parametrize("message", [INIT, WITH_KEY])
async def test_whoever_is_signed_in_no_more_is_let_go(desk: Desk, message: object) -> None:
    async with line(desk, message, subscribe(STAYS), cookie="gateway_session=anna") as client:
        assert [await client.hear(), (await client.hear())["payload"]] == [ACK, FIRST]

        desk.notices.notify("access")
        client.say({"type": "ping"})
        assert (await client.hear())["type"] == "pong"

        desk.people.sessions.pop("anna")
        desk.people.keys.pop("secret")
        desk.notices.notify("access")
        assert await client.hear() == (4401, "Unauthorized")


async def test_a_session_ends_in_time_though_nobody_ends_it(desk: Desk) -> None:
    desk.people.sessions["anna"] = Identity(ANNA, None, 1, datetime.now(UTC) + timedelta(seconds=0.1))

    async with line(desk, INIT, cookie="gateway_session=anna") as client:
        assert await client.hear() == ACK
        desk.people.sessions.pop("anna")
        assert await client.hear() == (4401, "Unauthorized")


async def test_each_operation_has_the_rights_held_by_then(desk: Desk) -> None:
    async with line(desk, INIT, cookie="gateway_session=anna") as client:
        assert await client.hear() == ACK
        desk.people.sessions.pop("anna")  # and the notice is not here yet
        client.say(subscribe("{ version }"))
        told = await client.hear()

    assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")


async def test_connections_and_operations_are_limited(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_OF_AN_ADDRESS", 1)
    monkeypatch.setattr(websocket, "_MOST_OPERATIONS", 1)

    async with line(desk, INIT, subscribe(STAYS)) as client:
        assert [await client.hear(), (await client.hear())["payload"]] == [ACK, FIRST]
        async with line(desk, INIT) as second, line(desk, INIT, cookie="gateway_session=anna") as other:
            assert await second.hear() == (1013, "Try again later")
            assert await other.hear() == ACK
        client.say(subscribe(STAYS, "2"))
        told = await client.hear()
        assert (told["id"], told["payload"][0]["extensions"]["code"]) == ("2", "RATE_LIMITED")

        client.say({"id": "1", "type": "complete"}, subscribe(STAYS, "2"))
        assert await client.hear() == {"id": "2", "type": "next", "payload": FIRST}
    async with line(desk, INIT) as later:
        assert await later.hear() == ACK


async def test_nothing_is_made_for_a_client_that_does_not_listen(desk: Desk) -> None:
    async with line(desk, INIT, subscribe("subscription { arrivals(count: 1000) { title } }")) as client:
        assert await client.hear() == ACK
        for heard in range(1, 6):
            assert (await client.hear())["payload"]["data"]["arrivals"]["title"] == f"Book {heard}"
            for _ in range(20):
                await asyncio.sleep(0)
            assert desk.engine.stats.operations <= heard + 2  # one is in the queue, one waits to be


async def test_the_end_of_the_process_is_told(desk: Desk) -> None:
    async with line(desk, INIT) as client:
        assert await client.hear() == ACK
        desk.connections.end()
        assert await client.hear() == (1001, "Going away")


async def test_faults_are_told_in_the_language_of_the_first_message(desk: Desk) -> None:
    init = {"type": "connection_init", "payload": {"Accept-Language": "ru"}}
    async with line(desk, init, subscribe("{ __schema { description } }")) as client:
        assert await client.hear() == ACK
        assert (await client.hear())["payload"][0]["message"].startswith("Схема видна только после входа")
