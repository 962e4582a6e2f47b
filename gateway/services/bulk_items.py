"""A bulk change, its items and their numbers in SQL, and how items end: with their chunk, or when they are answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, Integer, and_, any_, bindparam, case, func, literal, update
from sqlalchemy.sql.elements import Grouping

from gateway.models import metadata
from gateway.models.bulk_changes import BulkChangeStatus, BulkItemState
from gateway.models.columns import MOMENT
from gateway.services.running import Run
from gateway.statements import Statement
from gateway.telemetry.metrics import BULK_ITEMS

_CHANGES, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_NUMBERS = metadata.tables["numbers"]
COMPANY, ID = bindparam("company_id", type_=BigInteger), bindparam("change_id", type_=BigInteger)
THIS_CHANGE = and_(_CHANGES.c.company_id == COMPANY, _CHANGES.c.id == ID)
ITEMS_OF_IT = and_(_ITEMS.c.company_id == COMPANY, _ITEMS.c.bulk_change_id == ID)
NUMBERS_OF_IT = and_(_NUMBERS.c.company_id == _ITEMS.c.company_id, _NUMBERS.c.id == _ITEMS.c.number_id)


class End(NamedTuple):
    """What becomes of an item; what is None stays as it is. `error` is a kept refusal, `inverse` dumped operations."""

    number_id: int
    state: BulkItemState
    error: Mapping[str, Any] | None = None
    inverse: Mapping[str, Any] | None = None
    number_updated_at: datetime | None = None


_ENDED = {name: Grouping(bindparam(f"its_{name}", type_=ARRAY(_ITEMS.c[name].type))) for name in End._fields}
# Values are found by the place of an item among those given. Of a change that is new PostgreSQL believes that it has no
# items, and would look through all that are given for each of all that it has: 900 ms a chunk of 20,000, not 20.
_place = func.width_bucket(_ITEMS.c.number_id, _ENDED["number_id"], type_=Integer)
_END = Statement(
    update(_ITEMS)
    .where(ITEMS_OF_IT, _ITEMS.c.number_id == any_(_ENDED["number_id"]))
    .values({name: func.coalesce(_ENDED[name][_place], _ITEMS.c[name]) for name in End._fields[1:]})
)
_COUNTED = {
    BulkItemState.APPLIED: "applied_count",
    BulkItemState.FAILED: "failed_count",
    BulkItemState.SKIPPED: "skipped_count",
}
ENDED_COUNTS = ("refused_count", *_COUNTED.values())
"""Columns of a change that tell how many of its items have ended."""

_counts = {name: _CHANGES.c[name] + bindparam(f"more_{name}", type_=BigInteger) for name in _COUNTED.values()}
_all_ended = _CHANGES.c.item_count == _CHANGES.c.refused_count + sum(_counts.values(), literal(0))
_held = _CHANGES.c.status == BulkChangeStatus.PAUSED.value
_COUNT = Statement(
    update(_CHANGES)
    .where(THIS_CHANGE)
    .values(_counts)
    .values(moved_at=bindparam("moment", type_=MOMENT))
    # What was under way when it was paused ends all the same. Where that was the last of it, nothing is left to hold.
    .values(status=case((and_(_held, _all_ended), BulkChangeStatus.RUNNING.value), else_=_CHANGES.c.status))
)


async def end_items(run: Run, company_id: int, change_id: int, ends: Sequence[End], moment: datetime) -> None:
    """Ends items that the caller has locked, and counts them; those that are SENT count when they are answered.

    A change that is paused and has none left runs again, to be finished.
    """
    place = {"company_id": company_id, "change_id": change_id}
    columns = zip(*sorted(ends, key=attrgetter("number_id")), strict=True)
    await run(_END, **place, **{f"its_{name}": values for name, values in zip(End._fields, columns, strict=True)})
    counts = {name: sum(end.state is state for end in ends) for state, name in _COUNTED.items()}
    await run(_COUNT, **place, moment=moment, **{f"more_{name}": count for name, count in counts.items()})
    for state, name in _COUNTED.items():
        BULK_ITEMS.add(state, by=counts[name])
