"""Promotions that end: what turns paid on which days, and what the monthly fees become by that."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    any_,
    bindparam,
    case,
    column,
    false,
    func,
    or_,
    select,
)

from authz.scope import Shape
from gateway.execution.selection import Selection
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.narrowing import PARENT, Parent, in_subtree
from gateway.loaders.number_filters import local_day
from gateway.loaders.numbers import NUMBERS
from gateway.loaders.pages import page_of
from gateway.loaders.reading import Read
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.models.numbers import NumberStatus
from gateway.operations.catalogue import Catalogue
from gateway.operations.fees import monthly
from gateway.statements import Statement

_NUMBERS, _COMPANIES = metadata.tables["numbers"], metadata.tables["companies"]
_LINKS, _PRICES = metadata.tables["connected_options"], metadata.tables["option_prices"]
_MOMENT = bindparam("moment", type_=MOMENT)
_BY_DAY = Keyset("promo days", {"day_key": str})
_IDS = ARRAY(BigInteger)
_DEPENDENTS, _REQUIRED = bindparam("dependent_ids", type_=_IDS), bindparam("required_ids", type_=_IDS)
_PAIR = (
    func.unnest(_DEPENDENTS, _REQUIRED)
    .table_valued(column("dependent_id", BigInteger), column("required_id", BigInteger), name="pair")
    .render_derived()
)
_GUARDS = _LINKS.alias("guards")
_taken_along_at = (
    select(func.min(_GUARDS.c.disconnects_at))
    .where(
        _GUARDS.c.company_id == _LINKS.c.company_id,
        _GUARDS.c.number_id == _LINKS.c.number_id,
        _GUARDS.c.option_id == _PAIR.c.required_id,
        _PAIR.c.dependent_id == _LINKS.c.option_id,
    )
    .correlate(_LINKS)
    .scalar_subquery()
)
_GONE_AT = func.least(
    _LINKS.c.disconnects_at, case((_LINKS.c.option_id == any_(_DEPENDENTS), _taken_along_at)), type_=MOMENT
)
"""When a guard disconnects an option, its own or that of one which it requires."""
_LINKED = (
    _COMPANIES.c.id == PARENT.c.company_id,
    _LINKS.c.company_id == PARENT.c.company_id,
    _LINKS.c.number_id == _NUMBERS.c.id,
)


async def promo_days_of_companies(
    read: Read, company_ids: Sequence[int], page: Page, selection: Selection
) -> list[Row]:
    """The page of the days on which options of each company's numbers turn paid, as a `page_row`."""
    return await _pages(read, Parent.of_companies(company_ids), page, selection, departments=False)


async def promo_days_of_departments(
    read: Read, departments: Sequence[Parent], page: Page, selection: Selection
) -> list[Row]:
    """The same for the numbers of each department and all below it."""
    return await _pages(read, departments, page, selection, departments=True)


async def _pages(
    read: Read, parents: Sequence[Parent], page: Page, selection: Selection, *, departments: bool
) -> list[Row]:
    """No promotion lasts for years, so days are few: the database counts numbers, and days are paged in memory."""
    scope, distinct = NUMBERS.scope(read.principal), list(dict.fromkeys(parents))
    place: dict[str, object] = {
        "parent_companies": [parent.company_id for parent in distinct],
        "parent_ids": [parent.id for parent in distinct],
        **scope.params,
    }
    requirements = read.catalogue.requirements
    linked: dict[str, object] = {
        "moment": datetime.now(UTC),
        "dependent_ids": [dependent_id for dependent_id, _ in requirements],
        "required_ids": [required_id for _, required_id in requirements],
        **place,
    }
    endings = await read.fetch(_endings(scope.shape, departments), **linked)
    fees: Counter[int] = Counter()
    ends: defaultdict[int, Counter[date]] = defaultdict(Counter)
    if "forecast_kopecks" in selection.at("nodes").columns | selection.at("edges", "node").columns:
        for row in await read.fetch(_on_tariffs(scope.shape, departments), **place):
            fees[row["parent_id"]] += row["numbers"] * monthly(read.catalogue.tariffs[row["item_id"]], row["status"])
        for row in await read.fetch(_paid_options(scope.shape, departments), **linked):
            fee = row["numbers"] * monthly(read.catalogue.options[row["item_id"]], row["status"])
            fees[row["parent_id"]] += fee
            if row["gone"]:
                ends[row["parent_id"]][row["gone"]] += fee
    companies = {parent.id: parent.company_id for parent in distinct}
    days = {
        parent_id: _days(companies[parent_id], rows, read.catalogue, fees[parent_id], ends[parent_id])
        for parent_id, rows in groupby(endings, key=itemgetter("parent_id"))
    }
    return [page_of(days.get(parent.id, ()), page, _BY_DAY) for parent in parents]


