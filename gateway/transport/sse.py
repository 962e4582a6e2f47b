"""GraphQL as server-sent events by the protocol graphql-sse: a stream for each operation, or one for many."""

import asyncio
import secrets
from urllib.parse import parse_qs

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from gateway.execution import Result
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.transport.answers import dump
from gateway.transport.authentication import harmless
from gateway.transport.connections import Connections
from gateway.transport.event_stream import EventStream
from gateway.transport.graphql import FOREIGN_ORIGIN, Request, Response, read, refusal, respond
from gateway.transport.operations import Caller, Operations
from gateway.transport.requests import EVENTS, JSON, TEXT, Parameters, fault

TOKEN_HEADER = "x-graphql-event-stream-token"
_OPEN_WITHIN = 30.0
"""Seconds that a stream is reserved for a client who has not opened it yet."""
_MOST_OPERATIONS, _MOST_RESERVATIONS = 100, 100
"""Operations under way on one stream, and streams that a caller has reserved, in one process."""

METHODS = Text(
    en="Send operations with GET or POST; PUT reserves a stream for many, DELETE ends an operation on it.",
    ru="Отправляйте операции методами GET и POST; PUT резервирует общий поток, DELETE завершает операцию в нём.",
)
NOT_EVENTS = Text(
    en="Send “Accept: text/event-stream”, or the token of a stream that is open.",
    ru="Отправьте «Accept: text/event-stream» или токен открытого потока.",
)
NO_MUTATIONS = Text(
    en="GET changes nothing. Send mutations with POST.",
    ru="Метод GET ничего не меняет. Отправляйте мутации через POST.",
)
NO_STREAM = Text(
    en="There is no such stream, or not for you. Reserve another with PUT, and open it within {seconds} seconds.",
    ru="Такого потока нет, или он вам недоступен. "
    "Зарезервируйте другой методом PUT и откройте его в течение {seconds} секунд.",
)
OPEN_ALREADY = Text(
    en="The stream is open already. Reserve one for each connection.",
    ru="Поток уже открыт. Резервируйте отдельный поток для каждого соединения.",
)
NO_OPERATION_ID = Text(
    en="Name the operation: “extensions.operationId” in the request, or “operationId” in the address to end it.",
    ru="Назовите операцию: «extensions.operationId» в запросе или «operationId» в адресе, чтобы завершить её.",
)
SAME_OPERATION_ID = Text(
    en="An operation “{id}” is under way on this stream. Give each its own id.",
    ru="Операция «{id}» уже выполняется в этом потоке. Дайте каждой свой идентификатор.",
)
TOO_MANY = Text(
    en="{limit} are the limit. End some operations, or open the streams that are reserved.",
    ru="Предел — {limit}. Завершите часть операций или откройте зарезервированные потоки.",
)
SIGN_IN = Text(
    en="Sign in or send an API key to reserve a stream.",
    ru="Чтобы зарезервировать поток, войдите или отправьте API-ключ.",
)


