"""What is done with a planned bulk change: applied, approved or rejected, paused, resumed, cancelled."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from authz.actions import Action
from authz.principal import Principal
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.phones import e164
from gateway.kit.rows import Row
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.bulk_changes import BulkChangeStatus, BulkErrorPolicy, BulkItemState
from gateway.models.journal import ActorKind
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import NOTHING_TO_DO, bad_end
from gateway.services.api_keys import known_to
from gateway.services.bulk_items import ENDED_COUNTS, ITEMS_OF_IT, NUMBERS_OF_IT
from gateway.services.bulk_journal import BulkStep
from gateway.services.bulk_runs import begin
from gateway.services.bulk_targets import MOST_NAMED, some_of
from gateway.services.bulk_transitions import (
    STATUSES,
    Act,
    require_reach,
    require_status,
    set_values,
    take_step,
)
from gateway.services.journal import Origin
from gateway.services.running import Run
from gateway.services.step_up import require_step_up
from gateway.statements import Statement

OTHER_HASH = Text(en="This is not the hash of the plan as it is now.", ru="Это не хеш плана в его нынешнем виде.")
READ_AGAIN = Text(
    en="Read the plan again and look at what it will do.", ru="Прочитайте план ещё раз и проверьте, что он сделает."
)
DRIFTED = Text(
    en="{count:,} of its numbers {count:was|were} changed after the plan was made: {some}",
    ru="После составления плана {count:изменился|изменились|изменились} {count:,} {count:номер|номера|номеров}: {some}",
)
OTHER_PRICES = Text(
    en="Prices or rules of the catalogue changed after the plan was made.",
    ru="После составления плана изменились цены или правила каталога.",
)
PLAN_ANEW = Text(
    en="Plan anew: bulkChangeCancel, then bulkChangeRetry with its id; or bulkChangePlan with what was asked for.",
    ru="Составьте план заново: bulkChangeCancel, затем bulkChangeRetry с тем же идентификатором; или bulkChangePlan с "
    "тем же запросом.",
)
ALL_OR_NONE = Text(
    en="All or none was asked for, and {count:,} {count:number is|numbers are} refused.",
    ru="Задано правило «все или ни один», а отказ по номерам: {count:,}.",
)
LEAVE_THEM_OUT = Text(
    en="Plan it without them, or with SKIP_FAILED.", ru="Составьте план без них или с правилом SKIP_FAILED."
)
NOTHING_TO_APPLY = Text(en="All of its numbers are refused.", ru="По всем номерам отказ.")
NO_APPROVAL = Text(en="No approval is needed.", ru="Согласование не нужно.")
APPROVED = Text(en="The plan is approved already.", ru="План уже согласован.")
APPLY_IT = Text(en="Apply the plan with bulkChangeApply.", ru="Примените план: bulkChangeApply.")
NOTHING_TO_HOLD = Text(
    en="All of its numbers are done; it is about to finish.", ru="Все его номера обработаны: оно сейчас завершится."
)
OWN_CHANGE = Text(
    en="Somebody other than its author has to decide.", ru="Решить должен кто-то другой, не автор изменения."
)
OWN_KEY = Text(
    en="A key planned this change, and you have had its secret.",
    ru="Изменение спланировано ключом, секрет которого вам известен.",
)
SOMEBODY_ELSE = Text(
    en="Ask an approver or an owner who has neither made nor renewed the secret of the key.",
    ru="Попросите согласующего или владельца, который не создавал этот ключ и не обновлял его секрет.",
)
A_PERSON = Text(en="A person has to decide, not a key.", ru="Решить должен человек, а не ключ.")

_OVER = (
    *(BulkChangeStatus.FINISHED, BulkChangeStatus.FAILED, BulkChangeStatus.REJECTED),
    *(BulkChangeStatus.CANCELLING, BulkChangeStatus.CANCELLED),
)
"""States in which nothing is left to be cancelled."""

_CHANGES, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_NUMBERS = metadata.tables["numbers"]
_DRIFTED = Statement(
    select(_ITEMS.c.msisdn, func.count().over().label("count"))
    .join_from(_ITEMS, _NUMBERS, NUMBERS_OF_IT)
    .where(
        ITEMS_OF_IT,
        _ITEMS.c.state == BulkItemState.PENDING.value,
        _NUMBERS.c.updated_at != _ITEMS.c.number_updated_at,
    )
    .order_by(_ITEMS.c.msisdn)
    .limit(MOST_NAMED)
)


async def apply(
    db: Database,
    principal: Principal,
    change_id: int,
    plan_hash: str,
    *,
    catalogue: Catalogue,
    session_id: int | None,
    origin: Origin,
    scheduled_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Lets workers begin with a plan, at once or at a moment to come.

    Raises `Refusal` STEP_UP_REQUIRED, NOT_FOUND for a change that the caller does not see, FORBIDDEN also when the
    caller may not apply one over every number of it, CONFLICT and ALREADY_DONE for its state, PLAN_DRIFTED when the
    plan is another one or no longer fits the numbers and prices, NOT_AVAILABLE when it would do nothing.
    """
    await require_step_up(db, principal, session_id)

    async def act(run: Run, change: Row, moment: datetime) -> BulkChangeStatus:
        require_status(change, BulkChangeStatus.PLANNED, becomes=BulkChangeStatus.RUNNING)
        await require_reach(run, principal, change, Action.BULK_CHANGE_APPLY)
        for refusal in bad_end(scheduled_at, moment, ("scheduledAt",)):
            raise refusal
        await _require_fresh(run, change, plan_hash, catalogue)
        if scheduled_at is None:
            await begin(run, change["company_id"], change_id, moment)
            return BulkChangeStatus.RUNNING
        await set_values(run, change, status=BulkChangeStatus.SCHEDULED, scheduled_at=scheduled_at)
        return BulkChangeStatus.SCHEDULED

    request = {"planHash": plan_hash, "scheduledAt": scheduled_at}
    await take_step(
        db, principal, change_id, Action.BULK_CHANGE_APPLY, BulkStep.APPLY, act, request, origin, idempotency_key
    )


