"""Look-ups by key: what several places of one operation ask for in one turn of the event loop is one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ARRAY, any_, bindparam
from strawberry.dataloader import DataLoader

from authz.scope import Shape
from gateway.loaders.sources import Source
from gateway.statements import Statement

T = TypeVar("T")
Key: TypeAlias = int | str
Fetch: TypeAlias = Callable[[list[Key], frozenset[str]], Awaitable[Mapping[Key, T]]]
"""Keys and column names in, values by key out; a key without a value is absent."""


@dataclass(slots=True, eq=False)
class _Batch:
    keys: set[Key] = field(default_factory=set)
    columns: frozenset[str] = frozenset()
    answer: "asyncio.Task[dict[Key, Any]] | None" = None


class Lookups(DataLoader[Key | None, T | None]):
    """Values of one kind of key for one operation: rows, or lists of rows, with the columns that were asked for.

    They are kept: the same keys with the same columns cost no second statement. Unlike the stock loader it makes no
    future for a key: a batch is one task, and each key one look-up in its answer.
    """

    def __init__(self, fetch: Fetch[T]) -> None:
        # With a method of its own it would stand in a circle, which only the garbage collector takes apart.
        super().__init__(fetch, cache=False)  # type: ignore[arg-type]  # `load_many`, which would call it, is ours
        self._fetch = fetch
        self._known: dict[Key, T | None] = {}
        self._columns: frozenset[str] = frozenset()
        self._waiting: _Batch | None = None

    async def load(self, key: Key | None) -> T | None:
        """The value of one key, as `load_many` gives it."""
        (value,) = await self.load_many([key])
        return value

    async def load_many(self, keys: Iterable[Key | None], columns: frozenset[str] = frozenset()) -> list[T | None]:
        """A value with at least these columns for each key; None without a key, or where the caller sees nothing."""
        wanted = list(keys)
        distinct = {key for key in wanted if key is not None}
        values = self._known
        if distinct and not (columns <= self._columns and distinct <= values.keys()):
            values = await self._join(distinct, columns)
        return [None if key is None else values[key] for key in wanted]

    def _join(self, keys: set[Key], columns: frozenset[str]) -> "asyncio.Task[dict[Key, T | None]]":
        """The answer that everybody waits for who asks before the event loop has come around."""
        batch = self._waiting
        if batch is None:
            batch = self._waiting = _Batch()
            batch.answer = asyncio.create_task(self._run(batch))
        batch.keys |= keys
        batch.columns |= columns
        assert batch.answer is not None
        return batch.answer

    async def _run(self, batch: _Batch) -> dict[Key, T | None]:
        self._waiting = None
        if not batch.columns <= self._columns:
            self._known, self._columns = {}, self._columns | batch.columns
        values = self._known
        missing = [key for key in batch.keys if key not in values]
        if missing:
            found = await self._fetch(missing, self._columns)
            values.update({key: found.get(key) for key in missing})
        return values


@lru_cache(maxsize=500)
def by_key(source: Source, columns: frozenset[str], scope: Shape, key: str, order: Sequence[str] = ()) -> Statement:
    """Rows of a source whose column `key` is one of `:keys`; they carry it."""
    keys: Any = bindparam("keys", type_=ARRAY(source.columns[key].type))
    rows = source.select(columns | {key}).where(source.columns[key] == any_(keys), source.visible(scope))
    return Statement(rows.order_by(*(source.columns[name] for name in order)))
