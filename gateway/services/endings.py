"""Blocks, forwardings and guarded promotions that end by themselves at a moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby

from sqlalchemy import Integer, bindparam, func, select

from gateway.db import Database, run
from gateway.models.columns import MOMENT
from gateway.models.journal import ActorKind, Channel
from gateway.models.numbers import ForwardingCondition, NumberStatus
from gateway.operations.blocks import Unblock
from gateway.operations.catalogue import Catalogue, OptionItem
from gateway.operations.forwardings import ForwardingClear
from gateway.operations.operation import Operation
from gateway.operations.options import OptionDisconnect
from gateway.operations.state import NumberState
from gateway.ports.bss import Bss
from gateway.services import orders, states
from gateway.services.effects import Step, carry_out, step
from gateway.services.journal import Origin
from gateway.services.orders import NewOrder, Placed
from gateway.statements import Statement, Tenant

MOST = 500
"""Numbers of one call."""

BY_ITSELF = Origin(ActorKind.SYSTEM, None, "gateway", Channel.SYSTEM, None)

_due = func.find_endings(bindparam("moment", type_=MOMENT), bindparam("most", type_=Integer)).table_valued(
    "company_id", "number_id"
)
_FIND = Statement(select(_due.c.company_id, _due.c.number_id))


async def end_what_is_due(db: Database, *, catalogue: Catalogue, bss: Bss | None = None) -> int:
    """Ends blocks and forwardings whose time is over, and options that are not to turn paid; of how many numbers.

    For jobs: any number of workers may call it at once, since each number is looked at again under its lock. While the
    company is suspended its blocks stay, and end with the suspension. What the operator refuses stays due, and is not
    counted: so nobody asks again at once and without end.
    """
    moment, ended = datetime.now(UTC), 0
    due = await db.fetch(Tenant(), _FIND, moment=moment, most=MOST)
    for company_id, rows in groupby(due, key=lambda row: int(row["company_id"])):
        ended += await _end(db, company_id, [row["number_id"] for row in rows], catalogue, moment, bss)
    return ended


async def _end(
    db: Database,
    company_id: int,
    number_ids: Sequence[int],
    catalogue: Catalogue,
    moment: datetime,
    bss: Bss | None,
) -> int:
    steps: dict[int, list[Step]] = {}
    placed: list[Placed] = []
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        loaded = await states.load(within, [company_id], number_ids, lock=True)
        waiting = await orders.waiting(within, company_id, number_ids)
        for state in loaded:
            if state.id not in waiting and (made := _steps(state, catalogue, moment)):
                steps[state.id] = made
        if steps and bss is None:
            await carry_out(within, company_id, BY_ITSELF, moment, [each for made in steps.values() for each in made])
        elif steps:
            new = [NewOrder(steps=made) for made in steps.values()]
            placed = await orders.place(within, company_id, BY_ITSELF, moment, new)
    return await orders.send(db, bss, placed) if bss and placed else len(steps)


def _steps(state: NumberState, catalogue: Catalogue, moment: datetime) -> list[Step]:
    steps: list[Step] = []
    for operation, cause in (*_over(state, moment), *_guarded(state, catalogue, moment)):
        outcome = operation.check(state, catalogue, moment)
        if not outcome.refusals:
            steps.append(step(state, operation, outcome, catalogue, cause=cause))
            state = outcome.after
    return steps


def _over(state: NumberState, moment: datetime) -> Iterator[tuple[Operation, None]]:
    """What ends a number's settings whose time is over."""
    for condition, forwarded in sorted(state.forwardings.items()):
        if forwarded.until is not None and forwarded.until <= moment:
            yield ForwardingClear(ForwardingCondition(condition)), None
    if state.status == NumberStatus.BLOCKED and state.blocked_until is not None and state.blocked_until <= moment:
        yield Unblock(), None


def _guarded(
    state: NumberState, catalogue: Catalogue, moment: datetime
) -> Iterator[tuple[OptionDisconnect, int | None]]:
    """What disconnects guarded options, those that require them first, each with the line that asked for it."""
    gone: set[OptionItem] = set()
    for option_id, connected in sorted(state.options.items()):
        if connected.disconnects_at is not None and connected.disconnects_at <= moment:
            for option in reversed(catalogue.with_dependents(option_id, state.options)):
                if option not in gone:
                    gone.add(option)
                    yield OptionDisconnect(option.id), connected.guard_journal_id