class EventStreamEndpoint:
    """The ASGI endpoint of `/graphql/stream`."""

    def __init__(self, operations: Operations, connections: Connections) -> None:
        self._operations = operations
        self._connections = connections
        self._reserved: dict[str, EventStream] = {}
        self._open: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.of(scope, receive)
        try:
            response = await self._answer(request, send)
        except Exception as failure:
            response = refusal(request, failure)
        if response is not None:
            await respond(send, request, response)

    async def _answer(self, request: Request, send: Send) -> Response | None:
        """The response, where it is no stream, which is sent here."""
        method, address = request.scope["method"], parse_qs(request.scope["query_string"].decode("latin-1"))
        if method not in ("GET", "POST", "PUT", "DELETE"):
            raise fault(405, METHODS, {"allow": "GET, POST, PUT, DELETE"})
        caller = await self._operations.caller(request.headers, request.ip)
        token = request.headers.get(TOKEN_HEADER) or address.get("token", [""])[0]
        events = EVENTS in request.headers.get("accept", "")
        if method == "PUT":
            return self._reserve(request, caller)
        if token:
            stream = self._find(token, caller)
            if method == "DELETE":
                return self._stop(request, stream, address.get("operationId", [""])[0])
            if not events:
                return await self._run(request, stream, await self._read(request, caller))
            await self._open_reserved(token, stream, request, send)
            return None
        if not events or method == "DELETE":
            raise fault(406, NOT_EVENTS)
        asked = await self._read(request, caller)
        stream = EventStream(self._operations, caller)
        stream.run(None, asked)
        await stream.serve(self._connections, request.receive, send, request.correlation_id)
        return None

    def _reserve(self, request: Request, caller: Caller) -> Response:
        if not harmless(request.headers, reads=False):
            raise fault(403, FOREIGN_ORIGIN)
        if caller.identity is None:
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, SIGN_IN())
        if sum(_same(stream.caller, caller) for stream in self._reserved.values()) >= _MOST_RESERVATIONS:
            raise GatewayError(GatewayErrorCode.RATE_LIMITED, TOO_MANY(limit=_MOST_RESERVATIONS))
        token = secrets.token_urlsafe(32)
        self._reserved[token] = EventStream(self._operations, caller)
        asyncio.get_running_loop().call_later(_OPEN_WITHIN, self._expire, token)
        return Response(201, token.encode(), TEXT)

    def _expire(self, token: str) -> None:
        if token not in self._open and (stream := self._reserved.pop(token, None)):
            stream.close()

    def _find(self, token: str, caller: Caller) -> EventStream:
        stream = self._reserved.get(token)
        if stream is None or not _same(stream.caller, caller):
            raise fault(404, NO_STREAM, seconds=round(_OPEN_WITHIN))
        return stream

    async def _open_reserved(self, token: str, stream: EventStream, request: Request, send: Send) -> None:
        if token in self._open:
            raise fault(409, OPEN_ALREADY)
        self._open.add(token)
        try:
            await stream.serve(self._connections, request.receive, send, request.correlation_id)
        finally:
            self._open.remove(token)
            del self._reserved[token]

    async def _read(self, request: Request, caller: Caller) -> Parameters:
        asked = await read(request)
        context = self._operations.context(caller, request.correlation_id)
        operation = (await self._operations.prepare(asked, context)).find(asked.operation_name)
        if request.scope["method"] == "GET" and operation is not None and operation.type is OperationType.MUTATION:
            raise fault(405, NO_MUTATIONS, {"allow": "POST"})
        return asked

    async def _run(self, request: Request, stream: EventStream, asked: Parameters) -> Response:
        context = self._operations.context(stream.caller, request.correlation_id)
        if errors := (await self._operations.prepare(asked, context)).errors:
            refused = Result(None, errors, executed=False)
            return Response(400, dump(refused, stream.caller.language, request.correlation_id), JSON)
        id = asked.extensions.get("operationId")
        if not isinstance(id, str) or not id:
            raise fault(400, NO_OPERATION_ID)
        if id in stream.under_way:
            raise fault(409, SAME_OPERATION_ID, id=id)
        if len(stream.under_way) >= _MOST_OPERATIONS:
            raise GatewayError(GatewayErrorCode.RATE_LIMITED, TOO_MANY(limit=_MOST_OPERATIONS))
        stream.run(id, asked)
        return Response(202, b"", TEXT)

    def _stop(self, request: Request, stream: EventStream, id: str) -> Response:
        if not harmless(request.headers, reads=False):
            raise fault(403, FOREIGN_ORIGIN)
        if not id:
            raise fault(400, NO_OPERATION_ID)
        stream.stop(id)
        return Response(200, b"", TEXT)


def _same(one: Caller, other: Caller) -> bool:
    """Whether two requests are of one session or key."""
    if one.identity is None or other.identity is None:
        return False
    return (one.identity.session_id, one.identity.principal.kind, one.identity.principal.id) == (
        other.identity.session_id,
        other.identity.principal.kind,
        other.identity.principal.id,
    )
