"""Leaving without losing a request: readiness goes first, then the connections, then the process."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from starlette.types import Message, Send


class Draining:
    """Begins with SIGTERM and lasts `seconds`: all requests are answered, and clients asked to connect elsewhere.

    At its end, and at once with SIGINT, `leave` is called to end what would not end by itself.
    """

    def __init__(self, seconds: float, leave: Callable[[], None]) -> None:
        self.begun = False
        self._seconds = seconds
        self._leave = leave

    @contextmanager
    def before_signals(self) -> Iterator[None]:
        """Lets the signals do what they do outside the block only when the draining is over."""
        loop = asyncio.get_running_loop()
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def begin(number: int, _: FrameType | None) -> None:
            self.begun = True
            loop.call_soon_threadsafe(loop.call_later, self._seconds if number == signal.SIGTERM else 0, end, number)

        def end(number: int) -> None:
            self._leave()
            signal.signal(number, handlers[signal.Signals(number)])
            signal.raise_signal(number)

        for number in handlers:
            signal.signal(number, begin)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def closing(self, send: Send) -> Send:
        """Sends answers so that no further request comes on their connection."""

        async def send_closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        return send_closing
