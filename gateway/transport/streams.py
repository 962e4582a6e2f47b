"""A response that goes on: for as long as there is something to send, its client reads, and access lasts."""

from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

import structlog
from starlette.types import Receive, Send

from gateway.kit.errors import GatewayError
from gateway.transport.connections import Connections, Ending, ended_by
from gateway.transport.operations import Caller

log = structlog.get_logger(__name__)

HeaderLines: TypeAlias = list[tuple[bytes, bytes]]


class _Over(Exception):
    """All is sent."""


class _Gone(Exception):
    """Nobody reads any more."""


async def send_all(
    connections: Connections,
    caller: Caller,
    receive: Receive,
    send: Send,
    headers: HeaderLines,
    write: Callable[[], Awaitable[None]],
    *,
    pay: Callable[[], Awaitable[None]] | None = None,
    finite: bool = False,
) -> Exception | None:
    """Begins a response that counts as a connection of the caller, and lets `write` send what is in it.

    None when all is sent, else what ended it: `GatewayError` UNAUTHENTICATED when session or key have ended.
    The end of the response is left to send. Raises, before anything is sent, `GatewayError` RATE_LIMITED when the
    caller has too many connections, and what `pay` raises, which is awaited only where there is one more.
    """
    begun = False
    try:
        async with connections.keep(caller, finite=finite) as tasks:
            if pay is not None:
                await pay()
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            begun = True
            tasks.create_task(_until_gone(receive))
            await write()
            raise _Over
    except* Exception as group:
        end = ended_by(group)
    if not begun:
        raise end
    if not isinstance(end, _Over | _Gone | OSError | Ending | GatewayError):
        log.error("stream.failed", exc_info=end)
    return None if isinstance(end, _Over) else end


async def _until_gone(receive: Receive) -> NoReturn:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise _Gone
