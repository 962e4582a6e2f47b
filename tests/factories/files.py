"""What the endpoints of files stand on, for people who come with keys and sessions and have a budget."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from starlette.types import ASGIApp

from authz.principal import Principal
from gateway.db import Database
from gateway.execution import Limits
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.models.journal import Channel
from gateway.services.principals import Identity
from gateway.services.trusted_documents import TrustedDocuments
from gateway.services.updates import Updates
from gateway.transport.connections import Connections
from gateway.transport.operations import Caller, Operations
from schema.context import Context
from tests.unit.operations.catalogues import catalogue


class Purse:
    """In the place of a budget: what was spent, and how much there is."""

    def __init__(self, points: int) -> None:
        self.points, self.spent = points, list[int]()

    async def spend(self, points: int) -> None:
        if points > self.points:
            text = Text(en="Spent.", ru="Потрачено.")
            raise GatewayError(GatewayErrorCode.RATE_LIMITED, text(), extensions={"retryAfter": 7})
        self.spent.append(points)


class Files:
    """Operations and connections over a database. `people` are those who come, by key or session; they may change."""

    def __init__(self, database: Database | None, people: Mapping[str, Principal], points: int = 1_000_000) -> None:
        db: Any = database
        engine: Any = SimpleNamespace(limits=Limits())
        self.people, self.purse = dict(people), Purse(points)
        self.updates = Updates(db)
        principals: Any = self

        def make_context(caller: Caller, correlation_id: str) -> Context:
            budget: Any = self.purse
            return Context(
                principal=caller.identity.principal if caller.identity else None,
                language=caller.language,
                channel=Channel.API,
                correlation_id=correlation_id,
                db=db,
                catalogue=catalogue(),
                updates=self.updates,
                engine=engine,
                budget=budget,
            )

        self.operations = Operations(engine, principals, TrustedDocuments(db), make_context)
        self.connections = Connections(self.operations, self.updates)

    async def by_key(self, secret: str) -> Identity | None:
        return await self.by_session(secret)

    async def by_session(self, token: str) -> Identity | None:
        principal = self.people.get(token)
        return None if principal is None else Identity(principal, None, None, None)

    def tell_of_access(self) -> None:
        """As the database does, when it may have changed."""
        self.updates._tell_access()


class SlowReader:
    """A client that takes a piece of a response when it likes."""

    def __init__(self, app: ASGIApp, address: str, key: str, method: str = "GET") -> None:
        self._parts: asyncio.Queue[Any] = asyncio.Queue()
        self._takes = asyncio.Semaphore(2)
        headers = [(b"authorization", f"Bearer {key}".encode())]
        scope = {"type": "http", "method": method, "path": address, "query_string": b"", "headers": headers}
        self.done = asyncio.create_task(self._run(app, scope))

    async def part(self) -> Any:
        """The next message; the one after the next may be sent then. None when there are no more."""
        self._takes.release()
        return await self._parts.get()

    async def _run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        async def receive() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            await self._takes.acquire()
            await self._parts.put(message)

        try:
            await app(scope, receive, send)
        finally:
            self._parts.put_nowait(None)
