"""GraphQL over a WebSocket by the protocol graphql-transport-ws: many operations on one connection."""

import asyncio
import contextlib
from contextlib import aclosing
from typing import Any, NoReturn

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from gateway.kit.errors import DatabaseAway, GatewayError, GatewayErrorCode
from gateway.kit.texts import Language, Text
from gateway.telemetry.logs import new_correlation_id
from gateway.transport.answers import dump, present_all, present_fault
from gateway.transport.authentication import own_site
from gateway.transport.connections import Connections, Ending, ended_by
from gateway.transport.operations import Caller, Operations
from gateway.transport.requests import HttpFault, Parameters, checked, headers_of

log = structlog.get_logger(__name__)

PROTOCOL = "graphql-transport-ws"
_INIT_WITHIN = 3.0
"""Seconds that a client has for its first message."""
_CARRIED = ("authorization", "accept-language")
"""Headers that the first message may bring along, since a browser's handshake can't."""
_LONGEST_REASON = 123
"""Bytes of the reason in a close frame."""
_MOST_OPERATIONS = 100
"""Operations under way on one connection."""

BUSY = Text(
    en="{limit} operations are under way on this connection. Wait for some to end, or complete them.",
    ru="На этом соединении уже выполняется операций: {limit}. Дождитесь их окончания или завершите лишние.",
)


class _Close(Exception):
    """Ends the connection: for a client at fault with a code and a reason; without them when it is gone already."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class WebSocketEndpoint:
    """The ASGI endpoint of `/graphql` for WebSockets."""

    def __init__(self, operations: Operations, connections: Connections) -> None:
        self._operations = operations
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = headers_of(scope)
        if "origin" in headers and own_site(headers) is None:
            await send({"type": "websocket.close"})  # before it is accepted: 403
            return
        spoken = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
        socket = _Socket(receive, send)
        try:
            if not spoken:
                raise _Close(4406, "Subprotocol not acceptable")
            client = scope.get("client")
            caller = await self._meet(socket, headers, client[0] if client else "")
            await self._serve(socket, caller)
        except _Close as end:
            await socket.close(end)

    async def _meet(self, socket: "_Socket", headers: dict[str, str], ip: str) -> Caller:
        try:
            async with asyncio.timeout(_INIT_WITHIN):
                message = await socket.receive()
        except TimeoutError:
            raise _Close(4408, "Connection initialisation timeout") from None
        if message["type"] == "subscribe":
            raise _Close(4401, "Unauthorized")
        if message["type"] != "connection_init":
            raise _Close(4400, f"Expected connection_init, not {message['type']}")
        given = {name.lower(): value for name, value in (message.get("payload") or {}).items()}
        headers = headers | {name: str(given[name]) for name in _CARRIED if name in given}
        try:
            return await self._operations.caller(headers, ip)
        except DatabaseAway:
            raise _Close(1013, "Try again later") from None
        except GatewayError:
            raise _Close(4403, "Forbidden") from None

    async def _serve(self, socket: "_Socket", caller: Caller) -> NoReturn:
        """Answers until something ends the connection."""
        end = _Close(1013, "Try again later")
        try:
            async with self._connections.keep(caller) as tasks:
                await socket.send({"type": "connection_ack"})
                await _Conversation(self._operations, socket, caller, tasks).listen()
        except* _Close as ends:
            end = ended_by(ends)
        except* GatewayError as refusals:
            if ended_by(refusals).code is GatewayErrorCode.UNAUTHENTICATED:
                end = _Close(4401, "Unauthorized")
        except* Ending:
            end = _Close(1001, "Going away")
        except* Exception as failures:
            log.error("websocket.failed", exc_info=failures)
        raise end


class _Socket:
    """Messages in both directions, each an object with a type."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def receive(self) -> dict[str, Any]:
        received = await self._receive()
        if received["type"] == "websocket.disconnect":
            raise _Close
        try:
            message = orjson.loads(received.get("text") or "")
        except orjson.JSONDecodeError:
            raise _Close(4400, "Messages are JSON texts") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _Close(4400, "Messages are objects with a type")
        if not isinstance(message.get("payload"), dict | None):
            raise _Close(4400, "The payload is an object")
        return message

    async def send(self, message: dict[str, Any]) -> None:
        """Waits while the client takes nothing."""
        try:
            await self._send({"type": "websocket.send", "text": orjson.dumps(message).decode()})
        except orjson.JSONEncodeError:  # the payload of a ping, which goes back as it came
            raise _Close(4400, "The payload is nested too deeply") from None
        except OSError:
            raise _Close from None

    async def close(self, end: _Close) -> None:
        if end.code is not None:
            reason = end.reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
            with contextlib.suppress(OSError):
                await self._send({"type": "websocket.close", "code": end.code, "reason": reason})


class _Conversation:
    """What goes on after the connection is acknowledged."""

    def __init__(self, operations: Operations, socket: _Socket, caller: Caller, tasks: asyncio.TaskGroup) -> None:
        self._operations = operations
        self._socket = socket
        self._caller = caller
        self._tasks = tasks
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def listen(self) -> NoReturn:
        while True:
            message = await self._socket.receive()
            match message["type"]:
                case "subscribe":
                    await self._start(_id(message), message)
                case "complete":
                    if task := self._under_way.pop(_id(message), None):
                        task.cancel()
                case "ping":
                    await self._socket.send({"type": "pong", "payload": message.get("payload")})
                case "pong":
                    pass
                case "connection_init":
                    raise _Close(4429, "Too many initialisation requests")
                case unexpected:
                    raise _Close(4400, f"Unexpected message of type {unexpected}")

    async def _start(self, id: str, message: dict[str, Any]) -> None:
        try:
            asked = checked(message.get("payload") or {})
        except HttpFault as refused:
            raise _Close(4400, refused.error.message.render(Language.EN)) from None
        if id in self._under_way:
            raise _Close(4409, f"Subscriber for {id} already exists")
        if len(self._under_way) >= _MOST_OPERATIONS:
            refusal = GatewayError(GatewayErrorCode.RATE_LIMITED, BUSY(limit=_MOST_OPERATIONS))
            entries = present_fault(refusal, self._caller.language, new_correlation_id())
            await self._socket.send({"id": id, "type": "error", "payload": entries})
            return
        self._under_way[id] = self._tasks.create_task(self._run(id, asked))

    async def _run(self, id: str, asked: Parameters) -> None:
        correlation_id, language = new_correlation_id(), self._caller.language
        last: dict[str, Any] = {"id": id, "type": "complete"}
        try:
            async with aclosing(self._operations.answers(asked, self._caller, correlation_id)) as answers:
                async for result in answers:
                    if not result.executed:
                        last = {
                            "id": id,
                            "type": "error",
                            "payload": present_all(result.errors, language, correlation_id),
                        }
                        break
                    payload = orjson.Fragment(dump(result, language, correlation_id))
                    await self._socket.send({"id": id, "type": "next", "payload": payload})
        except _Close:
            raise
        except Exception as failure:
            last = {"id": id, "type": "error", "payload": present_fault(failure, language, correlation_id)}
        if self._under_way.pop(id, None):  # from now on the client may use the id again
            await self._socket.send(last)


def _id(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        raise _Close(4400, f"{message['type']} needs an id")
    return id
