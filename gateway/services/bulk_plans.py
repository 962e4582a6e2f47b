"""Planning a bulk change: its numbers frozen, and what it would do to each of them, in one transaction."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import takewhile
from typing import Any

import asyncpg
import orjson
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from authz.actions import Action
from authz.principal import Principal
from authz.scope import holds
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.rows import Row
from gateway.kit.texts import Message, Text
from gateway.models import metadata
from gateway.models.bulk_changes import BulkChangeStatus, BulkErrorPolicy, BulkItemState
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Operation
from gateway.operations.state import NumberState
from gateway.operations.undo import stand, undo
from gateway.services import bulk_trials, states
from gateway.services.batches import Batch, Values
from gateway.services.bulk_items import ID, ITEMS_OF_IT, NUMBERS_OF_IT, THIS_CHANGE
from gateway.services.bulk_targets import Misses, Target, find_items, find_targets, read_list
from gateway.services.bulk_thresholds import why_approval
from gateway.services.bulk_trials import try_out
from gateway.services.kept_refusals import keep
from gateway.services.principals import load_actor
from gateway.services.running import Run
from gateway.services.surroundings import surround
from gateway.statements import Statement, Tenant

MOST_REJECTED_TOGETHER = 10_000
"""Numbers of a change that is done to all or to none: it is one transaction, and others wait for its locks."""

NO_NUMBERS = Text(
    en="The target holds no number, or none that you may see. Check its filter or list by company.numbers; plan anew.",
    ru="В отборе нет ни одного номера, или они вам недоступны. Проверьте фильтр или список по company.numbers и "
    "спланируйте заново.",
)
TOO_MANY = Text(
    en="{count:,} numbers are too many to be changed all or none; at most {most:,} are. Choose SKIP_FAILED, or narrow "
    "the target.",
    ru="{count:,} {count:номер|номера|номеров} — слишком много для правила «все или ни один», допустимо {most:,}. "
    "Выберите SKIP_FAILED или сузьте отбор.",
)
CHANGED_SINCE = Text(
    en="The number was changed by others since; its journal tells how.",
    ru="С тех пор номер меняли ещё раз; как именно, видно в его журнале.",
)
UNDO_YOURSELF = Text(en="Decide for this number by itself.", ru="Решите по этому номеру отдельно.")
GIVEN_UP = Text(
    en="The plan failed {tries} times through a fault of the gateway. Plan anew later, or narrow the target; if it "
    "fails again, tell the operator the id of the bulk change.",
    ru="План не удалось составить {tries} {tries:раз|раза|раз} из-за сбоя шлюза. Спланируйте заново позже или сузьте "
    "отбор; если не получится, сообщите оператору идентификатор массового изменения.",
)
TIMES = Text(en="{message} ({count:,} {count:number|numbers})", ru="{message} ({count:,} {count:номер|номера|номеров})")
MORE = Text(
    en="… and more of the kind, for {count:,} {count:number|numbers}.",
    ru="… и другие такие же: ещё {count:,} {count:номер|номера|номеров}.",
)

_MOST_NOTES, _MOST_MESSAGES = 50, 1_000

_CHANGES, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_NUMBERS, _DEPARTMENTS = metadata.tables["numbers"], metadata.tables["departments"]
_PLANNING = (THIS_CHANGE, _CHANGES.c.status == BulkChangeStatus.PLANNING.value)
# The row itself is left free, so that the change can be cancelled meanwhile.
_CLAIM = Statement(select(func.pg_try_advisory_xact_lock(func.hashtextextended("bulk plan", ID)).label("claimed")))
_FIND = Statement(select(_CHANGES).where(*_PLANNING))
_NEW_ITEMS = Batch(
    _ITEMS,
    ("company_id", "bulk_change_id", "number_id", "msisdn", "state", "one_off_kopecks", "monthly_kopecks", "error")
    + ("operations", "number_updated_at"),
)
_INSERT = Statement(_NEW_ITEMS.insert())
_PLANNED = Values(
    _CHANGES,
    ("status", "department_id", "planned_at", "plan_hash", "catalogue_hash", "item_count", "refused_count")
    + ("one_off_kopecks", "monthly_kopecks", "refused", "warnings", "irreversible", "approval_reason"),
)
_FAILED = Values(_CHANGES, ("status", "finished_at", "refused", "failure"))
# Unless somebody else has ended the planning: then they change no row.
_END, _FAIL = (
    Statement(update(_CHANGES).where(*_PLANNING).values(ended.binds).returning(_CHANGES.c.id))
    for ended in (_PLANNED, _FAILED)
)
_places = (
    select(_NUMBERS.c.company_id, _NUMBERS.c.department_id)
    .join(_ITEMS, NUMBERS_OF_IT)
    .where(ITEMS_OF_IT)
    .distinct()
    .subquery()
)
_PLACES = Statement(
    select(_DEPARTMENTS.c.ancestor_ids).join_from(
        _places,
        _DEPARTMENTS,
        (_DEPARTMENTS.c.company_id == _places.c.company_id) & (_DEPARTMENTS.c.id == _places.c.department_id),
        isouter=True,
    )
)


class _Overtaken(Exception):
    """It was cancelled meanwhile."""


async def make_plan(db: Database, company_id: int, change_id: int, *, catalogue: Catalogue) -> bool:
    """Plans a change that is PLANNING: PLANNED then, AWAITING_APPROVAL, or FAILED with the reason.

    False when there is nothing to do: somebody else is at it, or it was cancelled.
    """
    tenant, place = Tenant((company_id,)), {"company_id": company_id, "change_id": change_id}
    change = next(iter(await db.fetch(tenant, _FIND, **place)), None)
    if change is None:
        return False
    author = await load_actor(db, company_id, change["actor_kind"], change["actor_id"], change["actor_name"])
    plan = _Plan(change, catalogue)
    try:
        if change["target"] is not None:
            plan.target = Target.parse(change["target"])
            plan.phones = await read_list(db, company_id, plan.target, plan.misses)
        async with db.transaction(tenant) as session:
            within = partial(run, session)
            claimed = (await within(_CLAIM, change_id=change_id))[0]["claimed"]
            if not claimed or not await within(_FIND, **place):  # somebody else may have planned it meanwhile
                return False
            values = await _plan(session, author, plan)
            if not await within(_END, **place, **_PLANNED.parameters(values)):
                raise _Overtaken
    except _Overtaken:
        return False
    except (Refusal, InvalidValue) as error:
        refusal = error if isinstance(error, Refusal) else error.refusal("target", "uploadId")
        await _fail(db, company_id, change_id, refusal, plan.refused())
    return True


async def give_up(db: Database, company_id: int, change_id: int, tries: int) -> None:
    """Ends a change that could not be planned, so often it was tried: FAILED."""
    await _fail(db, company_id, change_id, Refusal(ErrorCode.INTERNAL, GIVEN_UP(tries=tries)), [])


async def _fail(
    db: Database, company_id: int, change_id: int, refusal: Refusal, refused: Sequence[Mapping[str, Any]]
) -> None:
    values = {"status": BulkChangeStatus.FAILED.value, "finished_at": datetime.now(UTC)}
    values |= {"refused": refused, "failure": keep(refusal)}
    place = {"company_id": company_id, "change_id": change_id}
    await db.fetch(Tenant((company_id,)), _FAIL, **place, **_FAILED.parameters(values))


async def _plan(session: AsyncSession, author: Principal, plan: "_Plan") -> Mapping[str, object]:
    within, change, catalogue = partial(run, session), plan.change, plan.catalogue
    async with aclosing(_found(session, author, plan)) as batches:
        async for found in batches:
            moment = datetime.now(UTC)
            numbers = {row["id"]: row for row in found}
            loaded = await states.load(within, [change["company_id"]], list(numbers))
            own = {id: bulk_trials.parse(row["operations"]) for id, row in numbers.items() if row["operations"]}
            earlier = {id: bulk_trials.parse(row["reversed"]) for id, row in numbers.items() if row["reversed"]}
            parsed = [*own.values(), *earlier.values()]
            every = [each for operations in parsed for each in operations] or plan.operations
            around = await surround(within, author, loaded, every, moment)
            by_id = {state.id: state for state in around}
            rows = [
                plan.add(author, by_id[id], own.get(id, ()), earlier.get(id, ()), row["changed_at"], moment)
                for id, row in numbers.items()
            ]
            await within(_INSERT, **_NEW_ITEMS.parameters(rows))
    plan.finish()
    reason = await why_approval(within, change["company_id"], plan.doable, plan.dearer_kopecks)
    return {
        "status": (BulkChangeStatus.AWAITING_APPROVAL if reason else BulkChangeStatus.PLANNED).value,
        "department_id": await _standing(within, author, change),
        "planned_at": datetime.now(UTC),
        "plan_hash": plan.hash.hexdigest(),
        "catalogue_hash": catalogue.fingerprint,
        "item_count": plan.count,
        "refused_count": plan.count - plan.doable,
        "one_off_kopecks": plan.one_off_kopecks,
        "monthly_kopecks": plan.monthly_kopecks,
        "refused": plan.refused(),
        "warnings": plan.warnings.kept(),
        "irreversible": plan.irreversible.kept(),
        "approval_reason": reason and wording.in_both_languages(reason),
    }


async def _standing(run: Run, author: Principal, change: Row) -> int | None:
    """The lowest department that holds all its numbers, where the author sees it; else it stays where it began."""
    rows = await run(_PLACES, company_id=change["company_id"], change_id=change["id"])
    levels = zip(*(row["ancestor_ids"] or [] for row in rows), strict=False)
    shared = [level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels)]
    if shared and holds(author, Action.BULK_CHANGE_READ, change["company_id"], shared[-1]):
        return int(shared[-1])
    return None if change["department_id"] is None else int(change["department_id"])


async def _found(session: AsyncSession, author: Principal, plan: "_Plan") -> AsyncGenerator[list[asyncpg.Record], None]:
    change, company_id = plan.change, plan.change["company_id"]
    if plan.target is not None:
        rows = find_targets(session, author, company_id, plan.target, plan.phones, plan.misses)
    else:
        earlier = change["retry_of"] or change["undo_of"]
        rows = find_items(session, author, company_id, earlier, applied=change["retry_of"] is None)
    async for batch in rows:
        yield batch


class _Notes:
    """Messages with how many numbers each is for."""

    def __init__(self) -> None:
        self._counts: Counter[Message] = Counter()
        self._others = 0

    def add(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message in self._counts or len(self._counts) < _MOST_MESSAGES:
                self._counts[message] += 1
            else:
                self._others += 1

    def kept(self) -> list[Mapping[str, str]]:
        """The most frequent ones, in both languages."""
        frequent = self._counts.most_common(_MOST_NOTES)
        notes = [TIMES(message=message, count=count) for message, count in frequent]
        if rest := self._counts.total() - sum(count for _, count in frequent) + self._others:
            notes.append(MORE(count=rest))
        return [wording.in_both_languages(note) for note in notes]


@dataclass
class _Plan:
    """Grows by one number after another; holds no list of them."""

    change: Row
    catalogue: Catalogue
    target: Target | None = None
    phones: Sequence[str] | None = None
    """Those of the list that the target names."""
    misses: Misses = field(default_factory=Misses)
    warnings: _Notes = field(default_factory=_Notes)
    irreversible: _Notes = field(default_factory=_Notes)
    count: int = 0
    doable: int = 0
    one_off_kopecks: int = 0
    monthly_kopecks: int = 0
    dearer_kopecks: int = 0
    """What the operations by which something gets dearer cost, once and a month; others do not make up for them."""

    def __post_init__(self) -> None:
        self.operations: Sequence[Operation] = bulk_trials.parse(self.change["operations"])
        self._refused: dict[str, Counter[Message]] = {}
        decides = [self.change["company_id"], self.change["operations"], self.change["on_error"]]
        self.hash = sha256(orjson.dumps([*decides, self.catalogue.fingerprint]))

    def add(
        self,
        author: Principal,
        state: NumberState,
        own: Sequence[Operation],
        earlier: Sequence[Operation],
        changed_at: datetime | None,
        moment: datetime,
    ) -> tuple[Any, ...]:
        """The row of one more item.

        An undo needs a number that nobody has changed since `changed_at`, but for taking back some of what was done
        to it `earlier` and leaving the rest.
        """
        trial = try_out(author, state, own or self.operations, self.catalogue, moment)
        outcome, refusal = trial.outcome, next(iter(trial.outcome.refusals), None)
        if refusal is None and changed_at not in (None, state.updated_at):
            moot = earlier and len(trial.checked) < len(own)
            if not (moot and stand(earlier, own, state, self.catalogue, moment)):
                refusal = Refusal(ErrorCode.CONFLICT, CHANGED_SINCE(), hint=UNDO_YOURSELF())
        one_off, monthly = (0, 0) if refusal else (outcome.one_off_kopecks, outcome.monthly_kopecks)
        self.count += 1
        if refusal is None:
            self.doable += 1
            self.one_off_kopecks += one_off
            self.monthly_kopecks += monthly
            outcomes = [checked.outcome for checked in trial.checked]
            self.dearer_kopecks += sum(max(0, each.one_off_kopecks) + max(0, each.monthly_kopecks) for each in outcomes)
            self.warnings.add(outcome.warnings)
            self.irreversible.add(undo(trial.checked, self.catalogue, moment).irreversible)
        else:
            self._refuse(refusal)
        operations = bulk_trials.dump(own) if own else None
        self.hash.update(
            orjson.dumps([state.id, state.updated_at, operations, one_off, monthly, refusal and refusal.code])
        )
        return (
            *(state.company_id, self.change["id"], state.id, state.msisdn),
            (BulkItemState.REFUSED if refusal else BulkItemState.PENDING).value,
            *(one_off, monthly, refusal and keep(refusal), operations),
            (refusal and changed_at) or state.updated_at,
        )

    def finish(self) -> None:
        """Raises `Refusal` when the change can't be planned."""
        if not self.count:
            raise Refusal(ErrorCode.NOT_FOUND, NO_NUMBERS(), ("target",))
        if self.change["on_error"] == BulkErrorPolicy.REJECT_ALL and self.count > MOST_REJECTED_TOGETHER:
            message = TOO_MANY(count=self.count, most=MOST_REJECTED_TOGETHER)
            raise Refusal(ErrorCode.TOO_LARGE, message, ("onError",))

    def refused(self) -> list[dict[str, Any]]:
        """Counts of what is left out or refused, by code, with the most frequent reason of each."""
        counts: list[tuple[str, Message, int]] = [
            (refusal.code, refusal.message, count) for refusal, count in self.misses.refusals()
        ]
        for code, messages in sorted(self._refused.items()):
            [(message, _)] = messages.most_common(1)
            counts.append((code, message, messages.total()))
        return [
            {"code": code, "message": wording.in_both_languages(message), "count": count}
            for code, message, count in counts
        ]

    def _refuse(self, refusal: Refusal) -> None:
        messages = self._refused.setdefault(refusal.code.value, Counter())
        if refusal.message in messages or len(messages) < _MOST_MESSAGES:
            messages[refusal.message] += 1
        else:
            messages[next(iter(messages))] += 1
