"""Resolvers of fields that name other objects: by id in a column of the row, or by a key in an argument."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar, cast

from gateway.execution import Info, Row
from gateway.kit.errors import Refusal
from gateway.kit.ids import Kind, decode
from gateway.loaders.sources import Source, brought
from schema.context import Context
from schema.node import Load

K = TypeVar("K", int, str)

ToOne: TypeAlias = Callable[[Sequence[Row], Info[Context]], Awaitable[Sequence[Row | None]]]


def by_column(source: Source, column: str, brings: str | None = None) -> ToOne:
    """The row of the source whose id stands in that column; None where it is null, or the caller does not see it.

    With `brings` it may have come along with the parent's row, by the join of that name.
    """

    async def load(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
        if brings and (found := brought(rows, brings, info.selection.columns)) is not None:
            return found
        return await info.context.read.rows(source, [row[column] for row in rows], info.selection.columns)

    return load


def by_id(source: Source) -> Load:
    """How `node` reads the rows of a source."""

    async def load(context: Context, ids: Sequence[int], columns: frozenset[str]) -> Sequence[Row | None]:
        return await context.read.rows(source, ids, columns)

    return load


async def found(
    keys: Sequence[K | Refusal | None], load: Callable[[Sequence[K | None]], Awaitable[Sequence[Row | None]]]
) -> Sequence[Row | Exception | None]:
    """What `load` gives for each key, and in its place the refusal of what is no key."""
    if Refusal not in {*map(type, keys)}:
        return await load(cast("Sequence[K | None]", keys))
    rows = await load([None if isinstance(key, Refusal) else key for key in keys])
    return [key if isinstance(key, Refusal) else row for key, row in zip(keys, rows, strict=True)]


def numbers_or_refusals(ids: Sequence[str | None], kind: Kind, *field: str) -> list[int | Refusal | None]:
    """The number in each global id, or why it is none: an error at this one place of a level. None stays None."""
    return [None if id is None else _number_or_refusal(id, kind, field) for id in ids]


def _number_or_refusal(id: str, kind: Kind, field: Sequence[str]) -> int | Refusal:
    try:
        return decode(id, kind, field)
    except Refusal as refusal:
        return refusal
