"""The load: several connections, each with one request at a time, until the time is over and all answers are there."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import httptools

CONNECTIONS = 16
_PATIENCE = 300  # seconds for the last answers: sixteen pages of a slow server on a busy machine
_HEAD = (
    "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer {key}\r\nContent-Length: {length}\r\n\r\n"
)


@dataclass(frozen=True)
class Load:
    """What clients saw: how long all took, seconds, and how long each request, milliseconds in order of size."""

    seconds: float
    times: Sequence[float]

    @property
    def rps(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many percent of the requests were answered."""
        return self.times[min(len(self.times) * percent // 100, len(self.times) - 1)]


def request(key: str, body: bytes) -> bytes:
    """The bytes of a request for `/graphql` with an API key."""
    return _HEAD.format(key=key, length=len(body)).encode() + body


async def load(port: int, requests: Sequence[bytes], seconds: float, connections: int = CONNECTIONS) -> Load:
    """Sends the requests in turn for so many seconds. Raises `RuntimeError` when one is not answered with 200.

    Every request that was begun is waited for, so a server leaves no work to the next one's time.
    """
    loop = asyncio.get_running_loop()
    turn, times = cycle(requests), list[float]()
    begin = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: _Client(turn, times, begin + seconds), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    async with asyncio.timeout(seconds + _PATIENCE):
        await asyncio.gather(*(client.done for client in clients))
    return Load(time.perf_counter() - begin, sorted(times))


class _Client(asyncio.Protocol):
    """A connection kept alive."""

    def __init__(self, turn: Iterator[bytes], times: list[float], end: float) -> None:
        self._turn = turn
        self._times = times
        self._end = end
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(f"the server closed a connection: {exc}"))

    def on_message_complete(self) -> None:
        """Called by the parser at the end of an answer."""
        now = time.perf_counter()
        self._times.append((now - self._begin) * 1e3)
        if self._parser.get_status_code() != 200:
            self.done.set_exception(RuntimeError(f"an answer under load has status {self._parser.get_status_code()}"))
        elif now < self._end:
            self._ask()
        else:
            self.done.set_result(None)
            self._transport.close()

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._begin = time.perf_counter()
        self._transport.write(next(self._turn))
