"""`GET` of a bulk change's `resultUrl`: what became of each number, as JSONL, CSV or XLSX."""

from contextlib import aclosing, suppress
from functools import partial

from starlette.types import Receive, Scope, Send

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.db import Database
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.ids import Kind, decode
from gateway.kit.texts import Text
from gateway.reports.tables import TableFormat, write
from gateway.services.bulk_results import COLUMNS, find_result, read_result
from gateway.transport.authentication import harmless
from gateway.transport.connections import Connections
from gateway.transport.operations import OVER, Caller, Operations
from gateway.transport.requests import FOREIGN_ORIGIN, Request, fault
from gateway.transport.responses import refusal, respond
from gateway.transport.streams import HeaderLines, send_all
from schema.context import REQUEST

NO_FORMAT = Text(
    en="A result is there in these formats, by the end of the address: {formats}.",
    ru="Результат доступен в форматах, указанных в конце адреса: {formats}.",
)


class DownloadEndpoint:
    """Sends the result of a bulk change as it is read, in pieces: a long file takes no more memory than a short one.

    It costs what a query for as many values does, counts as an open connection, and is cut off when session, key or
    role end: then the response has no end, so that nobody takes a part for the whole. `HEAD` costs a request alone.
    """

    def __init__(self, db: Database, operations: Operations, connections: Connections) -> None:
        self._db = db
        self._operations = operations
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.of(scope, receive)
        try:
            await self._send(request, send)
        except Exception as failure:
            await respond(send, request, refusal(request, failure))

    async def _send(self, request: Request, send: Send) -> None:
        id, format = request.scope["path_params"]["id"], _format(request.scope["path_params"]["format"])
        typed = request.headers.get("sec-fetch-site") == "none"  # people copy the address out of an answer
        if not typed and not harmless(request.headers, reads=True):
            raise fault(403, FOREIGN_ORIGIN)
        caller = await self._operations.caller(request.headers, request.ip)
        context = self._operations.context(caller, request.correlation_id)
        principal, change_id = context.caller, decode(id, Kind.BULK_CHANGE, ("id",))
        found = await find_result(self._db, principal, change_id)
        headers = _headers(f"{id}.{format}", format.media_type, request.correlation_id)
        if request.scope["method"] == "HEAD":
            await context.charge(REQUEST)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        points = min(REQUEST + found["item_count"] * len(COLUMNS), context.engine.limits.cost)

        async def write_pieces() -> None:
            rows = read_result(self._db, principal, found["company_id"], change_id, caller.language)
            async with aclosing(write(format, COLUMNS, caller.language, rows)) as pieces:
                async for piece in pieces:
                    await self._require_same_reach(caller, principal)
                    await send({"type": "http.response.body", "body": piece, "more_body": True})

        pay = partial(context.charge, points)
        sent = send_all(self._connections, caller, request.receive, send, headers, write_pieces, pay=pay, finite=True)
        if await sent is None:
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b""})

    async def _require_same_reach(self, caller: Caller, principal: Principal) -> None:
        """Raises `GatewayError` UNAUTHENTICATED when the caller may not see all that they might at the beginning."""
        identity = (await self._operations.renewed(caller)).identity
        if identity is None or _reach(identity.principal) != _reach(principal):
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, OVER())


def _reach(principal: Principal) -> object:
    return scope(principal, Action.BULK_CHANGE_READ), scope(principal, Action.NUMBER_READ)


def _format(name: str) -> TableFormat:
    format = TableFormat.__members__.get(name.upper())
    if format is None:
        raise fault(404, NO_FORMAT, formats=", ".join(TableFormat))
    return format


def _headers(name: str, media_type: str, correlation_id: str) -> HeaderLines:
    return [
        (b"content-type", media_type.encode()),
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-correlation-id", correlation_id.encode()),
    ]
