"""Orders to the operator's system: placed with the check that allows them, sent outside, settled when answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    String,
    Update,
    any_,
    bindparam,
    func,
    select,
    update,
)

from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.operations.registry import PROVISIONED
from gateway.operations.state import Surroundings
from gateway.ports.bss import Bss, BssOrder, Verdict
from gateway.services.batches import Batch
from gateway.services.effects import Step
from gateway.services.failures import Failures
from gateway.services.journal import Origin
from gateway.services.refused_endings import Ending
from gateway.services.running import Run
from gateway.services.settlements import Task, settle
from gateway.statements import Statement, Tenant

PENDING_CHANGE = Text(
    en="Another change of this number still waits for the operator's systems.",
    ru="Предыдущее изменение этого номера ещё ждёт ответа систем оператора.",
)
WAIT = Text(
    en="Try again when it has ended, usually within a minute.",
    ru="Повторите, когда оно завершится: обычно это меньше минуты.",
)
LEASE = timedelta(seconds=3)
"""How long whoever placed an order, or took it over, has it for themselves, unless they renew it."""
RENEW_EVERY = 1.0
"""Seconds after which senders who still wait for answers do: so the dead and the frozen lose what they had soon."""
MOST = 200
"""Orders that one call sends again."""

_ORDERS = metadata.tables["orders"]
_COMPANY = bindparam("company_id", type_=BigInteger)
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_OPEN = Statement(
    select(_ORDERS.c.number_id).where(_ORDERS.c.company_id == _COMPANY, _ORDERS.c.number_id == any_(_IDS))
)
_COUNT_OPEN = Statement(
    select(func.count().label("count")).where(
        _ORDERS.c.company_id == _COMPANY, _ORDERS.c.bulk_change_id == bindparam("change_id", type_=BigInteger)
    )
)
_PLACED = Batch(
    _ORDERS,
    ("company_id", "number_id", "key", "task", "change_id", "bulk_change_id", "placed_at", "due_at"),
)
_PLACE = Statement(_PLACED.insert())
_MOMENT = bindparam("moment", type_=MOMENT)
_due = func.find_due_orders(_MOMENT, bindparam("most", type_=Integer)).table_valued("company_id", "number_id")
_FIND_DUE = Statement(select(_due.c.company_id, _due.c.number_id))


def _lease(*which: ColumnElement[bool]) -> Update:
    """Leases such orders until `its_due_at`, but for those that somebody is settling or taking right now."""
    free = select(_ORDERS.c.key).where(_ORDERS.c.company_id == _COMPANY, *which).with_for_update(skip_locked=True)
    return (
        update(_ORDERS)
        .where(_ORDERS.c.company_id == _COMPANY, _ORDERS.c.key.in_(free))
        .values(due_at=bindparam("its_due_at", type_=MOMENT))
    )


_TAKE = Statement(
    _lease(_ORDERS.c.number_id == any_(_IDS), _ORDERS.c.due_at <= _MOMENT).returning(_ORDERS.c.key, _ORDERS.c.task)
)
_RENEW = Statement(_lease(_ORDERS.c.key == any_(bindparam("keys", type_=ARRAY(String)))))


@dataclass(frozen=True, slots=True)
class Placed:
    """An open order, and where it stands."""

    company_id: int
    number_id: int
    origin: Origin
    order: BssOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What a number's order is for: the steps that were checked, and the change that they belong to, or what ends."""

    steps: Sequence[Step]
    change_id: int | None = None
    bulk_change_id: int | None = None
    ending: Ending | None = None


async def waiting(run: Run, company_id: int, number_ids: Sequence[int]) -> set[int]:
    """Which of these numbers, that the caller has locked, have an open order."""
    return {row["number_id"] for row in await run(_OPEN, company_id=company_id, ids=list(number_ids))}


async def count_open(run: Run, company_id: int, bulk_change_id: int) -> int:
    """How many orders of a bulk change are not answered."""
    count: int = (await run(_COUNT_OPEN, company_id=company_id, change_id=bulk_change_id))[0]["count"]
    return count


