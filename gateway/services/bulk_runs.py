"""Running a bulk change by chunks, each one transaction that claims items, changes their numbers and ends them.

A claim dies with its transaction: what a killed worker had claimed is free at once, and what was done is done once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import BigInteger, bindparam, func, select, update

from gateway.db import Database, run
from gateway.kit.rows import Row
from gateway.models import metadata
from gateway.models.bulk_changes import BulkChangeStatus, BulkErrorPolicy, BulkItemState
from gateway.models.columns import MOMENT
from gateway.operations.catalogue import Catalogue
from gateway.ports.bss import Bss
from gateway.services import orders
from gateway.services.bulk_chunks import Chunk
from gateway.services.bulk_items import ITEMS_OF_IT, THIS_CHANGE
from gateway.services.bulk_journal import BY_WORKER, BulkStep, note
from gateway.services.principals import load_actor
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

CHUNK = 500
"""Items of one transaction. Of changes that are done to all numbers or to none, it does so many at a time: PostgreSQL
waits for the next statement only as long as a worker would be frozen."""

MOST_SENT = 500
"""Orders of a change that may be open: the more are, the less cancelling it means when the operator is silent."""

_CHANGES, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_MOMENT = bindparam("moment", type_=MOMENT)
_FIND = Statement(select(_CHANGES).where(THIS_CHANGE))
_RUNNING = select(_CHANGES.c.id).where(THIS_CHANGE, _CHANGES.c.status == BulkChangeStatus.RUNNING.value)
# Chunks share the row of their change, and others may set its status meanwhile; whoever ends it waits for none of them,
# but looks whether there are any.
_SHARE = Statement(_RUNNING.with_for_update(key_share=True, read=True))
_TAKE = Statement(_RUNNING.with_for_update(skip_locked=True))
_CLAIM = Statement(
    select(_ITEMS)
    .where(
        ITEMS_OF_IT,
        _ITEMS.c.state == BulkItemState.PENDING.value,
        _ITEMS.c.number_id > bindparam("after_id", type_=BigInteger),
    )
    .order_by(_ITEMS.c.number_id)
    .limit(bindparam("most", type_=BigInteger))
    .with_for_update(skip_locked=True)
)
_FIND_DUE = Statement(select(func.find_due_bulk_changes().table_valued("company_id", "id", "status")))
_BEGIN = Statement(
    update(_CHANGES)
    .where(THIS_CHANGE)
    .values(
        status=BulkChangeStatus.RUNNING.value,
        started_at=func.coalesce(_CHANGES.c.started_at, _MOMENT),
        running_since=_MOMENT,
        ended_before=_CHANGES.c.applied_count + _CHANGES.c.failed_count,
    )
)
_DUE = Statement(
    select(_CHANGES.c.id)
    .where(THIS_CHANGE, _CHANGES.c.status == BulkChangeStatus.SCHEDULED.value, _CHANGES.c.scheduled_at <= _MOMENT)
    .with_for_update(skip_locked=True)
)
_TAKE_LAST = Statement(
    select(_CHANGES)
    .where(THIS_CHANGE, _CHANGES.c.status.in_([BulkChangeStatus.RUNNING.value, BulkChangeStatus.CANCELLING.value]))
    .with_for_update(skip_locked=True)
)
_OPEN = Statement(
    select(
        func.count().filter(_ITEMS.c.state == BulkItemState.PENDING.value).label("pending"),
        func.count().filter(_ITEMS.c.state == BulkItemState.SENT.value).label("sent"),
    ).where(ITEMS_OF_IT)
)
_SKIP = Statement(
    update(_ITEMS)
    .where(ITEMS_OF_IT, _ITEMS.c.state == BulkItemState.PENDING.value)
    .values(state=BulkItemState.SKIPPED.value)
)
_FINISH = Statement(
    update(_CHANGES)
    .where(THIS_CHANGE)
    .values(
        status=bindparam("its_status", type_=_CHANGES.c.status.type),
        skipped_count=_CHANGES.c.skipped_count + bindparam("skipped", type_=BigInteger),
        finished_at=_MOMENT,
    )
)


@dataclass(frozen=True, slots=True)
class DueChange:
    """A change that waits for a worker."""

    company_id: int
    id: int
    status: str


async def find_due(db: Database) -> list[DueChange]:
    """Changes of all companies that wait for a worker, or that one is at. For workers only."""
    return [DueChange(**row) for row in await db.fetch(Tenant(), _FIND_DUE)]


async def begin(run: Run, company_id: int, change_id: int, moment: datetime) -> None:
    """Lets a change run from now on."""
    await run(_BEGIN, company_id=company_id, change_id=change_id, moment=moment)


async def begin_scheduled(db: Database, company_id: int, change_id: int) -> bool:
    """Lets a change run whose time has come; False when somebody else does, or it has not."""
    place, moment = {"company_id": company_id, "change_id": change_id}, datetime.now(UTC)
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        if not await within(_DUE, **place, moment=moment):
            return False
        await begin(within, company_id, change_id, moment)
    return True


async def run_chunk(
    db: Database, company_id: int, change_id: int, *, catalogue: Catalogue, bss: Bss | None = None
) -> bool:
    """Does the next items of a change that runs; False when there is none that nobody else is at.

    What the author may do is asked anew, as is everything else that the plan has promised: an item that is refused, or
    is not what was planned, fails and leaves its number as it is. With a system of the operator items become orders,
    which are sent when they are written down and end when they are answered; while too many are not, no more are begun.
    """
    tenant, place = Tenant((company_id,)), {"company_id": company_id, "change_id": change_id}
    [change] = await db.fetch(tenant, _FIND, **place)
    author = await load_actor(db, company_id, change["actor_kind"], change["actor_id"], change["actor_name"])
    together = change["on_error"] == BulkErrorPolicy.REJECT_ALL
    async with db.transaction(tenant) as session:
        within = partial(run, session)
        if not await within(_TAKE if together else _SHARE, **place):
            return False
        if bss and await orders.count_open(within, company_id, change_id) >= MOST_SENT:
            return False
        batches: list[Sequence[Row]] = []
        last_id = 0
        while items := await within(_CLAIM, **place, after_id=last_id, most=CHUNK):
            batches.append(items)
            last_id = items[-1]["number_id"]
            if not together:
                break
        chunk = Chunk(session, author, change, catalogue, datetime.now(UTC), bss)
        if not await chunk.attempt(batches):
            # Some item is at fault: it fails, and with it all that are to be done together.
            for some in [batches] if together else [[[item]] for batch in batches for item in batch]:
                if together or not await chunk.attempt(some):
                    await chunk.fail(some)
    if bss and chunk.placed:
        await orders.send(db, bss, chunk.placed)
    return bool(batches)


async def finish(db: Database, company_id: int, change_id: int) -> bool:
    """Ends a change that has nothing left to do, or is being cancelled; False while anything of it is under way."""
    place, moment = {"company_id": company_id, "change_id": change_id}, datetime.now(UTC)
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        found = await within(_TAKE_LAST, **place)
        if not found:
            return False
        [left] = await within(_OPEN, **place)
        cancelled = found[0]["status"] == BulkChangeStatus.CANCELLING
        if left["sent"] or (left["pending"] and not cancelled):
            return False
        if left["pending"]:
            await within(_SKIP, **place)
        status = BulkChangeStatus.CANCELLED if cancelled else BulkChangeStatus.FINISHED
        await within(_FINISH, **place, its_status=status.value, skipped=left["pending"], moment=moment)
        after = {
            "status": status.value,
            "applied": found[0]["applied_count"],
            "failed": found[0]["failed_count"] + found[0]["refused_count"],
            "skipped": found[0]["skipped_count"] + left["pending"],
        }
        await note(within, company_id, change_id, BY_WORKER, moment, BulkStep.FINISH, after=after)
    return True
