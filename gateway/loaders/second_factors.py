"""The caller's own second factors."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from gateway.kit.rows import Row
from gateway.loaders.reading import Read
from gateway.models import metadata
from gateway.statements import Statement

_FACTORS = metadata.tables["second_factors"]


async def own_second_factors(read: Read, columns: frozenset[str], ids: Sequence[int] | None = None) -> list[Row]:
    """The caller's second factors that are in force, the oldest first; with `ids` only those among them."""
    if read.principal is None or read.principal.kind != "administrator":
        return []
    parameters: dict[str, Any] = {"administrator_id": read.principal.id}
    if ids is not None:
        parameters["ids"] = ids
    return list(await read.fetch(_own(columns, ids is not None), **parameters))


@lru_cache(maxsize=100)
def _own(columns: frozenset[str], among: bool) -> Statement:
    ids: Any = bindparam("ids", type_=ARRAY(BigInteger))
    return Statement(
        select(*(_FACTORS.c[name] for name in sorted(columns | {"id"})))
        .where(
            _FACTORS.c.administrator_id == bindparam("administrator_id", type_=BigInteger),
            _FACTORS.c.confirmed_at.is_not(None),
            *([_FACTORS.c.id == any_(ids)] if among else []),
        )
        .order_by(_FACTORS.c.id)
    )
