"""The library of the engine's tests behind the endpoints, with people who come with sessions and keys."""

from dataclasses import dataclass, field

import httpx
from starlette.types import ASGIApp

from authz.principal import Principal
from gateway.execution import Engine
from gateway.kit.texts import Language
from gateway.services.principals import Identity
from gateway.transport.operations import Caller, Operations
from tests.unit.execution.library import LibraryContext, make_schema

ADDRESS = "http://gateway.example"
ANNA, KEY = Principal("administrator", 1, "Anna", ()), Principal("api_key", 2, "Reports", ())


class DeskContext(LibraryContext):
    """A reader as the transport knows them."""

    opened = None

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.caller = caller
        self.language = caller.language


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


def operations(people: People) -> Operations:
    return Operations(Engine(make_schema()), people, lambda caller, _: DeskContext(caller))  # type: ignore[arg-type, return-value]


def client(app: ASGIApp) -> httpx.AsyncClient:
    """Somebody with the key; headers of a request may say otherwise."""
    headers = {"authorization": "Bearer secret", "accept-encoding": ""}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS, headers=headers)
