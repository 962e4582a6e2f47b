"""One step of a bulk change: found and locked, allowed, done in one transaction with its line in the journal."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any, TypeAlias

from sqlalchemy import func, select, update

from authz.actions import Action
from authz.principal import Principal
from authz.scope import Shape, holds, scope
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.rows import Row
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.bulk_changes import BulkChangeStatus
from gateway.operations import wording
from gateway.operations.blocks import bad_comment
from gateway.operations.obstacles import NOTHING_TO_DO
from gateway.services.batches import Values
from gateway.services.bulk_items import ID, ITEMS_OF_IT, NUMBERS_OF_IT, THIS_CHANGE
from gateway.services.bulk_journal import BulkStep, note
from gateway.services.idempotency import Answer, once
from gateway.services.journal import Origin
from gateway.services.numbers import ASK_FOR_ROLE
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

NO_CHANGE = Text(
    en="There is no such bulk change, or not for you.", ru="Такого массового изменения нет, или оно вам недоступно."
)
FORBIDDEN = Text(en="Your roles do not allow this: {what}", ru="Ваши роли не дают права: {what}")
BEYOND = Text(
    en="{count:,} of its numbers are beyond where your roles allow this: {what}",
    ru="Номеров, для которых ваши роли не дают права: {count:,}. {what}",
)
NOT_NOW = Text(
    en="This can't be done to a bulk change in this state: {status}.",
    ru="Этого нельзя сделать с массовым изменением в таком состоянии: {status}.",
)
POSSIBLE = Text(en="It can be done in: {statuses}.", ru="Это можно сделать, когда оно: {statuses}.")
ALREADY = Text(en="The bulk change is so already: {status}.", ru="Массовое изменение уже в этом состоянии: {status}.")
RUNS_ALREADY = Text(en="The change is running already.", ru="Изменение уже выполняется.")
FOLLOW_IT = Text(en="Its progress tells how far it is.", ru="Как далеко оно продвинулось, показывает progress.")

STATUSES = {
    BulkChangeStatus.PLANNING: Text(en="the plan is being made", ru="составляется план"),
    BulkChangeStatus.PLANNED: Text(en="planned", ru="спланировано"),
    BulkChangeStatus.AWAITING_APPROVAL: Text(en="it waits for a second person", ru="ждёт решения второго лица"),
    BulkChangeStatus.REJECTED: Text(en="rejected", ru="отклонено"),
    BulkChangeStatus.SCHEDULED: Text(en="scheduled", ru="ждёт назначенного времени"),
    BulkChangeStatus.RUNNING: Text(en="running", ru="выполняется"),
    BulkChangeStatus.PAUSED: Text(en="paused", ru="приостановлено"),
    BulkChangeStatus.CANCELLING: Text(en="it is being stopped", ru="прекращается"),
    BulkChangeStatus.CANCELLED: Text(en="cancelled", ru="прекращено"),
    BulkChangeStatus.FINISHED: Text(en="finished", ru="завершено"),
    BulkChangeStatus.FAILED: Text(en="it could not be planned", ru="план составить не удалось"),
}
"""States in words."""

_CHANGES, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_NUMBERS = metadata.tables["numbers"]
Act: TypeAlias = Callable[[Run, Row, datetime], Awaitable[BulkChangeStatus]]
"""What a step does to a change, inside its transaction; it gives the state that the change has then."""


async def find_change(run: Run, principal: Principal, change_id: int, action: Action) -> Row:
    """A bulk change that the caller sees and may do that to, locked until the transaction ends.

    Raises `Refusal` NOT_FOUND or FORBIDDEN.
    """
    seen = scope(principal, Action.BULK_CHANGE_READ)
    found = await run(_lock(seen.shape), change_id=change_id, **seen.params)
    if not found:
        raise Refusal(ErrorCode.NOT_FOUND, NO_CHANGE(), ("id",))
    if not holds(principal, action, found[0]["company_id"], found[0]["department_id"]):
        hint = ASK_FOR_ROLE(action=action.value)
        raise Refusal(ErrorCode.FORBIDDEN, FORBIDDEN(what=action.description), ("id",), hint=hint)
    return found[0]


def not_now(change: Row, *expected: BulkChangeStatus) -> Refusal:
    """Why something that takes one of these states can't be done to a bulk change in its state."""
    message = NOT_NOW(status=STATUSES[BulkChangeStatus(change["status"])])
    hint = POSSIBLE(statuses=wording.listed([STATUSES[each] for each in expected]))
    return Refusal(ErrorCode.CONFLICT, message, ("id",), hint=hint)


