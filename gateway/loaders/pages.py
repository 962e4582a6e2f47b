"""Keyset pages of lists below any number of parents, with one statement for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, true

from authz.scope import Shape
from gateway.execution.selection import Selection
from gateway.kit import paging
from gateway.kit.paging import Keyset, Page, Slice
from gateway.kit.rows import Row
from gateway.kit.seek import seek
from gateway.loaders.narrowing import NO_FILTER, PARENT, Filter, Parent
from gateway.loaders.reading import Read
from gateway.loaders.sources import Source
from gateway.statements import Statement

_UNDER = "under_parent"
"""The parent's id in each row, under a name that is no column of a table."""


@dataclass(frozen=True, eq=False)
class Listing:
    """The rows of a source below each parent: those of its company, of which `below` ties a row to `PARENT.c.id`.

    `conditions` are what a filter can name; they take parameters, so that a statement depends on the names alone.
    """

    source: Source
    below: ColumnElement[bool] = field(default_factory=true)
    conditions: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)


class Wanted(NamedTuple):
    """What of a page is asked for: which columns of its rows (None for no rows at all), and the count of all rows."""

    columns: frozenset[str] | None
    total: bool

    @classmethod
    @lru_cache(maxsize=500)
    def of(cls, selection: Selection, keyset: Keyset) -> "Wanted":
        """What the selection below a connection needs."""
        edges, page_info = selection.at("edges"), selection.at("pageInfo")
        total = selection.has("totalCount")
        if not (selection.has("nodes") or selection.has("edges") or page_info):
            return cls(None, total)
        columns = selection.at("nodes").columns | edges.at("node").columns
        if edges.has("cursor") or page_info.has("startCursor") or page_info.has("endCursor"):
            columns |= frozenset(keyset.columns)
        return cls(columns, total)


_NO_ROWS: Slice[Row] = Slice((), has_next_page=False, has_previous_page=False)


def page_row(part: Slice[Row], keyset: Keyset, total: int | None = None) -> Row:
    """A page as a row: what the fields of a connection are made of."""
    return {"nodes": part.rows, "slice": part, "keyset": keyset, "total_count": total}


def page_of(rows: Iterable[Row], page: Page, keyset: Keyset) -> Row:
    """A page of rows that stand in memory, as a `page_row`."""
    every = list(rows)
    return page_row(keyset.take(every, page), keyset, len(every))


async def pages(
    read: Read,
    listing: Listing,
    parents: Sequence[Parent],
    page: Page,
    keyset: Keyset,
    selection: Selection,
    narrowed: Filter = NO_FILTER,
    known: Mapping[str, object] = {},
) -> list[Row]:
    """The page below each parent, in their order, as `page_row`s with what `selection` asks for.

    `known` are the parameters of the columns of `keyset`, where these have some.
    """
    wanted = Wanted.of(selection, keyset)
    scope = listing.source.scope(read.principal)
    distinct = list(dict.fromkeys(parents))
    parameters: dict[str, object] = {
        "parent_companies": [parent.company_id for parent in distinct],
        "parent_ids": [parent.id for parent in distinct],
        **scope.params,
        **narrowed.parameters,
    }
    position = keyset.parameters(page)
    slices: dict[int, Slice[Row]] = {}
    totals: dict[int, int] = {}
    if wanted.columns is not None:
        columns = listing.source.joined(read.principal, wanted.columns)
        statement = _page(listing, columns, keyset, page.shape, scope.shape, narrowed.names)
        rows = await read.fetch(statement, **{**parameters, **known, **position})
        slices = {parent_id: page.slice(part) for parent_id, part in _by_parent(rows, distinct).items()}
    if wanted.total:
        statement = _total(listing, scope.shape, narrowed.names)
        totals = {row[_UNDER]: row["total"] for row in await read.fetch(statement, **parameters)}
    return [page_row(slices.get(parent.id, _NO_ROWS), keyset, totals.get(parent.id, 0)) for parent in parents]


def _by_parent(rows: Sequence[Row], parents: Sequence[Parent]) -> Mapping[int, Sequence[Row]]:
    if len(parents) == 1:
        return {parents[0].id: rows}
    parts: dict[int, list[Row]] = {}
    for row in rows:
        parts.setdefault(row[_UNDER], []).append(row)
    return parts


@lru_cache(maxsize=500)
def _page(
    listing: Listing,
    columns: frozenset[str],
    keyset: Keyset,
    shape: paging.Shape,
    scope: Shape,
    conditions: frozenset[str],
) -> Statement:
    """The rows of all parents; those of one are in the order of the scan, as a lateral join is a nested loop."""
    source = listing.source
    rows = _narrowed(source.select(columns | {"id"}), listing, scope, conditions)
    part = seek(rows, keyset, source.columns, shape).lateral("part")
    return Statement(select(PARENT.c.id.label(_UNDER), *part.c).select_from(PARENT.join(part, true())))


@lru_cache(maxsize=200)
def _total(listing: Listing, scope: Shape, conditions: frozenset[str]) -> Statement:
    rows = select(func.count()).select_from(listing.source.columns["id"].table)
    count = _narrowed(rows, listing, scope, conditions).scalar_subquery()
    return Statement(select(PARENT.c.id.label(_UNDER), count.label("total")).select_from(PARENT))


def _narrowed(statement: Select[Any], listing: Listing, scope: Shape, conditions: frozenset[str]) -> Select[Any]:
    """With the tenant named by the parent: one equality, by which an index yields the rows in order."""
    return statement.where(
        listing.source.visible(scope, PARENT.c.company_id),
        listing.below,
        *(listing.conditions[name] for name in sorted(conditions)),
    ).correlate(PARENT)
