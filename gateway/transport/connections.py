"""Connections that stay open: how many somebody has, and what ends them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.services.updates import Changes, Updates
from gateway.telemetry.metrics import STREAMS
from gateway.transport.operations import Caller, Operations

_OF_A_PRINCIPAL, _OF_AN_ADDRESS = 100, 20
"""Connections of one principal, and of strangers from one address, in one process."""

TOO_MANY = Text(
    en="{limit} connections are open already. Close some; one can carry many operations.",
    ru="Уже открыто соединений: {limit}. Закройте лишние: одно соединение вмещает много операций.",
)


class Ending(Exception):
    """The process stops serving."""


class Connections:
    """The open connections of a process."""

    def __init__(self, operations: Operations, updates: Updates) -> None:
        self._operations = operations
        self._updates = updates
        self._open: Counter[object] = Counter()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Ends all of them, and those that come later."""
        self._ending.set()

    @asynccontextmanager
    async def keep(self, caller: Caller, *, finite: bool = False) -> AsyncIterator[asyncio.TaskGroup]:
        """A connection of the caller, with the group of its tasks: they are awaited, or cancelled by an exception.

        What ends it from outside is raised in an exception group: `GatewayError` UNAUTHENTICATED when session or key
        have ended, `Ending`, which those do not wait for that are `finite` and come to an end by themselves. Raises
        `GatewayError` RATE_LIMITED for too many.
        """
        identity, whose = caller.identity, caller.holder
        limit = _OF_AN_ADDRESS if identity is None else _OF_A_PRINCIPAL
        if self._open[whose] >= limit:
            raise GatewayError(GatewayErrorCode.RATE_LIMITED, TOO_MANY(limit=limit))
        self._open[whose] += 1
        STREAMS.set(self._open.total())
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = [] if finite else [tasks.create_task(self._wait_for_end())]
                if identity is not None:
                    watching.append(tasks.create_task(self._watch(caller, identity.expires_at)))
                yield tasks
                for task in watching:
                    task.cancel()
        finally:
            self._open[whose] -= 1
            if not self._open[whose]:
                del self._open[whose]
            STREAMS.set(self._open.total())

    async def _wait_for_end(self) -> NoReturn:
        await self._ending.wait()
        raise Ending

    async def _watch(self, caller: Caller, expires_at: datetime | None) -> NoReturn:
        with self._updates.follow_access() as changes:
            while True:
                await _change(changes, expires_at)
                identity = (await self._operations.renewed(caller)).identity
                expires_at = identity.expires_at if identity is not None else None


E = TypeVar("E", bound=Exception)


def ended_by(group: ExceptionGroup[E]) -> E:
    """The first of the exceptions that ended a connection."""
    first = group.exceptions[0]
    return ended_by(first) if isinstance(first, ExceptionGroup) else first


async def _change(changes: Changes, expires_at: datetime | None) -> None:
    left = None if expires_at is None else max(1.0, (expires_at - datetime.now(UTC)).total_seconds())
    with suppress(TimeoutError):
        async with asyncio.timeout(left):
            await anext(changes)
