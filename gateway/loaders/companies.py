"""Companies: by INN, as a list by name, and the companies of a holding."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, String, all_, bindparam, func, or_, select

from authz.actions import Action
from authz.scope import Shape
from gateway.execution.selection import Selection
from gateway.kit import paging
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.kit.seek import seek
from gateway.loaders.narrowing import Filter
from gateway.loaders.pages import Wanted, page_row
from gateway.loaders.reading import Read
from gateway.loaders.search import beginning, patterns
from gateway.loaders.sources import Reach, Source, columns_of
from gateway.models import metadata
from gateway.statements import Statement

_TABLE = metadata.tables["companies"]
_NAME_KEY = func.fold(_TABLE.c.name, type_=String)
COMPANIES = Source(
    Action.COMPANY_READ, columns_of(_TABLE, name_key=_NAME_KEY), company=_TABLE.c.id, reach=Reach.ANYWHERE, kept=True
)

_BY_NAME = Keyset("companies", {"name_key": str, "id": int})
_CONDITIONS = {
    "search": or_(
        _NAME_KEY.like(all_(bindparam("words", type_=ARRAY(String)))),
        _TABLE.c.inn.like(bindparam("inn_beginning", type_=String)),
    ),
    "status": _TABLE.c.status == bindparam("status", type_=String),
}


def filter_of(search: str | None, status: str | None) -> Filter:
    """Companies whose name holds all words of `search`, or whose INN begins with it, in that state."""
    given: dict[str, dict[str, object]] = {}
    if search is not None and (words := patterns(search, ("filter", "search"))):
        given["search"] = {"words": words, "inn_beginning": beginning(search.strip())}
    if status is not None:
        given["status"] = {"status": status}
    return Filter.of(given)


async def companies_page(read: Read, page: Page, narrowed: Filter, selection: Selection) -> Row:
    """A page of the companies that the caller sees, by name, as a `page_row`."""
    wanted = Wanted.of(selection, _BY_NAME)
    scope = COMPANIES.scope(read.principal)
    position = _BY_NAME.parameters(page)
    rows: Sequence[Row] = ()
    total = None
    if wanted.columns is not None:
        statement = _page(wanted.columns, page.shape, scope.shape, narrowed.names)
        rows = await read.fetch(statement, **scope.params, **narrowed.parameters, **position)
    if wanted.total:
        statement = _total(scope.shape, narrowed.names)
        (counted,) = await read.fetch(statement, **scope.params, **narrowed.parameters)
        total = counted["total"]
    return page_row(page.slice(rows), _BY_NAME, total)


@lru_cache(maxsize=200)
def _page(columns: frozenset[str], page: paging.Shape, scope: Shape, conditions: frozenset[str]) -> Statement:
    rows = COMPANIES.select(columns | {"id"}).where(*_seen(scope, conditions))
    return Statement(seek(rows, _BY_NAME, COMPANIES.columns, page))


@lru_cache(maxsize=20)
def _total(scope: Shape, conditions: frozenset[str]) -> Statement:
    return Statement(select(func.count().label("total")).select_from(_TABLE).where(*_seen(scope, conditions)))


def _seen(scope: Shape, conditions: frozenset[str]) -> list[Any]:
    return [COMPANIES.visible(scope), *(_CONDITIONS[name] for name in sorted(conditions))]


async def subsidiaries(read: Read, company_ids: Sequence[int], columns: frozenset[str]) -> list[list[Row]]:
    """The companies whose holding each of these companies heads, by name."""
    return await read.groups(COMPANIES, company_ids, columns, "parent_id", ("name_key", "id"))