def _days(
    company_id: int, rows: Iterable[Row], catalogue: Catalogue, forecast_kopecks: int, ends: Mapping[date, int]
) -> list[Row]:
    """Days with their options, of rows in that order; the forecast goes on from what is paid today and ends by day."""
    days: list[Row] = []
    for day, of_day in groupby(rows, key=itemgetter("day")):
        endings = [
            _ending(option_id, of_option, catalogue)
            for option_id, of_option in groupby(of_day, key=itemgetter("item_id"))
        ]
        monthly_kopecks, prevented_kopecks = (
            sum(each[name] for each in endings) for name in ("monthly_kopecks", "prevented_kopecks")
        )
        forecast_kopecks += monthly_kopecks
        gone_kopecks = sum(fee for end, fee in ends.items() if end <= day)
        days.append(
            {
                "company_id": company_id,
                "day": day,
                "day_key": day.isoformat(),
                "endings": endings,
                "monthly_kopecks": monthly_kopecks,
                "prevented_kopecks": prevented_kopecks,
                "forecast_kopecks": forecast_kopecks - gone_kopecks,
            }
        )
    return days


def _ending(option_id: int, rows: Iterable[Row], catalogue: Catalogue) -> Row:
    """An option on a day, of the counts of its numbers by status and guard."""
    option = catalogue.options[option_id]
    numbers: Counter[bool] = Counter()
    fees: Counter[bool] = Counter()
    for row in rows:
        numbers[row["guarded"]] += row["numbers"]
        fees[row["guarded"]] += row["numbers"] * monthly(option, row["status"], row["fee_kopecks"])
    return {
        "option": option,
        "number_count": numbers.total(),
        "guarded_count": numbers[True],
        "monthly_kopecks": fees[False],
        "prevented_kopecks": fees[True],
    }


@lru_cache(maxsize=20)
def _endings(scope: Shape, departments: bool) -> Statement:
    """Numbers by day, option, status and guard, with the option's fee of that day."""
    guarded = func.coalesce(_LINKS.c.promo_ends_at >= _GONE_AT, false()).label("guarded")
    counted = (
        _counted(_LINKS.c.option_id, scope, departments, local_day(_LINKS.c.promo_ends_at).label("day"), guarded)
        .where(*_LINKED, _LINKS.c.promo_ends_at > _MOMENT)
        .subquery()
    )
    fee = (
        select(_PRICES.c.fee_kopecks)
        .where(_PRICES.c.option_id == counted.c.item_id, _PRICES.c.valid_from <= counted.c.day)
        .order_by(_PRICES.c.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    return Statement(
        select(*counted.c, fee.label("fee_kopecks")).order_by(counted.c.parent_id, counted.c.day, counted.c.item_id)
    )


@lru_cache(maxsize=20)
def _on_tariffs(scope: Shape, departments: bool) -> Statement:
    """Numbers by tariff and status."""
    return Statement(_counted(_NUMBERS.c.tariff_id, scope, departments))


@lru_cache(maxsize=20)
def _paid_options(scope: Shape, departments: bool) -> Statement:
    """Numbers by option, status and day on which a guard takes it along, of options that are paid now."""
    paid = or_(_LINKS.c.promo_ends_at.is_(None), _LINKS.c.promo_ends_at <= _MOMENT)
    gone = local_day(_GONE_AT).label("gone")
    return Statement(_counted(_LINKS.c.option_id, scope, departments, gone).where(*_LINKED, paid))


def _counted(item: ColumnElement[int], scope: Shape, departments: bool, *groups: ColumnElement[Any]) -> Select[Any]:
    """How many of the numbers below each parent, by an item of the catalogue, status and these groups."""
    below = [in_subtree(_NUMBERS.c.department_id, PARENT.c.id)] if departments else []
    by = (PARENT.c.id.label("parent_id"), item.label("item_id"), _NUMBERS.c.status, *groups)
    return (
        select(*by, func.count().label("numbers"))
        .where(NUMBERS.visible(scope, PARENT.c.company_id), *below, _NUMBERS.c.status != NumberStatus.CLOSED.value)
        .group_by(*by)
    )
