"""Employees: as a list by name."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, String, all_, bindparam

from authz.actions import Action
from gateway.execution.selection import Selection
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.narrowing import Filter, Parent, in_subtree
from gateway.loaders.pages import Listing, pages
from gateway.loaders.reading import Read
from gateway.loaders.search import patterns
from gateway.loaders.sources import Source, columns_of
from gateway.models import metadata

_TABLE = metadata.tables["employees"]
EMPLOYEES = Source(
    Action.EMPLOYEE_READ,
    columns_of(_TABLE),
    company=_TABLE.c.company_id,
    department=_TABLE.c.department_id,
)

_BY_NAME = Keyset("employees", {"name_key": str, "id": int})
_OF_COMPANY = Listing(
    EMPLOYEES,
    conditions={
        "search": _TABLE.c.name_key.like(all_(bindparam("words", type_=ARRAY(String)))),
        "department": in_subtree(_TABLE.c.department_id),
    },
)


def filter_of(search: str | None, department_id: int | None) -> Filter:
    """Employees whose name holds all words of `search`, in the department or below it."""
    given: dict[str, dict[str, object]] = {}
    if search is not None and (words := patterns(search, ("search",))):
        given["search"] = {"words": words}
    if department_id is not None:
        given["department"] = {"department_ids": [department_id]}
    return Filter.of(given)


async def employees_pages(
    read: Read, company_ids: Sequence[int], page: Page, narrowed: Filter, selection: Selection
) -> list[Row]:
    """The page of each company's employees."""
    return await pages(read, _OF_COMPANY, Parent.of_companies(company_ids), page, _BY_NAME, selection, narrowed)
