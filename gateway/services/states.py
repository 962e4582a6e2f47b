"""The state of numbers between rows and operations: any count of numbers by the same few statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select, update

from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.operations.state import NumberState
from gateway.services.batches import Batch
from gateway.services.number_settings import SETTINGS
from gateway.services.running import Run
from gateway.services.sims import end_sessions
from gateway.statements import Statement

_NUMBERS, _COMPANIES = metadata.tables["numbers"], metadata.tables["companies"]
_OPTIONS = metadata.tables["connected_options"]
_CHANGEABLE = (
    *("iccid", "sim_kind", "status", "block_reason", "blocked_until", "label", "employee_id", "department_id"),
    "tariff_id",
)

_SELECT = (
    select(
        *(_NUMBERS.c[name] for name in ("company_id", "id", "msisdn", "kind", *_CHANGEABLE, "updated_at")),
        _COMPANIES.c.region,
        _COMPANIES.c.time_zone,
        _COMPANIES.c.status.label("company_status"),
    )
    .join_from(_NUMBERS, _COMPANIES, _COMPANIES.c.id == _NUMBERS.c.company_id)
    .where(
        (_NUMBERS.c.company_id == any_(bindparam("companies", type_=ARRAY(BigInteger)))).is_(
            True
        ),  # filters, and leaves the index to the id
        _NUMBERS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    )
    .order_by(_NUMBERS.c.company_id, _NUMBERS.c.id)
)
_READ = Statement(_SELECT)
_LOCK = Statement(_SELECT.with_for_update(of=_NUMBERS, key_share=True))
_LINKED = Batch(_OPTIONS, ("company_id", "number_id", "option_id", "journal_id"))
_LINK, _LINK_GUARD = (
    Statement(
        update(_OPTIONS)
        .where(*(_OPTIONS.c[name] == _LINKED.rows.c[name] for name in ("company_id", "number_id", "option_id")))
        .values({column: _LINKED.rows.c.journal_id})
    )
    for column in ("journal_id", "guard_journal_id")
)


class Changed(NamedTuple):
    """A number before and after a change."""

    before: NumberState
    after: NumberState


async def load(run: Run, companies: Sequence[int], ids: Sequence[int], *, lock: bool = False) -> list[NumberState]:
    """The numbers of these companies among `ids`, in the order of the primary key; unknown ones are absent.

    With `lock` nobody else changes them, or what is set on them, before the transaction ends; all take their locks in
    that one order, so that nobody waits in a circle. What is set is read by later statements: the one that waited for a
    lock would show it as it was before.
    """
    numbers = await run(_LOCK if lock else _READ, companies=companies, ids=ids)
    attributes = [(setting.attribute, await setting.load(run, companies, ids)) for setting in SETTINGS]
    return [NumberState(**row, **{name: of(row["id"]) for name, of in attributes}) for row in numbers]


async def save(run: Run, changes: Sequence[Changed], moment: datetime) -> None:
    """Writes what differs; `moment` becomes the last change of each number where anything does.

    Sessions of the company's administrators that hang on a SIM card end with it.
    """
    alike: defaultdict[tuple[str, ...], list[NumberState]] = defaultdict(list)
    for before, after in changes:
        if before != after:
            alike[tuple(name for name in _CHANGEABLE if getattr(before, name) != getattr(after, name))].append(after)
    for names, states in alike.items():
        statement, batch = _update(names)
        rows = [[getattr(state, name) for name in batch.columns] for state in states]
        await run(statement, moment=moment, **batch.parameters(rows))
    for setting in SETTINGS:
        await setting.save(run, changes)
    if replaced := [(before.company_id, before.msisdn) for before, after in changes if before.iccid != after.iccid]:
        await end_sessions(run, replaced)


async def link(run: Run, changes: Sequence[Changed], journal_ids: Sequence[int]) -> None:
    """Tells each option that a change connected, or guards, which line of the journal, one for each change, did it."""
    for statement, new in ((_LINK, _connected), (_LINK_GUARD, _guarded)):
        rows = [
            (each.after.company_id, each.after.id, option_id, journal_id)
            for each, journal_id in zip(changes, journal_ids, strict=True)
            for option_id in new(each)
        ]
        if rows:
            await run(statement, **_LINKED.parameters(rows))


def _connected(changed: Changed) -> Iterable[int]:
    return changed.after.options.keys() - changed.before.options.keys()


def _guarded(changed: Changed) -> Iterable[int]:
    if changed.before.options is changed.after.options:
        return ()
    before, after = (
        {option_id for option_id, connected in state.options.items() if connected.disconnects_at} for state in changed
    )
    return after - before


@cache
def _update(names: tuple[str, ...]) -> tuple[Statement, Batch]:
    """Sets these columns. Only they are named: a trigger looks up names of employees where theirs is."""
    batch = Batch(_NUMBERS, ("company_id", "id", *names))
    rows = batch.rows.c
    values = {name: rows[name] for name in names} | {"updated_at": bindparam("moment", type_=MOMENT)}
    return Statement(
        update(_NUMBERS).where(_NUMBERS.c.company_id == rows.company_id, _NUMBERS.c.id == rows.id).values(values)
    ), batch
