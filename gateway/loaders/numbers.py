"""Numbers: as pages below companies and departments, those of employees, and by phone number or SIM card."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, case, func, literal_column, select

from authz.actions import Action
from authz.scope import Shape
from gateway.execution.selection import Selection
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.departments import DEPARTMENTS
from gateway.loaders.employees import EMPLOYEES
from gateway.loaders.narrowing import PARENT, Filter, Parent, in_subtree
from gateway.loaders.number_filters import (
    BANNED,
    CONDITIONS,
    OPTION_IDS,
    NumberFilter,
    employee_shown,
    partly_shown,
    shown_parameters,
)
from gateway.loaders.pages import Listing, pages
from gateway.loaders.reading import Read
from gateway.loaders.sources import Join, Source, columns_of
from gateway.models import metadata
from gateway.models.numbers import NumberStatus

_TABLE = metadata.tables["numbers"]
_COMPANIES = metadata.tables["companies"]


def _of_company(column: str) -> ColumnElement[Any]:
    company = select(_COMPANIES.c[column]).where(_COMPANIES.c.id == _TABLE.c.company_id)
    return company.correlate(_TABLE).scalar_subquery()


def _shown_key(shape: Shape) -> str:
    return f"employee_key_{shape}"


NUMBERS = Source(
    Action.NUMBER_READ,
    columns_of(
        _TABLE,
        label_key=func.coalesce(_TABLE.c.label, literal_column("''"), type_=String),
        option_ids=OPTION_IDS,
        banned=BANNED,
        region=_of_company("region"),
        time_zone=_of_company("time_zone"),
        company_status=_of_company("status"),
        **{_shown_key(shape): case((employee_shown(shape), _TABLE.c.employee_key), else_="") for shape in Shape},
    ),
    company=_TABLE.c.company_id,
    department=_TABLE.c.department_id,
    joins={"employee": Join(EMPLOYEES, "employee_id"), "department": Join(DEPARTMENTS, "department_id")},
)
"""`label_key` is spelled as in its index; a parameter in place of the empty text would keep the planner from it."""

ORDERS = {
    (field, descending): Keyset(f"numbers by {field}", {field: kind, "id": int}, descending)
    for field, kind in {
        "msisdn": str,
        "employee_key": str,
        "label_key": str,
        "activated_at": datetime,
        "updated_at": datetime,
    }.items()
    for descending in (False, True)
}
"""Orders by column and direction."""
BY_MSISDN = ORDERS["msisdn", False]
_BY_SHOWN = {
    (shape, descending): Keyset("numbers by employee", {_shown_key(shape): str, "id": int}, descending)
    for shape in Shape
    for descending in (False, True)
}
"""For callers who are not shown the employees of all numbers they see: the others come first, as if unassigned."""

AT_ONCE = 100
"""Numbers that are read together for somebody who follows them: few, so that whoever reads slowly gets news."""

_OF_COMPANY = Listing(NUMBERS, conditions=CONDITIONS)
_OF_DEPARTMENT = Listing(NUMBERS, below=in_subtree(_TABLE.c.department_id, PARENT.c.id), conditions=CONDITIONS)


async def numbers_of_companies(
    read: Read, company_ids: Sequence[int], page: Page, order: Keyset, narrowed: Filter, selection: Selection
) -> list[Row]:
    """The page of each company's numbers."""
    parents, (order, known) = Parent.of_companies(company_ids), _shown_order(read, order)
    return await pages(read, _OF_COMPANY, parents, page, order, selection, narrowed, known)


async def numbers_of_departments(
    read: Read, departments: Sequence[Parent], page: Page, order: Keyset, narrowed: Filter, selection: Selection
) -> list[Row]:
    """The page of the numbers of each department and all below it."""
    order, known = _shown_order(read, order)
    return await pages(read, _OF_DEPARTMENT, departments, page, order, selection, narrowed, known)


def _shown_order(read: Read, order: Keyset) -> tuple[Keyset, Mapping[str, object]]:
    """The order by what the caller is shown, with its parameters: cursors and places tell of nobody else."""
    shown = partly_shown(read.principal) if "employee_key" in order.columns else None
    if shown is None:
        return order, {}
    return _BY_SHOWN[shown.shape, order.descending], shown_parameters(shown)


async def numbers_updated_since(
    read: Callable[[], Awaitable[Read]], company_id: int, since: datetime, columns: frozenset[str]
) -> AsyncIterator[Row]:
    """A company's numbers that changed then or later, those that changed first first; a new `Read` for each page."""
    order = ORDERS["updated_at", False]
    selection = Selection(fields={"nodes": Selection(columns | frozenset(order.columns)), "pageInfo": Selection()})
    after: str | None = None
    while True:
        page, now = Page.of(first=AT_ONCE, after=after), await read()
        narrowed = NumberFilter(updated_since=since).conditions(now.principal)
        (found,) = await numbers_of_companies(now, [company_id], page, order, narrowed, selection)
        for row in found["nodes"]:
            yield row
        if not found["slice"].has_next_page:
            return
        after = order.cursor(found["nodes"][-1])


async def numbers_of_employees(read: Read, employee_ids: Sequence[int], columns: frozenset[str]) -> list[list[Row]]:
    """All numbers that each employee uses."""
    return await read.groups(NUMBERS, employee_ids, columns, "employee_id", ("msisdn", "id"))


async def numbers_by(read: Read, key: str, values: Sequence[str | None], columns: frozenset[str]) -> list[Row | None]:
    """The number with each `msisdn` or `iccid`: the one in use, or else the one that was given back last."""
    found = await read.groups(NUMBERS, values, columns | {"id", "status"}, key, ("id",))
    return [max(rows, key=_latest) if rows else None for rows in found]


def _latest(row: Row) -> tuple[bool, int]:
    return row["status"] != NumberStatus.CLOSED, row["id"]
