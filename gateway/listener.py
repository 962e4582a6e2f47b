"""PostgreSQL's notifications, heard over lost connections too."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

import asyncpg
import structlog

Callback = Callable[[str | None], None]
"""Called in the event loop with a notification's payload, or with None when notifications may have been missed."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Channel:
    callbacks: list[Callback] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def deliver(self, payload: str | None) -> None:
        for callback in self.callbacks:
            asyncio.get_running_loop().call_soon(callback, payload)


class Listener:
    """One connection that hears all channels and comes back after each loss."""

    _SHORTEST_DELAY, _LONGEST_DELAY, _PING_INTERVAL = 0.1, 5.0, 15.0

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._channels: dict[str, _Channel] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def add(self, name: str, callback: Callback) -> None:
        channel = self._channels.setdefault(name, _Channel())
        channel.callbacks.append(callback)
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await channel.heard.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        delay = self._SHORTEST_DELAY
        while True:
            try:
                connection = await self._connect()
                delay = self._SHORTEST_DELAY
                try:
                    await self._hear(connection)
                finally:
                    connection.terminate()
            except Exception as error:
                log.warning("database.listener_lost", error=str(error), retry_in=delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, self._LONGEST_DELAY)

    async def _hear(self, connection: asyncpg.Connection) -> NoReturn:
        """Listens until the connection breaks, which raises."""
        connection.add_termination_listener(lambda _: self._wake.set())
        heard: set[str] = set()
        while True:
            self._wake.clear()
            for name, channel in list(self._channels.items()):
                if name not in heard:
                    await connection.add_listener(name, self._receive)
                    heard.add(name)
                    if channel.heard.is_set():
                        channel.deliver(None)
                    channel.heard.set()
            try:
                async with asyncio.timeout(self._PING_INTERVAL):
                    await self._wake.wait()
            except TimeoutError:
                pass
            await connection.execute("SELECT 1", timeout=self._PING_INTERVAL)

    def _receive(self, _: object, __: int, name: str, payload: object) -> None:
        self._channels[name].deliver(str(payload))
