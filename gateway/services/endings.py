"""Blocks, forwardings and guarded promotions that end by themselves at a moment."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple, TypeAlias

from sqlalchemy import ARRAY, BigInteger, Integer, any_, bindparam, cast, func, select

from gateway.db import Database, run
from gateway.kit.phones import e164
from gateway.kit.texts import Message, Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.models.journal import ActorKind, Channel
from gateway.models.numbers import ForwardingCondition, NumberStatus
from gateway.operations import wording
from gateway.operations.blocks import Block, Unblock
from gateway.operations.catalogue import Catalogue
from gateway.operations.forwardings import CONDITIONS, ForwardingClear, ForwardingSet
from gateway.operations.operation import Operation
from gateway.operations.options import OptionDisconnect
from gateway.operations.state import NumberState
from gateway.ports.bss import Bss
from gateway.services import orders, refused_endings, states
from gateway.services.effects import Step, carry_out, step
from gateway.services.failures import Failures
from gateway.services.journal import Origin
from gateway.services.orders import NewOrder, Placed
from gateway.services.refused_endings import Ending
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

MOST = 500
"""Numbers of one call."""

BLOCK = Text(en="the block of {msisdn}", ru="блокировка номера {msisdn}")
FORWARDING = Text(
    en="the forwarding of calls of {msisdn}, {condition}", ru="переадресация вызовов номера {msisdn}, {condition}"
)
OPTION = Text(en="option “{option}” of {msisdn}", ru="опция «{option}» номера {msisdn}")

_Asked: TypeAlias = Mapping[tuple[int, str, str | None, datetime], int]
"""The line of the journal that asked for an end: by number, action, condition of a forwarding, and moment."""

_Over: TypeAlias = tuple[Ending, list[tuple[Operation, int | None]]]
"""Something that ends, by these operations, and the lines of the journal that asked for them; not all did by a line."""

BY_ITSELF = Origin(ActorKind.SYSTEM, None, "gateway", Channel.SYSTEM, None)

_found = func.find_endings(bindparam("moment", type_=MOMENT), bindparam("most", type_=Integer)).table_valued(
    "company_id", "number_id"
)
_FIND = Statement(select(_found.c.company_id, _found.c.number_id))
_LINES = metadata.tables["journal_entries"]
_condition = _LINES.c.details[("parameters", "condition")].astext
_until = cast(_LINES.c.details[("parameters", "until")].astext, MOMENT)
_ASKED = Statement(
    select(_LINES.c.number_id, _LINES.c.action, _condition, _until, func.max(_LINES.c.id))
    .where(
        _LINES.c.company_id == bindparam("company_id", type_=BigInteger),
        _LINES.c.number_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        _LINES.c.action.in_([Block.kind.value, ForwardingSet.kind.value]),
        _until <= bindparam("moment", type_=MOMENT),
    )
    .group_by(_LINES.c.number_id, _LINES.c.action, _condition, _until)
)


async def end_what_is_due(db: Database, *, catalogue: Catalogue, bss: Bss | None = None) -> int:
    """Ends blocks and forwardings whose time is over, and options that are not to turn paid; of how many numbers.

    For jobs: any number of workers may call it at once, since each number is looked at again under its lock. While the
    company is suspended its blocks stay, and end with the suspension. What the operator refuses is not counted, and is
    due again after a pause that grows. What goes wrong with a company is raised in an exception group, after all others
    have had theirs.
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
        loaded = await _free(within, company_id, number_ids)
        asked = await _asked(within, company_id, number_ids, moment)
        made = [[step for due in _due(state, catalogue, moment, asked) for step in due.steps] for state in loaded]
        if steps := [step for each in made for step in each]:
            await carry_out(within, company_id, BY_ITSELF, moment, steps)
    return sum(map(bool, made))


