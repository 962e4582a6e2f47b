"""Who reads in the library: what they may see, and what was asked of the resolvers on their behalf."""

import asyncio
from collections.abc import Sequence
from enum import Enum
from typing import Any

from gateway.execution import Info, Selection


class Refused(Exception):
    """A requirement that the caller does not hold for a row."""


class LibraryContext:
    """A reader; `closed` requirements are refused on shelves other than the first, and everywhere without a place."""

    def __init__(self, closed: frozenset[Enum] = frozenset(), *, waits: bool = False) -> None:
        self.closed = closed
        self.waits = waits
        self.log: list[str] = []
        self.calls: list[tuple[str, int]] = []
        self.selections: dict[str, Selection] = {}
        self.charged: list[int] = []

    async def charge(self, points: int) -> None:
        self.charged.append(points)

    async def settle(self, points: int) -> None:
        await self.charge(points)

    def called(self, resolver: str, rows: Sequence[object], info: Info) -> None:
        self.calls.append((resolver, len(rows)))
        self.selections[resolver] = info.selection

    async def wait(self) -> None:
        """What a resolver with I/O does."""
        if self.waits:
            await asyncio.sleep(0)

    def restricted(self, requirements: frozenset[Enum]) -> frozenset[Enum]:
        return requirements & self.closed

    def permit(self, requirement: Enum, rows: Sequence[Any], place: tuple[str, ...]) -> Sequence[Exception | None]:
        return [None if place and row["shelf"] == 0 else Refused(f"needs {requirement.value}") for row in rows]
