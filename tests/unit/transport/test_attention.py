"""What runs too long, or for nobody, is stopped."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from gateway.execution import Engine
from gateway.services.trusted_documents import TrustedDocuments
from gateway.transport import attention
from gateway.transport.graphql import GraphQLEndpoint
from gateway.transport.operations import Caller, Operations
from tests.unit.execution.library import make_schema
from tests.unit.transport.desk import DeskContext, People, client

QUERY = '{"query": "{ books(first: 1) { nodes { author { name } } } }"}'
JSON = {"content-type": "application/json"}


class Endless:
    """An endpoint whose resolvers wait for ever, and what becomes of them."""

    def __init__(self, timeout: float) -> None:
        self.begun, self.stopped = asyncio.Event(), asyncio.Event()
        engine, endless = Engine(make_schema()), self
        people: Any = People()
        database: Any = None

        class Context(DeskContext):
            async def wait(self) -> None:
                endless.begun.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    endless.stopped.set()

        def context(caller: Caller, _: str) -> Any:
            return Context(caller, engine)

        operations = Operations(engine, people, TrustedDocuments(database), context, timeout=timeout)
        self.endpoint = GraphQLEndpoint(operations)


async def test_a_request_that_takes_too_long_is_stopped_and_told_so() -> None:
    endless = Endless(timeout=0.01)

    async with client(endless.endpoint) as http:
        response = await http.post("/graphql", content=QUERY, headers=JSON)

    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (504, "TIMEOUT")
    assert error["message"].startswith("The request took longer than 0 seconds and was stopped.")
    assert endless.stopped.is_set()


async def test_a_request_whose_client_has_gone_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_AFTER", 0)
    endless = Endless(timeout=60)
    sent: list[MutableMapping[str, Any]] = []
    bodies = iter([{"type": "http.request", "body": QUERY.encode()}])

    async def receive() -> MutableMapping[str, Any]:
        if (message := next(bodies, None)) is None:
            await endless.begun.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer secret"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "scheme": "http", "headers": headers, "query_string": b""}
    async with asyncio.timeout(10):
        await endless.endpoint(scope, receive, send)

    assert endless.stopped.is_set()
    assert sent == []


async def test_whoever_stops_a_request_otherwise_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Endless(timeout=60)
    async with client(endless.endpoint) as http:
        task = asyncio.create_task(http.post("/graphql", content=QUERY, headers=JSON))
        await endless.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert endless.stopped.is_set()
