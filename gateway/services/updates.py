"""What changes in tables, told to whoever follows it: from any process, over one connection that listens."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Self

from gateway.db import Database

_MOST_IDS = 1_000
_ACCESS_AFTER = 0.25
"""Seconds in which changes of access are gathered: everybody who follows anything looks at their rights after them."""


class Changes(AsyncIterator[Sequence[int] | None]):
    """The ids of the rows that changed since the last look, each once, however long ago that was.

    None: more changed than is remembered, or notices were lost; anything may have changed. No ids: nothing but what
    somebody may do. Whoever looks reads the rows as they are now, with the rights held now.
    """

    def __init__(self, only: int | None = None) -> None:
        self._only = only
        self._ids: dict[int, None] | None = {}
        self._news = asyncio.Event()

    def add(self, ids: Sequence[int] | None) -> None:
        if ids and self._only not in (None, *ids):
            return
        if ids is None or self._ids is None:
            self._ids = None
        else:
            self._ids.update(dict.fromkeys(ids))
            if len(self._ids) > _MOST_IDS:
                self._ids = None
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sequence[int] | None:
        await self._news.wait()
        self._news.clear()
        ids, self._ids = self._ids, {}
        return None if ids is None else list(ids)


class Updates:
    """The changes that the triggers of the database tell, by table and company.

    A notice is "<table>:<company>" with the ids after it, or without them when they are too many for one.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._followers: dict[str, set[Changes]] = {}
        self._access: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        await self._db.listen("updates", self._hear)
        await self._db.listen("access", self._hear_access)

    def follow(self, table: str, company_id: int, *, only: int | None = None) -> AbstractContextManager[Changes]:
        """The changes of a company's rows from now on, or of a single one of them."""
        return self._follow(f"{table}:{company_id}", only)

    def follow_access(self) -> AbstractContextManager[Changes]:
        """When somebody's access may have changed, and nothing else."""
        return self._follow("")

    @contextmanager
    def _follow(self, topic: str, only: int | None = None) -> Iterator[Changes]:
        changes = Changes(only)
        self._followers.setdefault(topic, set()).add(changes)
        try:
            yield changes
        finally:
            self._followers[topic].remove(changes)
            if not self._followers[topic]:
                del self._followers[topic]

    def _hear(self, notice: str | None) -> None:
        if notice is None:
            self._tell_all(None)
            return
        topic, _, listed = notice.partition(" ")
        followers = self._followers.get(topic)
        if followers:
            ids = [int(id) for id in listed.split(",")] if listed else None
            for changes in followers:
                changes.add(ids)

    def _hear_access(self, _: str | None) -> None:
        if self._access is None:
            self._access = asyncio.get_running_loop().call_later(_ACCESS_AFTER, self._tell_access)

    def _tell_access(self) -> None:
        self._access = None
        self._tell_all(())

    def _tell_all(self, ids: Sequence[int] | None) -> None:
        for followers in self._followers.values():
            for changes in followers:
                changes.add(ids)