async def approve(
    db: Database, principal: Principal, change_id: int, *, session_id: int | None, **options: Any
) -> None:
    """Lets a change that waits for a second person be applied. Options and refusals are those of `reject`."""
    await require_step_up(db, principal, session_id)
    await _decide(db, principal, change_id, BulkStep.APPROVE, BulkChangeStatus.PLANNED, **options)


async def reject(db: Database, principal: Principal, change_id: int, **options: Any) -> None:
    """Ends a change that waits for a second person.

    Options are `origin`, `comment` and `idempotency_key`. Raises `Refusal` NOT_FOUND, FORBIDDEN for the author, for
    whoever has had the secret of the key that is the author, for a key, and for whoever may not decide over every
    number of it, CONFLICT when it does not wait for a decision.
    """
    await _decide(db, principal, change_id, BulkStep.REJECT, BulkChangeStatus.REJECTED, **options)


async def pause(db: Database, principal: Principal, change_id: int, **options: Any) -> None:
    """Holds a change that runs or waits for its time: no new chunk begins. Options and refusals as for `cancel`.

    A chunk that is under way ends; a change with nothing left then is not held, but finished.
    """

    async def act(run: Run, change: Row, moment: datetime) -> BulkChangeStatus:
        require_status(change, BulkChangeStatus.RUNNING, BulkChangeStatus.SCHEDULED, becomes=BulkChangeStatus.PAUSED)
        if change["item_count"] == sum(change[name] for name in ENDED_COUNTS):
            raise Refusal(ErrorCode.CONFLICT, NOTHING_TO_HOLD(), ("id",), hint=NOTHING_TO_DO())
        await set_values(run, change, status=BulkChangeStatus.PAUSED)
        return BulkChangeStatus.PAUSED

    await _control(db, principal, change_id, BulkStep.PAUSE, act, **options)


async def resume(db: Database, principal: Principal, change_id: int, **options: Any) -> None:
    """Goes on with a change that is held. Options and refusals as for `cancel`."""

    async def act(run: Run, change: Row, moment: datetime) -> BulkChangeStatus:
        require_status(change, BulkChangeStatus.PAUSED, becomes=BulkChangeStatus.RUNNING)
        if change["started_at"] is None and change["scheduled_at"] > moment:
            await set_values(run, change, status=BulkChangeStatus.SCHEDULED)
            return BulkChangeStatus.SCHEDULED
        await begin(run, change["company_id"], change_id, moment)
        return BulkChangeStatus.RUNNING

    await _control(db, principal, change_id, BulkStep.RESUME, act, **options)


