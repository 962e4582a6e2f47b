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
from gateway.services.failures import Failures
from gateway.services.journal import Origin
from gateway.services.orders import NewOrder, Placed
from gateway.services.running import Run
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
    counted: so nobody asks again at once and without end. What goes wrong with a company is raised in an exception
    group, after all others have had theirs.
    """
    moment, ended, failures = datetime.now(UTC), 0, Failures()
    placed: list[Placed] = []
    due = await db.fetch(Tenant(), _FIND, moment=moment, most=MOST)
    for company_id, rows in groupby(due, key=lambda row: int(row["company_id"])):
        number_ids = [row["number_id"] for row in rows]
        with failures.kept(company_id):
            if bss is None:
                ended += await _end(db, company_id, number_ids, catalogue, moment)
            else:
                placed += await _place(db, company_id, number_ids, catalogue, moment)
    if bss is not None and placed:  # those of all companies at once: a silent operator is waited for once
        ended += await orders.send(db, bss, placed)
    failures.tell()
    return ended


async def _end(db: Database, company_id: int, number_ids: Sequence[int], catalogue: Catalogue, moment: datetime) -> int:
    """Ends what is due of a company; of how many numbers."""
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        due = await _due_steps(within, company_id, number_ids, catalogue, moment)
        if due:
            await carry_out(within, company_id, BY_ITSELF, moment, [each for made in due for each in made])
    return len(due)


async def _place(
    db: Database, company_id: int, number_ids: Sequence[int], catalogue: Catalogue, moment: datetime
) -> list[Placed]:
    """Places orders, to be sent, that end what is due of a company."""
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        due = await _due_steps(within, company_id, number_ids, catalogue, moment)
        new = [NewOrder(steps=made) for made in due]
        return await orders.place(within, company_id, BY_ITSELF, moment, new) if new else []


async def _due_steps(
    within: Run, company_id: int, number_ids: Sequence[int], catalogue: Catalogue, moment: datetime
) -> list[list[Step]]:
    """The steps of each number that has any, locked until the transaction ends."""
    loaded = await states.load(within, [company_id], number_ids, lock=True)
    waiting = await orders.waiting(within, company_id, number_ids)
    made = (_steps(state, catalogue, moment) for state in loaded if state.id not in waiting)
    return [steps for steps in made if steps]


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
