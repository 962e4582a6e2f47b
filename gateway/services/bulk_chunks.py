"""Items of a bulk change that one transaction has claimed, and how each of them ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from authz.principal import Principal
from gateway.db import run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.rows import Row
from gateway.kit.texts import Text
from gateway.models.bulk_changes import BulkErrorPolicy, BulkItemState
from gateway.models.journal import ActorKind, Channel
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Operation
from gateway.operations.registry import PROVISIONED
from gateway.operations.state import NumberState
from gateway.operations.undo import inverses
from gateway.ports.bss import Bss
from gateway.services import bulk_trials, orders, states
from gateway.services.bulk_items import End, end_items
from gateway.services.bulk_trials import try_out
from gateway.services.effects import Step, carry_out, step
from gateway.services.journal import Origin
from gateway.services.kept_refusals import keep
from gateway.services.orders import NewOrder, Placed
from gateway.services.running import Run
from gateway.services.surroundings import surround

_DEFECTS = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
    *(asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError, asyncpg.SyntaxOrAccessError),
)
"""What fails again however often it is tried; all else, such as a lost connection, passes."""

BROKEN = Text(
    en="The gateway failed at this number; it is as it was. Retry the failed ones later; if it fails again, tell the "
    "operator the ids of number and bulk change.",
    ru="Сбой шлюза на этом номере; номер остался как был. Повторите неудавшиеся позже; если не получится, сообщите "
    "оператору идентификаторы номера и массового изменения.",
)
PRICE_CHANGED = Text(en="The price is no longer the one of the plan.", ru="Цена уже не та, что в плане.")
DRIFTED = Text(en="The number was changed after the plan was made.", ru="Номер изменился после составления плана.")
RETRY_IT = Text(
    en="Plan it anew with bulkChangeRetry when the change has ended, and look at the new price.",
    ru="Когда изменение завершится, составьте новый план через bulkChangeRetry и проверьте новую цену.",
)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Chunk:
    """Items that one transaction has claimed, in batches that statements take, and the orders that it places."""

    session: AsyncSession
    author: Principal
    change: Row
    catalogue: Catalogue
    moment: datetime
    bss: Bss | None
    placed: list[Placed] = field(default_factory=list)

    async def attempt(self, batches: Sequence[Sequence[Row]]) -> bool:
        """Ends these items; False when a fault of ours keeps it from that: then nothing of it is done."""
        try:
            async with self.session.begin_nested():
                placed = await self._do(batches)
        except _DEFECTS:
            log.exception("bulk.defect", bulk_change_id=self.change["id"], item_count=sum(map(len, batches)))
            return False
        self.placed += placed
        return True

    async def fail(self, batches: Sequence[Sequence[Row]]) -> None:
        """Ends items that the gateway can't do."""
        error = keep(Refusal(ErrorCode.INTERNAL, BROKEN()))
        for items in batches:
            ends = [End(item["number_id"], BulkItemState.FAILED, error) for item in items]
            await end_items(self._within, self.change["company_id"], self.change["id"], ends, self.moment)

    async def _do(self, batches: Sequence[Sequence[Row]]) -> list[Placed]:
        within, change, moment = self._within, self.change, self.moment
        ended = [await _ends(within, self.author, change, items, self.catalogue, moment, self.bss) for items in batches]
        if change["on_error"] == BulkErrorPolicy.REJECT_ALL and any(end.refusal for ends in ended for end in ends):
            ended = [[end if end.refusal else _End(end.item, skipped=True) for end in ends] for ends in ended]
        placed: list[Placed] = []
        for ends in ended:
            await end_items(within, change["company_id"], change["id"], [end.row(moment) for end in ends], moment)
            placed += await _place(within, change, [end for end in ends if end.sent], moment)
            if steps := [each for end in ends if not end.sent for each in end.steps]:
                await carry_out(within, change["company_id"], _origin(change), moment, steps)
        return placed

    @property
    def _within(self) -> Run:
        return partial(run, self.session)


@dataclass(slots=True)
class _End:
    """How an item ends: refused, skipped, or with these steps, which `inverse` takes back; or it is sent for now."""

    item: Row
    refusal: Refusal | None = None
    skipped: bool = False
    sent: bool = False
    steps: Sequence[Step] = ()
    inverse: Sequence[Operation] = ()

    @property
    def sendable(self) -> bool:
        """Whether the operator's system has a part in it."""
        return any(each.entry.action in PROVISIONED for each in self.steps)

    def row(self, moment: datetime) -> End:
        """What becomes of the item."""
        number_id = self.item["number_id"]
        if self.refusal is not None:
            return End(number_id, BulkItemState.FAILED, keep(self.refusal))
        if self.skipped:
            return End(number_id, BulkItemState.SKIPPED)
        changed = self.steps and self.steps[0].before != self.steps[-1].after and not self.sent
        return End(
            number_id,
            BulkItemState.SENT if self.sent else BulkItemState.APPLIED,
            inverse=bulk_trials.dump(self.inverse) if self.steps else None,
            number_updated_at=moment if changed else None,
        )


async def _place(run: Run, change: Row, ends: Sequence[_End], moment: datetime) -> list[Placed]:
    if not ends:
        return []
    new = [NewOrder(steps=end.steps, bulk_change_id=change["id"]) for end in ends]
    return await orders.place(run, change["company_id"], _origin(change), moment, new)


async def _ends(
    run: Run,
    author: Principal,
    change: Row,
    items: Sequence[Row],
    catalogue: Catalogue,
    moment: datetime,
    bss: Bss | None,
) -> list[_End]:
    """What is to become of each item; its number is locked."""
    shared = bulk_trials.parse(change["operations"])
    own = {item["number_id"]: bulk_trials.parse(item["operations"]) for item in items if item["operations"]}
    loaded = await states.load(run, [change["company_id"]], [item["number_id"] for item in items], lock=True)
    every = [each for operations in own.values() for each in operations] or shared
    by_id = {state.id: state for state in await surround(run, author, loaded, every, moment)}
    ends = [
        _end(author, item, by_id[item["number_id"]], own.get(item["number_id"], shared), catalogue, moment)
        for item in items
    ]
    if bss is None:
        return ends
    waiting = await orders.waiting(run, change["company_id"], list(by_id))
    return [
        _End(end.item, orders.pending_change())
        if end.sendable and end.item["number_id"] in waiting
        else replace(end, sent=end.sendable)
        for end in ends
    ]


def _end(
    author: Principal,
    item: Row,
    state: NumberState,
    operations: Sequence[Operation],
    catalogue: Catalogue,
    moment: datetime,
) -> _End:
    checked, outcome = try_out(author, state, operations, catalogue, moment)
    planned = item["one_off_kopecks"], item["monthly_kopecks"]
    if outcome.refusals:
        return _End(item, outcome.refusals[0])
    if (outcome.one_off_kopecks, outcome.monthly_kopecks) != planned:
        return _End(item, Refusal(ErrorCode.PRICE_CHANGED, PRICE_CHANGED(), hint=RETRY_IT()))
    if state.updated_at != item["number_updated_at"]:
        return _End(item, Refusal(ErrorCode.PLAN_DRIFTED, DRIFTED(), hint=RETRY_IT()))
    steps = [
        step(each.before, each.operation, each.outcome, catalogue, bulk_change_id=item["bulk_change_id"])
        for each in checked
    ]
    return _End(item, steps=steps, inverse=inverses(checked, catalogue))


def _origin(change: Row) -> Origin:
    return Origin(
        ActorKind(change["actor_kind"]),
        change["actor_id"],
        change["actor_name"],
        Channel(change["channel"]),
        change["correlation_id"],
    )
