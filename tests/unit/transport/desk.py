"""The library of the engine's tests behind the endpoints, with people who come with sessions and keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.types import ASGIApp

from authz.principal import Principal
from gateway.execution import Engine, Prepared
from gateway.kit.texts import Language
from gateway.services.principals import Identity
from gateway.services.relay import Relay
from gateway.services.trusted_documents import TrustedDocuments
from gateway.services.updates import Updates
from gateway.transport.connections import Connections
from gateway.transport.operations import Caller, Operations
from tests.unit.execution.library import make_schema
from tests.unit.execution.library_context import LibraryContext

ADDRESS = "http://gateway.example"
ANNA, KEY = Principal("administrator", 1, "Anna", ()), Principal("api_key", 2, "Reports", ())


class DeskContext(LibraryContext):
    """A reader as the transport knows them."""

    opened = None

    def __init__(self, caller: Caller, engine: Engine) -> None:
        super().__init__()
        self.caller = caller
        self.language = caller.language
        self.principal = caller.identity.principal if caller.identity else None
        self.engine = engine

    async def prepared(self, document: str) -> Prepared:
        return self.engine.prepare(document)

    def extensions(self, cost: int) -> Mapping[str, object]:
        return {}


@dataclass
class People:
    """In the place of `Principals`: whose session or key it is, until it is taken away."""

    sessions: dict[str, Identity] = field(
        default_factory=lambda: {"anna": Identity(ANNA, Language.RU, 1, None), "boris": Identity(ANNA, None, 2, None)}
    )
    keys: dict[str, Identity] = field(default_factory=lambda: {"secret": Identity(KEY, None, None, None)})

    async def by_session(self, token: str) -> Identity | None:
        return self.sessions.get(token)

    async def by_key(self, secret: str) -> Identity | None:
        return self.keys.get(secret)


class Notices:
    """In the place of the database: tells `Updates` what a test says."""

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callable[[str | None], None]]] = {}

    async def listen(self, channel: str, callback: Callable[[str | None], None]) -> None:
        self._callbacks.setdefault(channel, []).append(callback)

    def notify(self, channel: str, payload: str | None = "") -> None:
        for callback in self._callbacks[channel]:
            callback(payload)

    async def fetch(self, _tenant: object, _statement: object, *, notices: list[str]) -> None:
        """What the relay sends."""
        for notice in notices:
            assert len(notice) < 8_000
            self.notify("relay", notice)


@dataclass
class Desk:
    """What the endpoints stand on."""

    people: People = field(default_factory=People)
    notices: Notices = field(default_factory=Notices)

    def __post_init__(self) -> None:
        people: Any = self.people
        database: Any = self.notices
        self.engine = Engine(make_schema())

        def make_context(caller: Any, _: Any) -> Any:
            return DeskContext(caller, self.engine)

        self.operations = Operations(self.engine, people, TrustedDocuments(database), make_context)
        self.updates = Updates(database)
        self.relay = Relay(database)
        self.connections = Connections(self.operations, self.updates)

    @classmethod
    async def open(cls, beside: "Desk | None" = None) -> "Desk":
        """Alone, or as another process over the same database."""
        desk = cls() if beside is None else cls(beside.people, beside.notices)
        await desk.updates.open()
        await desk.relay.open()
        return desk


def client(app: ASGIApp) -> httpx.AsyncClient:
    """Somebody with the key; headers of a request may say otherwise."""
    headers = {"authorization": "Bearer secret", "accept-encoding": ""}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS, headers=headers)
