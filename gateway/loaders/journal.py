"""The operations journal of companies and numbers, newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, String, and_, any_, bindparam

from authz.actions import Action
from gateway.execution.selection import Selection
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.narrowing import PARENT, Filter, Parent
from gateway.loaders.pages import Listing, pages
from gateway.loaders.reading import Read
from gateway.loaders.sources import Source, columns_of, department_of_number
from gateway.models import metadata
from gateway.models.journal import ActorKind

_TABLE = metadata.tables["journal_entries"]
JOURNAL = Source(
    Action.JOURNAL_READ,
    columns_of(_TABLE),
    company=_TABLE.c.company_id,
    # A line stands where the number stands that it is about; any other one is the company's.
    department=department_of_number(_TABLE),
)

_NEWEST_FIRST = Keyset("journal", {"at": datetime, "id": int}, descending=True)


def _moment(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


def _texts(name: str) -> Any:
    return any_(bindparam(name, type_=ARRAY(String)))


_CONDITIONS = {
    "since": _TABLE.c.at >= _moment("since"),
    "before": _TABLE.c.at < _moment("before"),
    "channel": _TABLE.c.channel == _texts("channels"),
    "action": _TABLE.c.action == _texts("actions"),
    "administrator": and_(
        _TABLE.c.actor_kind == ActorKind.ADMINISTRATOR,
        _TABLE.c.actor_id == bindparam("administrator_id", type_=BigInteger),
    ),
    "number": _TABLE.c.number_id == bindparam("number_id", type_=BigInteger),
}
_OF_COMPANY = Listing(JOURNAL, conditions=_CONDITIONS)
_OF_NUMBER = Listing(JOURNAL, below=_TABLE.c.number_id == PARENT.c.id, conditions=_CONDITIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """Which lines: from `since` on, `before` that moment; fields narrow each other, None does not."""

    since: datetime | None = None
    before: datetime | None = None
    channels: Collection[str] | None = None
    actions: Collection[str] | None = None
    administrator_id: int | None = None
    number_id: int | None = None

    def conditions(self) -> Filter:
        given: dict[str, dict[str, object]] = {}
        if self.since is not None:
            given["since"] = {"since": self.since}
        if self.before is not None:
            given["before"] = {"before": self.before}
        if self.channels is not None:
            given["channel"] = {"channels": list(self.channels)}
        if self.actions is not None:
            given["action"] = {"actions": list(self.actions)}
        if self.administrator_id is not None:
            given["administrator"] = {"administrator_id": self.administrator_id}
        if self.number_id is not None:
            given["number"] = {"number_id": self.number_id}
        return Filter.of(given)


async def journal_of_companies(
    read: Read, company_ids: Sequence[int], page: Page, narrowed: Filter, selection: Selection
) -> list[Row]:
    """The page of each company's journal."""
    return await pages(read, _OF_COMPANY, Parent.of_companies(company_ids), page, _NEWEST_FIRST, selection, narrowed)


async def journal_of_numbers(
    read: Read, numbers: Sequence[Parent], page: Page, narrowed: Filter, selection: Selection
) -> list[Row]:
    """The page of what was done to each number."""
    return await pages(read, _OF_NUMBER, numbers, page, _NEWEST_FIRST, selection, narrowed)
