"""What belongs to an administrator alone, such as their sessions, and is shown to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Table, any_, bindparam, select

from gateway.kit.rows import Row
from gateway.loaders.reading import Read
from gateway.statements import Statement


@dataclass(frozen=True, eq=False)
class Own:
    """Rows of a table that names its administrators: those that meet the conditions, in that order."""

    table: Table
    conditions: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[Any], ...]

    async def rows(self, read: Read, columns: frozenset[str]) -> list[Row]:
        """All of the caller's; an API key has none."""
        return await self._read(read, columns)

    async def by_id(self, read: Read, ids: Sequence[int], columns: frozenset[str]) -> list[Row | None]:
        """The caller's with each id; None for what is not theirs."""
        found = {row["id"]: row for row in await self._read(read, columns, ids=ids)}
        return [found.get(id) for id in ids]

    async def _read(self, read: Read, columns: frozenset[str], **among: Sequence[int]) -> list[Row]:
        if read.principal is None or read.principal.kind != "administrator":
            return []
        statement = _statement(self, columns, bool(among))
        return list(await read.fetch(statement, administrator_id=read.principal.id, **among))


@lru_cache(maxsize=200)
def _statement(own: Own, columns: frozenset[str], among: bool) -> Statement:
    table, ids = own.table, bindparam("ids", type_=ARRAY(BigInteger))
    return Statement(
        select(*(table.c[name] for name in sorted(columns | {"id"})))
        .where(
            table.c.administrator_id == bindparam("administrator_id", type_=BigInteger),
            *own.conditions,
            *([table.c.id == any_(ids)] if among else []),
        )
        .order_by(*own.order)
    )