async def _place(
    db: Database, company_id: int, number_ids: Sequence[int], catalogue: Catalogue, moment: datetime
) -> list[Placed]:
    """Places orders, to be sent, each of which ends one thing that is due: so one that is refused keeps no other."""
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        loaded = await _free(within, company_id, number_ids)
        asked = await _asked(within, company_id, number_ids, moment)
        resting = await refused_endings.resting(within, company_id, number_ids, moment)
        due = (next(_due(state, catalogue, moment, asked, resting), None) for state in loaded)
        new = [NewOrder(steps=each.steps, ending=each.ending) for each in due if each is not None]
        return await orders.place(within, company_id, BY_ITSELF, moment, new) if new else []


async def _free(within: Run, company_id: int, number_ids: Sequence[int]) -> list[NumberState]:
    """The numbers that do not wait for the operator, locked until the transaction ends."""
    loaded = await states.load(within, [company_id], number_ids, lock=True)
    waiting = await orders.waiting(within, company_id, number_ids)
    return [state for state in loaded if state.id not in waiting]


async def _asked(within: Run, company_id: int, number_ids: Sequence[int], moment: datetime) -> _Asked:
    """The lines that asked for the ends of blocks and forwardings until now."""
    rows = await within(_ASKED, company_id=company_id, ids=number_ids, moment=moment)
    return {tuple(key): line for *key, line in rows}


class _Due(NamedTuple):
    """Something that is over, and the steps that end it."""

    ending: Ending
    steps: list[Step]


def _due(
    state: NumberState,
    catalogue: Catalogue,
    moment: datetime,
    asked: _Asked,
    resting: Collection[tuple[int, str, datetime]] = (),
) -> Iterator[_Due]:
    """What can end on a number now, one after another, but for what is resting."""
    for ending, operations in (*_over(state, asked), *_guarded(state, catalogue)):
        if ending.over_at > moment or (state.id, ending.name, ending.over_at) in resting:
            continue
        steps: list[Step] = []
        for operation, cause in operations:
            outcome = operation.check(state, catalogue, moment)
            if not outcome.refusals:
                steps.append(step(state, operation, outcome, catalogue, cause=cause))
                state = outcome.after
        if steps:
            yield _Due(ending, steps)


def _over(state: NumberState, asked: _Asked) -> Iterator[_Over]:
    """What ends a number's forwardings and its block, each with the line that asked for it."""
    for condition, forwarded in sorted(state.forwardings.items()):
        if forwarded.until is not None:
            label = FORWARDING(msisdn=e164(state.msisdn), condition=CONDITIONS[ForwardingCondition(condition)])
            ending = _ending(f"{ForwardingClear.kind.value} {condition}", forwarded.until, label)
            cause = asked.get((state.id, ForwardingSet.kind.value, condition, forwarded.until))
            yield ending, [(ForwardingClear(ForwardingCondition(condition)), cause)]
    if state.status == NumberStatus.BLOCKED and state.blocked_until is not None:
        ending = _ending(Unblock.kind.value, state.blocked_until, BLOCK(msisdn=e164(state.msisdn)))
        yield ending, [(Unblock(), asked.get((state.id, Block.kind.value, None, state.blocked_until)))]


def _guarded(state: NumberState, catalogue: Catalogue) -> Iterator[_Over]:
    """What disconnects guarded options, those that require them first, each with the line that asked for it."""
    for option_id, connected in sorted(state.options.items()):
        if connected.disconnects_at is not None:
            label = OPTION(option=catalogue.options[option_id].name, msisdn=e164(state.msisdn))
            ending = _ending(f"{OptionDisconnect.kind.value} {option_id}", connected.disconnects_at, label)
            gone = reversed(catalogue.with_dependents(option_id, state.options))
            yield ending, [(OptionDisconnect(option.id), connected.guard_journal_id) for option in gone]


def _ending(name: str, over_at: datetime, label: Message) -> Ending:
    return Ending(name, over_at, wording.in_both_languages(label))
