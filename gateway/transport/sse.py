"""GraphQL as server-sent events by the protocol graphql-sse: a stream for each operation, or one for many."""

import secrets
from functools import partial
from hashlib import sha256
from urllib.parse import parse_qs

import orjson
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from gateway.execution import Prepared, Result
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.services.relay import Relay
from gateway.transport.answers import dump
from gateway.transport.authentication import harmless
from gateway.transport.connections import Connections
from gateway.transport.event_stream import EventStream
from gateway.transport.operations import Caller, Operations
from gateway.transport.requests import EVENTS, FOREIGN_ORIGIN, JSON, TEXT, Parameters, Request, fault, read
from gateway.transport.responses import Response, refusal, respond

TOKEN_HEADER = "x-graphql-event-stream-token"
_MOST_OPERATIONS = 100
"""Operations under way on one stream."""

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
    en="There is no such stream, or not for you. Reserve one with PUT, and open it before you send operations.",
    ru="Такого потока нет, или он вам недоступен. Зарезервируйте поток методом PUT и откройте его до первой операции.",
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
TOO_DEEP = Text(
    en="The variables or extensions are nested too deeply for a shared stream.",
    ru="Вложенность «variables» или «extensions» слишком велика для общего потока.",
)
TOO_MANY = Text(
    en="{limit} operations are under way on this stream. Wait for some to end, or stop them with DELETE.",
    ru="В этом потоке уже выполняется операций: {limit}. Дождитесь их окончания или завершите лишние методом DELETE.",
)
SIGN_IN = Text(
    en="Sign in or send an API key to reserve a stream.",
    ru="Чтобы зарезервировать поток, войдите или отправьте ключ API.",
)


class EventStreamEndpoint:
    """The ASGI endpoint of `/graphql/stream`. Operations on a stream reach it at whatever process they arrive."""

    def __init__(self, operations: Operations, connections: Connections, relay: Relay) -> None:
        self._operations = operations
        self._connections = connections
        self._relay = relay

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
        if method in ("PUT", "DELETE") and not harmless(request.headers, reads=False):
            raise fault(403, FOREIGN_ORIGIN)
        if method == "PUT":
            return _reserve(caller)
        if token:
            stream = sha256(token.encode()).hexdigest()
            if method == "DELETE":
                return await self._stop(stream, caller, address.get("operationId", [""])[0])
            if not events:
                return await self._run(stream, caller, request)
            await self._open(stream, caller, request, send)
            return None
        if not events or method == "DELETE":
            raise fault(406, NOT_EVENTS)
        asked, _ = await self._read(request, caller)
        single = EventStream(self._operations, caller)
        single.run(None, asked)
        await single.serve(self._connections, request.receive, send, request.correlation_id)
        return None

    async def _open(self, stream: str, caller: Caller, request: Request, send: Send) -> None:
        if caller.identity is None:
            raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, SIGN_IN())
        if self._relay.holds(stream):
            raise fault(409, OPEN_ALREADY)
        opened = EventStream(self._operations, caller)
        with self._relay.hold(stream, partial(_obey, opened)):
            await opened.serve(self._connections, request.receive, send, request.correlation_id)

    async def _run(self, stream: str, caller: Caller, request: Request) -> Response:
        asked, prepared = await self._read(request, caller)
        if prepared.errors:
            refused = Result(None, prepared.errors, executed=False)
            return Response(400, dump(refused, caller.language, request.correlation_id), JSON)
        id = asked.extensions.get("operationId")
        if not isinstance(id, str) or not id:
            raise fault(400, NO_OPERATION_ID)
        await self._tell(stream, caller, "run", id, asked)
        return Response(202, b"", TEXT)

    async def _stop(self, stream: str, caller: Caller, id: str) -> Response:
        if not id:
            raise fault(400, NO_OPERATION_ID)
        await self._tell(stream, caller, "stop", id)
        return Response(200, b"", TEXT)

    async def _tell(self, stream: str, caller: Caller, order: str, id: str, asked: Parameters | None = None) -> None:
        """Has the stream do it; raises why it does not."""
        try:
            message = orjson.dumps({"order": order, "id": id, "asked": asked, "who": _who(caller)})
        except orjson.JSONEncodeError:  # less than what it takes
            raise fault(400, TOO_DEEP) from None
        match await self._relay.ask(stream, message):
            case "done":
                return
            case "taken":
                raise fault(409, SAME_OPERATION_ID, id=id)
            case "busy":
                raise GatewayError(GatewayErrorCode.RATE_LIMITED, TOO_MANY(limit=_MOST_OPERATIONS))
            case _:
                raise fault(404, NO_STREAM)

    async def _read(self, request: Request, caller: Caller) -> tuple[Parameters, Prepared]:
        asked = await read(request)
        prepared = await self._operations.prepare(asked, self._operations.context(caller, request.correlation_id))
        operation = prepared.find(asked.operation_name)
        if request.scope["method"] == "GET" and operation is not None and operation.type is OperationType.MUTATION:
            raise fault(405, NO_MUTATIONS, {"allow": "POST"})
        return asked, prepared


def _reserve(caller: Caller) -> Response:
    """A token that nobody can guess; the stream is its opener's."""
    if caller.identity is None:
        raise GatewayError(GatewayErrorCode.UNAUTHENTICATED, SIGN_IN())
    return Response(201, secrets.token_urlsafe(32).encode(), TEXT)


def _obey(stream: EventStream, message: bytes) -> str:
    """Does what a request says that arrived here or at another process."""
    told = orjson.loads(message)
    id = told["id"]
    if told["who"] != _who(stream.caller):
        return "foreign"
    if told["order"] == "stop":
        stream.stop(id)
        return "done"
    if id in stream.under_way:
        return "taken"
    if len(stream.under_way) >= _MOST_OPERATIONS:
        return "busy"
    stream.run(id, Parameters(**told["asked"]))
    return "done"


def _who(caller: Caller) -> list[str | int | None] | None:
    """Whose session or key it is."""
    identity = caller.identity
    return None if identity is None else [identity.principal.kind, identity.principal.id, identity.session_id]
