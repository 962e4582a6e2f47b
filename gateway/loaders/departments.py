"""Departments: as a list, parents before children."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, String, bindparam, func

from authz.actions import Action
from gateway.execution.selection import Selection
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.narrowing import NO_FILTER, Filter, Parent
from gateway.loaders.pages import Listing, pages
from gateway.loaders.reading import Read
from gateway.loaders.sources import Source, columns_of
from gateway.models import metadata

_TABLE = metadata.tables["departments"]
# The lowest character sets the names apart, so that paths stand in the order of their parts.
_PATH_KEY = func.array_to_string(_TABLE.c.path, "\x01", type_=String(collation="C"))
DEPARTMENTS = Source(
    Action.DEPARTMENT_READ,
    columns_of(_TABLE, path_key=_PATH_KEY),
    company=_TABLE.c.company_id,
    department=_TABLE.c.id,
)

_BY_PATH = Keyset("departments", {"path_key": str, "id": int})
_OF_COMPANY = Listing(
    DEPARTMENTS, conditions={"parent": _TABLE.c.parent_id == bindparam("parent_id", type_=BigInteger)}
)


async def departments_pages(
    read: Read, company_ids: Sequence[int], page: Page, parent_id: int | None, selection: Selection
) -> list[Row]:
    """The page of each company's departments; with `parent_id` only those right below that one."""
    narrowed = NO_FILTER if parent_id is None else Filter.of({"parent": {"parent_id": parent_id}})
    return await pages(read, _OF_COMPANY, Parent.of_companies(company_ids), page, _BY_PATH, selection, narrowed)