async def cancel(db: Database, principal: Principal, change_id: int, **options: Any) -> None:
    """Stops a change before its end, also one that was only planned; what is done stays.

    Options are `origin`, `comment` and `idempotency_key`. Raises `Refusal` NOT_FOUND, FORBIDDEN, CONFLICT for its
    state, ALREADY_DONE.
    """

    async def act(run: Run, change: Row, moment: datetime) -> BulkChangeStatus:
        require_status(change, *(each for each in STATUSES if each not in _OVER), becomes=BulkChangeStatus.CANCELLED)
        await set_values(run, change, status=BulkChangeStatus.CANCELLING)
        return BulkChangeStatus.CANCELLING

    await _control(db, principal, change_id, BulkStep.CANCEL, act, **options)


async def _control(
    db: Database,
    principal: Principal,
    change_id: int,
    step: BulkStep,
    act: Act,
    *,
    origin: Origin,
    comment: str | None = None,
    idempotency_key: str | None = None,
) -> None:
    async def within_reach(run: Run, change: Row, moment: datetime) -> BulkChangeStatus:
        await require_reach(run, principal, change, Action.BULK_CHANGE_APPLY)
        return await act(run, change, moment)

    request = {"comment": comment}
    await take_step(
        db, principal, change_id, Action.BULK_CHANGE_APPLY, step, within_reach, request, origin, idempotency_key
    )


async def _decide(
    db: Database,
    principal: Principal,
    change_id: int,
    step: BulkStep,
    becomes: BulkChangeStatus,
    *,
    origin: Origin,
    comment: str | None = None,
    idempotency_key: str | None = None,
) -> None:
    async def act(run: Run, change: Row, moment: datetime) -> BulkChangeStatus:
        if becomes is BulkChangeStatus.PLANNED and change["status"] == becomes:
            text = NO_APPROVAL if change["approval_reason"] is None else APPROVED
            raise Refusal(ErrorCode.ALREADY_DONE, text(), ("id",), hint=APPLY_IT())
        require_status(change, BulkChangeStatus.AWAITING_APPROVAL, becomes=becomes)
        if (origin.actor_kind, origin.actor_id) == (change["actor_kind"], change["actor_id"]):
            raise Refusal(ErrorCode.FORBIDDEN, OWN_CHANGE(), ("id",))
        if principal.kind == "api_key":
            raise Refusal(ErrorCode.FORBIDDEN, A_PERSON(), ("id",))
        if change["actor_kind"] == ActorKind.API_KEY and principal.id in await known_to(
            run, change["company_id"], change["actor_id"]
        ):
            raise Refusal(ErrorCode.FORBIDDEN, OWN_KEY(), ("id",), hint=SOMEBODY_ELSE())
        await require_reach(run, principal, change, Action.BULK_CHANGE_APPROVE)
        decision = {"decided_by_id": origin.actor_id, "decided_by_name": origin.actor_name, "decided_at": moment}
        await set_values(run, change, status=becomes, decision_comment=comment, **decision)
        return becomes

    request = {"comment": comment}
    await take_step(db, principal, change_id, Action.BULK_CHANGE_APPROVE, step, act, request, origin, idempotency_key)


async def _require_fresh(run: Run, change: Row, plan_hash: str, catalogue: Catalogue) -> None:
    """The plan must be the one that the caller has seen, fit the world, and do something."""
    refused, field = change["refused_count"], ("planHash",)
    if plan_hash != change["plan_hash"]:
        raise Refusal(ErrorCode.PLAN_DRIFTED, OTHER_HASH(), field, hint=READ_AGAIN())
    if refused == change["item_count"]:
        raise Refusal(ErrorCode.NOT_AVAILABLE, NOTHING_TO_APPLY(), ("id",))
    if refused and change["on_error"] == BulkErrorPolicy.REJECT_ALL:
        raise Refusal(ErrorCode.CONFLICT, ALL_OR_NONE(count=refused), ("id",), hint=LEAVE_THEM_OUT())
    if catalogue.fingerprint != change["catalogue_hash"]:
        raise Refusal(ErrorCode.PLAN_DRIFTED, OTHER_PRICES(), field, hint=PLAN_ANEW())
    if drifted := await run(_DRIFTED, company_id=change["company_id"], change_id=change["id"]):
        count, phones = drifted[0]["count"], [e164(row["msisdn"]) for row in drifted]
        message = DRIFTED(count=count, some=some_of(phones, count))
        raise Refusal(ErrorCode.PLAN_DRIFTED, message, field, hint=PLAN_ANEW())