def check_comment(comment: str | None) -> None:
    """Raises `Refusal` TOO_LARGE for one that is too long, INVALID for one that can't be kept."""
    for refusal in bad_comment(comment, ("comment",)):
        raise refusal


async def take_step(
    db: Database,
    principal: Principal,
    change_id: int,
    action: Action,
    step: BulkStep,
    act: Act,
    request: Mapping[str, Any],
    origin: Origin,
    idempotency_key: str | None,
) -> None:
    """One step in one transaction, with its line in the journal; a repeated key does nothing again."""
    comment = request.get("comment")
    check_comment(comment)
    async with db.transaction(Tenant(principal.companies)) as session:
        within, moment = partial(run, session), datetime.now(UTC)
        change = await find_change(within, principal, change_id, action)

        async def once_only() -> Answer:
            becomes = await act(within, change, moment)
            await note(
                within,
                change["company_id"],
                change_id,
                origin,
                moment,
                step,
                before={"status": change["status"]},
                after={"status": becomes.value},
                comment=comment,
            )
            return {}

        asked = {step.value: change_id, **request}
        await once(
            within,
            idempotency_key,
            once_only,
            company_id=change["company_id"],
            origin=origin,
            request=asked,
            moment=moment,
        )


def require_status(change: Row, *expected: BulkChangeStatus, becomes: BulkChangeStatus) -> None:
    stopping = becomes is BulkChangeStatus.CANCELLED and change["status"] == BulkChangeStatus.CANCELLING
    if change["status"] == becomes or stopping:
        runs = becomes is BulkChangeStatus.RUNNING
        message = RUNS_ALREADY() if runs else ALREADY(status=STATUSES[BulkChangeStatus(change["status"])])
        raise Refusal(ErrorCode.ALREADY_DONE, message, ("id",), hint=FOLLOW_IT() if runs else NOTHING_TO_DO())
    if change["status"] not in expected:
        raise not_now(change, *expected)


async def require_reach(run: Run, principal: Principal, change: Row, action: Action) -> None:
    held = scope(principal, action)
    place = {"company_id": change["company_id"], "change_id": change["id"]}
    if count := (await run(_beyond(held.shape), **place, **held.params))[0]["count"]:
        message, hint = BEYOND(count=count, what=action.description), ASK_FOR_ROLE(action=action.value)
        raise Refusal(ErrorCode.FORBIDDEN, message, ("id",), hint=hint)


async def set_values(run: Run, change: Row, **values: object) -> None:
    given = Values(_CHANGES, tuple(values))
    place = {"company_id": change["company_id"], "change_id": change["id"]}
    await run(_update(given.columns), **place, **given.parameters(values))


@cache
def _lock(shape: Shape) -> Statement:
    seen = shape.where(_CHANGES.c.company_id, _CHANGES.c.department_id)
    return Statement(select(_CHANGES).where(_CHANGES.c.id == ID, seen).with_for_update(key_share=True))


@cache
def _beyond(shape: Shape) -> Statement:
    """How many of its numbers are out of a scope."""
    inside = shape.where(_NUMBERS.c.company_id, _NUMBERS.c.department_id)
    count = select(func.count().label("count")).join_from(_ITEMS, _NUMBERS, NUMBERS_OF_IT)
    return Statement(count.where(ITEMS_OF_IT, inside.is_not(True)))


@lru_cache(maxsize=20)
def _update(names: tuple[str, ...]) -> Statement:
    return Statement(update(_CHANGES).where(THIS_CHANGE).values(Values(_CHANGES, names).binds))
