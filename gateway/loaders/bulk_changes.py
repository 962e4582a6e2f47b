"""Bulk changes of companies, newest first, their items by phone number, and thresholds of approval."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, String, any_, bindparam

from authz.actions import Action
from gateway.execution.selection import Selection
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.narrowing import PARENT, Filter, Parent
from gateway.loaders.pages import Listing, pages
from gateway.loaders.reading import Read
from gateway.loaders.sources import Reach, Source, columns_of, department_of_number
from gateway.models import metadata

_TABLE, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_THRESHOLDS = metadata.tables["approval_thresholds"]

BULK_CHANGES = Source(
    Action.BULK_CHANGE_READ, columns_of(_TABLE), company=_TABLE.c.company_id, department=_TABLE.c.department_id
)
"""Whoever sees a bulk change sees all of it, but only items of their own numbers."""
_BULK_ITEMS = Source(
    Action.NUMBER_READ,
    columns_of(_ITEMS, id=_ITEMS.c.number_id),
    company=_ITEMS.c.company_id,
    department=department_of_number(_ITEMS),
)
_APPROVAL_THRESHOLDS = Source(
    Action.BULK_CHANGE_READ, columns_of(_THRESHOLDS), company=_THRESHOLDS.c.company_id, reach=Reach.ANYWHERE
)
_LIMITS = frozenset({"number_count", "kopecks"})

_NEWEST_FIRST = Keyset("bulk changes", {"created_at": datetime, "id": int}, descending=True)
_BY_MSISDN = Keyset("bulk items", {"msisdn": str, "id": int})
_OF_COMPANY = Listing(BULK_CHANGES, conditions={"status": _TABLE.c.status == bindparam("status", type_=String)})
_OF_CHANGE = Listing(
    _BULK_ITEMS,
    below=_ITEMS.c.bulk_change_id == PARENT.c.id,
    conditions={"state": _ITEMS.c.state == any_(bindparam("states", type_=ARRAY(String)))},
)


async def bulk_changes_of_companies(
    read: Read, company_ids: Sequence[int], page: Page, status: str | None, selection: Selection
) -> list[Row]:
    """The page of each company's bulk changes, in that state if one is given."""
    narrowed = Filter.of({} if status is None else {"status": {"status": status}})
    return await pages(read, _OF_COMPANY, Parent.of_companies(company_ids), page, _NEWEST_FIRST, selection, narrowed)


async def items_of_bulk_changes(
    read: Read, changes: Sequence[Parent], page: Page, states: Sequence[str] | None, selection: Selection
) -> list[Row]:
    """The page of each bulk change's items, in any of these states if some are given."""
    narrowed = Filter.of({} if states is None else {"state": {"states": list(states)}})
    return await pages(read, _OF_CHANGE, changes, page, _BY_MSISDN, selection, narrowed)


async def approval_thresholds(read: Read, company_ids: Sequence[int], columns: frozenset[str]) -> list[Row | None]:
    """Above what each company wants a second person; None where it never does."""
    rows = await read.rows(_APPROVAL_THRESHOLDS, company_ids, columns | _LIMITS, "company_id")
    return [None if row is None or all(row[name] is None for name in _LIMITS) else row for row in rows]
