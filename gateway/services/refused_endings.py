"""What the operator's system refuses to end in time: told once, and asked for again after a pause that grows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, select

from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Described, excerpt
from gateway.models import metadata
from gateway.services import journal
from gateway.services.batches import Batch
from gateway.services.effects import Step
from gateway.services.journal import NewEntry, Origin
from gateway.services.running import Run
from gateway.statements import Statement
from gateway.telemetry.metrics import REFUSED_ENDINGS

log = structlog.get_logger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
LONGEST_REASON = 300

_REFUSED = metadata.tables["refused_endings"]
_COMPANY = bindparam("company_id", type_=BigInteger)
_FIND = Statement(
    select(_REFUSED).where(
        _REFUSED.c.company_id == _COMPANY, _REFUSED.c.number_id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    )
)
_KEPT = Batch(_REFUSED, ("company_id", "number_id", "ending", "over_at", "tries", "due_at"))
_NEW = _KEPT.insert()
_KEEP = Statement(
    _NEW.on_conflict_do_update(
        index_elements=["company_id", "number_id", "ending"],
        set_={name: _NEW.excluded[name] for name in ("over_at", "tries", "due_at")},
    )
)
_ENDED = Batch(_REFUSED, ("number_id", "ending"))
_FORGET = Statement(
    delete(_REFUSED).where(
        _REFUSED.c.company_id == _COMPANY,
        _REFUSED.c.number_id == _ENDED.rows.c.number_id,
        _REFUSED.c.ending == _ENDED.rows.c.ending,
    )
)


class EndingStep(Described):
    """What is written down, with its line in words; none of it needs a role."""

    REFUSE = (
        "ending:refuse",
        "The operator's systems refused to end {ending}{reason}",
        "Системы оператора отказались завершить: {ending}{reason}",
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends by itself on a number, and when; `label` is what journals call it, by language.

    Its name is that of `find_endings` in the database: the action, and what of several it ends.
    """

    name: str
    over_at: datetime
    label: Mapping[str, str]


class Refused(NamedTuple):
    """An ending that was refused, the steps that were to do it, and what the operator said."""

    ending: Ending
    steps: Sequence[Step]
    reason: str


async def resting(
    run: Run, company_id: int, number_ids: Sequence[int], moment: datetime
) -> set[tuple[int, str, datetime]]:
    """What the operator is not to be asked for now: numbers, names of endings, and when those were to be."""
    rows = await run(_FIND, company_id=company_id, ids=list(number_ids))
    return {(row["number_id"], row["ending"], row["over_at"]) for row in rows if row["due_at"] > moment}


async def forget(run: Run, company_id: int, ended: Sequence[tuple[int, Ending]]) -> None:
    """Endings of numbers that the operator has done after all."""
    await run(_FORGET, company_id=company_id, **_ENDED.parameters([(id, each.name) for id, each in ended]))


async def keep(run: Run, company_id: int, origin: Origin, moment: datetime, refused: Sequence[Refused]) -> None:
    """Has these endings of locked numbers wait, and tells the company of those that were not refused before.

    It is the last thing in a transaction that can wait: see `journal.append`.
    """
    before = {
        (row["number_id"], row["ending"], row["over_at"]): row["tries"]
        for row in await run(_FIND, company_id=company_id, ids=[each.steps[0].before.id for each in refused])
    }
    rows, new = [], []
    for each in refused:
        number, ending, action = each.steps[0].before, each.ending, each.steps[0].entry.action
        tries = before.get((number.id, ending.name, ending.over_at), 0) + 1
        rows.append((company_id, number.id, ending.name, ending.over_at, tries, moment + _pause(tries)))
        REFUSED_ENDINGS.add(action)
        log.warning("ending.refused", company_id=company_id, number_id=number.id, ending=ending.name, tries=tries)
        if tries == 1:
            new.append(_entry(each))
    await run(_KEEP, **_KEPT.parameters(rows))
    if new:
        await journal.append(run, company_id, origin, moment, new)


def _entry(refused: Refused) -> NewEntry:
    number, asked = refused.steps[0].before, refused.steps[0].entry
    reason = excerpt(refused.reason, LONGEST_REASON)
    return NewEntry(
        action=EndingStep.REFUSE.value,
        subject=encode(Kind.NUMBER, number.id),
        number_id=number.id,
        details={
            **{name: value for name, value in (asked.details or {}).items() if name == "cause"},
            "refused": asked.action,
            "reason": reason,
            "names": {"ending": refused.ending.label, "reason": f": {reason}" if reason else ""},
        },
    )


def _pause(tries: int) -> timedelta:
    return min(SHORTEST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE)
