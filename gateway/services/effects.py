"""What is done to numbers, as rows and as lines of the journal."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.kit.ids import Kind, encode
from gateway.kit.phones import e164
from gateway.operations import registry
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Operation, Outcome
from gateway.operations.snapshots import difference
from gateway.operations.state import NumberState
from gateway.services import journal, states
from gateway.services.journal import NewEntry, Origin
from gateway.services.running import Run
from gateway.services.states import Changed


class Step(NamedTuple):
    """One operation on one number: the states before and after it, and what the journal says."""

    before: NumberState
    after: NumberState
    entry: NewEntry


def step(
    before: NumberState,
    operation: Operation,
    outcome: Outcome,
    catalogue: Catalogue,
    *,
    bulk_change_id: int | None = None,
    cause: int | None = None,
) -> Step:
    """An operation that was checked and is not refused; `cause` is the line of the journal that asked for it before."""
    old, new = difference(before, outcome.after)
    entry = NewEntry(
        action=operation.kind,
        subject=encode(Kind.NUMBER, before.id),
        number_id=before.id,
        bulk_change_id=bulk_change_id,
        before=old,
        after=new,
        details={
            "parameters": registry.parameters(operation),
            "oneOffKopecks": outcome.one_off_kopecks,
            "monthlyKopecks": outcome.monthly_kopecks,
            "names": {**operation.names(before, catalogue), "msisdn": e164(before.msisdn)},
            **({"cause": encode(Kind.JOURNAL_ENTRY, cause)} if cause else {}),
        },
    )
    return Step(before, outcome.after, entry)


async def carry_out(run: Run, company_id: int, origin: Origin, moment: datetime, steps: Sequence[Step]) -> list[int]:
    """Writes steps on numbers of one company, which the caller has locked, and gives the ids of their journal lines.

    Steps of one number follow each other. It is the last thing in a transaction that can wait: see `journal.append`.
    """
    changes: dict[int, Changed] = {}
    for before, after, _ in steps:
        first = changes[after.id].before if after.id in changes else before
        changes[after.id] = Changed(first, after)
    await states.save(run, list(changes.values()), moment)
    journal_ids = await journal.append(run, company_id, origin, moment, [each.entry for each in steps])
    await states.link(run, [Changed(each.before, each.after) for each in steps], journal_ids)
    return journal_ids
