"""uvicorn's protocols, with limits for who sends headers without end, and for who does not read an answer."""

import asyncio
from typing import cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Language, Message, Text
from gateway.telemetry.logs import new_correlation_id
from gateway.transport.answers import present_fault
from gateway.transport.gathering import Gathering
from gateway.transport.observing import observe_refused

LARGEST_HEAD = 32_000
"""Bytes of the first line and the headers of a request; the parser takes quadratic time over long ones."""
HEAD_WITHIN = 10.0
"""Seconds in which they must be there, from the connection on or from their first byte."""
READ_WITHIN, READ_AT_LEAST = 30.0, 60_000
"""Seconds in which so many bytes of an answer that waits must be read."""

HEAD_TOO_LARGE = Text(
    en="Address and headers have more than {limit:,} bytes. Send long documents with POST, and fewer cookies.",
    ru="Адрес и заголовки занимают больше {limit:,} байт. Отправляйте длинные документы методом POST и меньше cookie.",
)
HEAD_TOO_SLOW = Text(
    en="The headers were not there after {seconds} seconds. Send the request again.",
    ru="Заголовки не пришли за {seconds} с. Отправьте запрос ещё раз.",
)


class _Read(asyncio.Protocol):
    """A connection that ends when too little of what waits is read."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    _reading: asyncio.TimerHandle | None = None
    """Looks whether somebody reads."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._reading is not None:
            self._reading.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reading is not None:
            self._reading.cancel()

    def _look(self, left: int) -> None:
        """Ends the connection when too little of what is left to send has gone by the next time."""

        def look() -> None:
            now = self.transport.get_write_buffer_size()
            if now > left - READ_AT_LEAST:
                self.transport.abort()
            else:
                self._look(now)

        self._reading = self.loop.call_later(READ_WITHIN, look)


class WebSocketProtocol(_Read, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, for as long as it is read."""


class HttpProtocol(_Read, HttpToolsProtocol):
    """A connection with its limits, over a transport that gathers, until it is upgraded to a WebSocket."""

    _head = 0
    """Bytes of headers that are not all there."""
    _in_head = True
    """Headers come next, not a body."""
    _waiting: asyncio.TimerHandle | None = None
    """Ends waiting for headers."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast(asyncio.Transport, Gathering(transport)))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        rest = b""
        if self._in_head:
            room = LARGEST_HEAD - self._head
            data, rest = data[:room], data[room:]
            self._head += len(data)
        super().data_received(data)
        if not (self._head or rest) or self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._head >= LARGEST_HEAD:
            self._refuse(431, HEAD_TOO_LARGE(limit=LARGEST_HEAD))
        elif rest:
            self.data_received(rest)
        elif self._head and self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_WITHIN, self._give_up)

    def _give_up(self) -> None:
        if self._head:
            self._refuse(408, HEAD_TOO_SLOW(seconds=round(HEAD_WITHIN)))
        else:
            self.transport.close()

    def _refuse(self, status: int, message: Message) -> None:
        """Answers what is no request, unless it came behind one that is being answered, and closes."""
        idle = self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # None at first
        if idle and not self.transport.is_closing():
            observe_refused(status)
            error = GatewayError(GatewayErrorCode.BAD_REQUEST, message)
            body = orjson.dumps({"errors": present_fault(error, Language.EN, new_correlation_id())})
            head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()