def pending_change() -> Refusal:
    """Why nothing can be done to a number that waits for an answer."""
    return Refusal(ErrorCode.CONFLICT, PENDING_CHANGE(), hint=WAIT())


async def place(
    run: Run, company_id: int, origin: Origin, moment: datetime, orders: Sequence[NewOrder]
) -> list[Placed]:
    """Writes orders down in the transaction that has checked them and locked their numbers, none of which waits.

    When it is committed they are to be sent: by `send`, or, should that never happen, by `send_due`.
    """
    tasks = [Task(origin, [_bare(step) for step in each.steps], each.ending) for each in orders]
    placed = [_placed(company_id, str(uuid4()), task) for task in tasks]
    rows = [
        (
            *(company_id, one.number_id, one.order.key, task.dump()),
            *(each.change_id, each.bulk_change_id, moment, moment + LEASE),
        )
        for one, task, each in zip(placed, tasks, orders, strict=True)
    ]
    await run(_PLACE, **_PLACED.parameters(rows))
    return placed


async def send(db: Database, bss: Bss, orders: Sequence[Placed]) -> int:
    """Sends orders, outside of any transaction, and settles those that are answered; the others are due soon again.

    They are due to others as soon as this process no longer renews their lease: dead, frozen, or without a database.
    Returns how many of them the operator did not refuse. What goes wrong with a company's is raised in an exception
    group, after those of all others are settled.
    """
    sending = asyncio.ensure_future(bss.carry_out([each.order for each in orders]))
    try:
        while not (await asyncio.wait([sending], timeout=RENEW_EVERY))[0]:
            await _renew(db, orders)
    finally:
        sending.cancel()
    answers, failures = sending.result(), Failures()
    answered = sorted(zip(orders, answers, strict=True), key=lambda pair: (pair[0].company_id, repr(pair[0].origin)))
    for (company_id, origin), pairs in groupby(answered, key=lambda pair: (pair[0].company_id, pair[0].origin)):
        its_answers = [(placed.number_id, placed.order.key, answer) for placed, answer in pairs]
        with failures.kept(company_id):
            await settle(db, company_id, origin, its_answers)
    failures.tell()
    return sum(answer.verdict is not Verdict.REFUSED for answer in answers)


async def _renew(db: Database, orders: Sequence[Placed]) -> None:
    until = datetime.now(UTC) + LEASE
    for company_id, placed in groupby(orders, key=attrgetter("company_id")):
        keys = [each.order.key for each in placed]
        await db.fetch(Tenant((company_id,)), _RENEW, company_id=company_id, keys=keys, its_due_at=until)


async def send_due(db: Database, bss: Bss) -> int:
    """Sends again what nobody has an answer for, under the same keys; how many orders it were. For jobs.

    Any number of workers may call it at once: each order is taken by one of them for a while. What goes wrong with a
    company's is raised in an exception group, after those of all others are sent.
    """
    moment, failures = datetime.now(UTC), Failures()
    until = moment + LEASE
    due = await db.fetch(Tenant(), _FIND_DUE, moment=moment, most=MOST)
    taken: list[Placed] = []
    due.sort(key=itemgetter("company_id"))
    for company_id, found in groupby(due, key=itemgetter("company_id")):
        ids = [row["number_id"] for row in found]
        with failures.kept(company_id):
            async with db.transaction(Tenant((company_id,))) as session:
                rows = await run(session, _TAKE, company_id=company_id, ids=ids, moment=moment, its_due_at=until)
            taken += [_placed(company_id, row["key"], Task.parse(row["task"])) for row in rows]
    if taken:
        await send(db, bss, taken)
    failures.tell()
    return len(taken)


def _placed(company_id: int, key: str, task: Task) -> Placed:
    number = task.steps[0].before
    asked: list[dict[str, Any]] = [
        {"kind": each.entry.action, "parameters": (each.entry.details or {})["parameters"]}
        for each in task.steps
        if each.entry.action in PROVISIONED
    ]
    return Placed(company_id, number.id, task.origin, BssOrder(key, number.msisdn, asked))


def _bare(step: Step) -> Step:
    """Without what stands around the number."""
    before, after = (replace(state, around=Surroundings()) for state in (step.before, step.after))
    return Step(before, after, step.entry)
