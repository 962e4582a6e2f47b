"""What becomes of orders that the operator's system has answered: of their numbers, their changes, and the journal."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy import ARRAY, BigInteger, String, any_, bindparam, delete, select, update

from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text, excerpt
from gateway.models import metadata
from gateway.models.bulk_changes import BulkItemState
from gateway.models.changes import NumberChangeStatus
from gateway.ports.bss import BssAnswer, Verdict
from gateway.services import refused_endings
from gateway.services.batches import Batch
from gateway.services.bulk_items import End, end_items
from gateway.services.effects import Step, carry_out
from gateway.services.journal import Origin
from gateway.services.kept_refusals import keep
from gateway.services.refused_endings import LONGEST_REASON, Ending, Refused
from gateway.statements import Statement, Tenant

REFUSED = Text(en="The operator's systems refused.", ru="Системы оператора отказали.")
REFUSED_BECAUSE = Text(en="The operator's systems refused: {reason}", ru="Системы оператора отказали: {reason}")

_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)

_ORDERS, _NUMBERS, _CHANGES = (metadata.tables[name] for name in ("orders", "numbers", "number_changes"))
_COMPANY = bindparam("company_id", type_=BigInteger)
_KEYS = bindparam("keys", type_=ARRAY(String))
# Numbers before their orders, in the order of their keys, as all take such locks: nobody waits in a circle.
_LOCK_NUMBERS = Statement(
    select(_NUMBERS.c.id)
    .where(_NUMBERS.c.company_id == _COMPANY, _NUMBERS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .order_by(_NUMBERS.c.id)
    .with_for_update(key_share=True)
)
_LOCK = Statement(
    select(_ORDERS).where(_ORDERS.c.company_id == _COMPANY, _ORDERS.c.key == any_(_KEYS)).with_for_update()
)
_DELETE = Statement(delete(_ORDERS).where(_ORDERS.c.company_id == _COMPANY, _ORDERS.c.key == any_(_KEYS)))
_POSTPONED = Batch(_ORDERS, ("key", "due_at"))
_POSTPONE = Statement(
    update(_ORDERS)
    .where(_ORDERS.c.company_id == _COMPANY, _ORDERS.c.key == _POSTPONED.rows.c.key)
    .values(due_at=_POSTPONED.rows.c.due_at, tries=_ORDERS.c.tries + 1)
)
_SETTLED = Batch(_CHANGES, ("id", "status", "error", "journal_id"))
_SETTLE = Statement(
    update(_CHANGES)
    .where(_CHANGES.c.company_id == _COMPANY, _CHANGES.c.id == _SETTLED.rows.c.id)
    .values({name: _SETTLED.rows.c[name] for name in ("status", "error", "journal_id")})
)


@dataclass(frozen=True, slots=True)
class Task:
    """What an order does to the rows when it is done, and in whose name; `ending` is what ends by itself with it."""

    origin: Origin
    steps: list[Step]
    ending: Ending | None = None

    def dump(self) -> dict[str, Any]:
        """As a JSON object."""
        dumped: dict[str, Any] = _TASK.dump_python(self, mode="json")
        return dumped

    @staticmethod
    def parse(dumped: Mapping[str, Any]) -> "Task":
        return _TASK.validate_python(dumped)


_TASK = TypeAdapter(Task)


class _Settled(NamedTuple):
    """An order that was locked, what it would do, and what the operator says to that."""

    order: asyncpg.Record
    task: Task
    answer: BssAnswer

    @property
    def refusal(self) -> Refusal | None:
        """Why it was not done."""
        if self.answer.verdict is not Verdict.REFUSED:
            return None
        reason = excerpt(self.answer.reason, LONGEST_REASON)
        return Refusal(ErrorCode.UPSTREAM_REFUSED, REFUSED_BECAUSE(reason=reason) if reason else REFUSED())

    def end(self, moment: datetime) -> End:
        """What becomes of the item of a bulk change."""
        if self.refusal is not None:
            return End(self.order["number_id"], BulkItemState.FAILED, keep(self.refusal))
        steps = self.task.steps
        changed = steps[0].before != steps[-1].after
        return End(self.order["number_id"], BulkItemState.APPLIED, number_updated_at=moment if changed else None)


async def settle(db: Database, company_id: int, origin: Origin, answers: Sequence[tuple[int, str, BssAnswer]]) -> None:
    """Does to the rows what the operator did, once: an order that was settled before is gone.

    The answers are to orders of one origin, each with its number and its key. An order without an answer is due again,
    after a pause that grows.
    """
    moment = datetime.now(UTC)
    by_key = {key: answer for _, key, answer in answers}
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        await within(_LOCK_NUMBERS, company_id=company_id, ids=[number_id for number_id, _, _ in answers])
        orders = await within(_LOCK, company_id=company_id, keys=list(by_key))
        unknown = [order for order in orders if by_key[order["key"]].verdict is Verdict.UNKNOWN]
        if unknown:
            later = [(order["key"], moment + _pause(order["tries"])) for order in unknown]
            await within(_POSTPONE, company_id=company_id, **_POSTPONED.parameters(later))
        settled = [
            _Settled(order, Task.parse(order["task"]), by_key[order["key"]])
            for order in orders
            if by_key[order["key"]].verdict is not Verdict.UNKNOWN
        ]
        if not settled:
            return
        await within(_DELETE, company_id=company_id, keys=[each.order["key"] for each in settled])
        items: defaultdict[int, list[End]] = defaultdict(list)
        for each in settled:
            if each.order["bulk_change_id"] is not None:
                items[each.order["bulk_change_id"]].append(each.end(moment))
        for change_id in sorted(items):
            await end_items(within, company_id, change_id, items[change_id], moment)
        endings = [(each, each.task.ending) for each in settled if each.task.ending is not None]
        ended = [(each.order["number_id"], ending) for each, ending in endings if each.refusal is None]
        if ended:
            await refused_endings.forget(within, company_id, ended)
        done = [(each.order["change_id"], step) for each in settled if each.refusal is None for step in each.task.steps]
        journal_ids = await carry_out(within, company_id, origin, moment, [step for _, step in done]) if done else []
        changes = [
            (change_id, NumberChangeStatus.APPLIED, None, journal_id)
            for (change_id, _), journal_id in zip(done, journal_ids, strict=True)
        ] + [
            (each.order["change_id"], NumberChangeStatus.FAILED, keep(each.refusal), None)
            for each in settled
            if each.refusal is not None
        ]
        if single := [each for each in changes if each[0] is not None]:
            await within(_SETTLE, company_id=company_id, **_SETTLED.parameters(single))
        refused = [
            Refused(ending, each.task.steps, each.answer.reason)
            for each, ending in endings
            if each.answer.verdict is Verdict.REFUSED
        ]
        if refused:
            await refused_endings.keep(within, company_id, origin, moment, refused)


def _pause(tries: int) -> timedelta:
    doublings = min(tries, 10)
    return min(_SHORTEST_PAUSE * (1 << doublings), _LONGEST_PAUSE)
