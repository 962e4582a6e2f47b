"""A response that goes on: the answers of one operation or of many, as server-sent events."""

import asyncio
from contextlib import aclosing, suppress

import orjson
from starlette.types import Receive, Send

from gateway.kit.errors import GatewayError
from gateway.telemetry.logs import new_correlation_id
from gateway.transport.answers import dump, present_fault
from gateway.transport.connections import Connections
from gateway.transport.operations import Caller, Operations
from gateway.transport.requests import Parameters
from gateway.transport.streams import HeaderLines, send_all

_ALIVE = 12.0
"""Seconds without an event, after which a comment shows that the stream is still there."""
_LAST_WORDS = 1.0
"""Seconds that a client has to take what is sent after access has ended."""


class EventStream:
    """One client's stream. Operations with ids are told apart by them; one without an id ends the stream with it."""

    def __init__(self, operations: Operations, caller: Caller) -> None:
        self.caller = caller
        self.under_way: dict[str | None, asyncio.Task[None]] = {}
        self._operations = operations
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue(1)  # an operation goes on when its event is taken

    def run(self, id: str | None, asked: Parameters) -> None:
        """Runs an operation; its events wait until the stream is open."""
        self.under_way[id] = asyncio.create_task(self._run(id, asked))

    def stop(self, id: str) -> None:
        """Ends an operation, if it is still under way."""
        if task := self.under_way.pop(id, None):
            task.cancel()

    def close(self) -> None:
        """Ends all operations."""
        for task in self.under_way.values():
            task.cancel()

    async def serve(self, connections: Connections, receive: Receive, send: Send, correlation_id: str) -> None:
        """Sends the events until there are no more, the client goes, or access ends: then each operation is told so.

        Raises `GatewayError` RATE_LIMITED, before anything is sent, when the caller has too many connections.
        """
        headers = _headers(correlation_id)
        try:
            end = await send_all(connections, self.caller, receive, send, headers, lambda: self._write(send))
        finally:
            self.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                if isinstance(end, GatewayError):
                    for event in self._last_events(end, correlation_id):
                        await send({"type": "http.response.body", "body": event, "more_body": True})
                await send({"type": "http.response.body", "body": b""})

    async def _write(self, send: Send) -> None:
        while True:
            event: bytes | None = b":\n\n"
            with suppress(TimeoutError):
                async with asyncio.timeout(_ALIVE):
                    event = await self._events.get()
            if event is None:
                return
            await send({"type": "http.response.body", "body": event, "more_body": True})

    def _last_events(self, end: GatewayError, correlation_id: str) -> list[bytes]:
        """What is not sent yet, and the end of each operation under way."""
        waiting = [] if self._events.empty() else [self._events.get_nowait()]
        answer = orjson.dumps({"errors": present_fault(end, self.caller.language, correlation_id)})
        ends = [event for id in self.under_way for event in (_next(id, answer), _complete(id))]
        return [event for event in (*waiting, *ends) if event is not None]

    async def _run(self, id: str | None, asked: Parameters) -> None:
        correlation_id, language = new_correlation_id(), self.caller.language
        try:
            async with aclosing(self._operations.answers(asked, self.caller, correlation_id)) as answers:
                async for result in answers:
                    await self._events.put(_next(id, dump(result, language, correlation_id)))
        except Exception as failure:
            entries = present_fault(failure, language, correlation_id)
            await self._events.put(_next(id, orjson.dumps({"errors": entries})))
        await self._events.put(_complete(id))
        self.under_way.pop(id, None)
        if id is None:
            await self._events.put(None)


def _next(id: str | None, answer: bytes) -> bytes:
    data = answer if id is None else orjson.dumps({"id": id, "payload": orjson.Fragment(answer)})
    return b"event: next\ndata: " + data + b"\n\n"


def _complete(id: str | None) -> bytes:
    # Without data a browser's own EventSource would not tell.
    return b"event: complete\ndata: " + (b"" if id is None else orjson.dumps({"id": id})) + b"\n\n"


def _headers(correlation_id: str) -> HeaderLines:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-correlation-id", correlation_id.encode()),
    ]
