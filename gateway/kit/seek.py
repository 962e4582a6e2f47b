"""Keyset pages in SQL: a `select()` that seeks to a cursor instead of counting rows off."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, DateTime, Select, String, bindparam, tuple_
from sqlalchemy.types import TypeEngine

from gateway.kit.paging import Keyset, Shape

S = TypeVar("S", bound=Select[Any])

_TYPES: Mapping[type, TypeEngine[Any]] = {int: BigInteger(), str: String(), datetime: DateTime(timezone=True)}


def seek(statement: S, keyset: Keyset, expressions: Mapping[str, ColumnElement[Any]], shape: Shape) -> S:
    """
    The statement ordered by the keyset and limited to one page and a row, in the direction of the scan.

    `expressions` are the SQL of the keyset's columns. The text depends on keyset and shape alone; the values come from
    `keyset.parameters(page)`. Inside a `.lateral()` the same parameters page every parent.
    """
    columns = [expressions[name] for name in keyset.columns]
    ascending = keyset.descending == shape.backward
    if shape.resumed:
        position = tuple_(*(bindparam(f"seek_{name}", type_=_TYPES[kind]) for name, kind in keyset.columns.items()))
        key = tuple_(*columns)
        statement = statement.where(key > position if ascending else key < position)
    statement = statement.order_by(*(column.asc() if ascending else column.desc() for column in columns))
    return statement.limit(bindparam("page_rows", type_=BigInteger()))
