"""The gateway with a watch on its event loop, as an ASGI application."""

import asyncio
import time

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.app import create_app
from gateway.settings import Settings

_TICK = 0.001  # seconds


class _Watch:
    """Wants to run at every tick; how late it comes is how long something else held the loop."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._due: float | None = None

    async def held(self, _: Request) -> JSONResponse:
        """Answers the longest hold since the last question, in milliseconds; the first question starts the watch."""
        if self._due is None:
            self._wait()
        longest, self._longest = self._longest, 0.0
        return JSONResponse({"held_ms": longest * 1e3})

    def _wait(self) -> None:
        self._due = time.perf_counter() + _TICK
        asyncio.get_running_loop().call_later(_TICK, self._tick)

    def _tick(self) -> None:
        assert self._due is not None
        self._longest = max(self._longest, time.perf_counter() - self._due)
        self._wait()


_gateway = create_app(Settings())
_held = Route("/held", _Watch().held)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The gateway, which also tells how long it was held."""
    if scope["type"] == "http" and scope["path"] == "/held":
        await _held.handle(scope, receive, send)
    else:
        await _gateway(scope, receive, send)
