"""Asking for a bulk change: a new one, one more try at what an earlier one has left, or one that takes it back.

A worker plans it; nothing is changed before somebody applies the plan.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, BigInteger, String, all_, any_, bindparam, func, insert, literal, select

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.bulk_changes import BulkChangeStatus, BulkErrorPolicy
from gateway.operations import registry
from gateway.operations.blocks import NULL_CHARACTER
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Operation
from gateway.services import bulk_trials
from gateway.services.batches import Values
from gateway.services.budgets import Budget
from gateway.services.bulk_journal import BulkStep, note
from gateway.services.bulk_targets import MOST_IDS, Target, count_targets
from gateway.services.bulk_transitions import check_comment, find_change, not_now
from gateway.services.idempotency import Answer, once
from gateway.services.journal import Origin
from gateway.services.running import Run
from gateway.services.uploads import require_upload
from gateway.statements import Statement, Tenant

MOST_OPERATIONS = 10
MOST_OPEN, MOST_OF_ONE = 100, 40
"""Bulk changes that have not ended, of a company, and of one person or key of it, who so leave room for the others."""
POINTS_PER_NUMBER = 5
"""What planning costs its caller for each number of the target."""

NO_COMPANY = Text(
    en="There is no such company where you may plan bulk changes. Take the id from “companies”.",
    ru="Нет такой компании, где вам разрешены массовые изменения. Возьмите идентификатор из «companies».",
)
WRONG_COUNT = Text(
    en="A bulk change makes one to {most} changes of each number, not {count}.",
    ru="Массовое изменение делает с каждым номером от 1 до {most} изменений, а не {count}.",
)
TOO_MANY_IDS = Text(
    en="{count:,} ids are too many; at most {most:,} are taken. Use a filter or an uploaded list.",
    ru="{count:,} {count:идентификатор|идентификатора|идентификаторов} — слишком много, допустимо {most:,}. "
    "Используйте фильтр или загруженный список.",
)
TOO_MANY_OPEN = Text(
    en="{most} bulk changes of the company have not ended yet; no more can be planned.",
    ru="У компании уже {most} незавершённых массовых изменений; больше спланировать нельзя.",
)
TOO_MANY_OF_ONE = Text(
    en="{most} bulk changes of yours have not ended yet; no more can be planned.",
    ru="У вас уже {most} незавершённых массовых изменений; больше спланировать нельзя.",
)
END_SOME = Text(
    en="Apply, reject or cancel some of company.bulkChanges first. Who may apply them may cancel those of others too.",
    ru="Сначала примените, отклоните или прекратите некоторые из company.bulkChanges. Кому разрешён запуск, тот может "
    "прекратить и чужие.",
)
NOTHING_LEFT = Text(en="Everything in it was done.", ru="В нём всё выполнено.")
NOTHING_DONE = Text(en="Nothing in it was done.", ru="В нём ничего не выполнено.")

_CHANGES, _DEPARTMENTS = metadata.tables["bulk_changes"], metadata.tables["departments"]
_GIVEN = Values(
    _CHANGES,
    ("company_id", "department_id", "on_error", "comment", "target", "operations", "retry_of", "undo_of")
    + ("actor_kind", "actor_id", "actor_name", "channel", "correlation_id", "created_at"),
)
_INSERT = Statement(
    insert(_CHANGES).values(_GIVEN.binds).values(status=BulkChangeStatus.PLANNING.value).returning(_CHANGES.c.id)
)
_TOPMOST = Statement(
    select(_DEPARTMENTS.c.id)
    .where(
        _DEPARTMENTS.c.company_id == bindparam("company_id", type_=BigInteger),
        _DEPARTMENTS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    )
    .order_by(func.cardinality(_DEPARTMENTS.c.ancestor_ids), _DEPARTMENTS.c.id)
    .limit(1)
)
_ENDED = (BulkChangeStatus.FINISHED, BulkChangeStatus.CANCELLED)
_CLOSED = (*_ENDED, BulkChangeStatus.REJECTED, BulkChangeStatus.FAILED)
_AUTHOR = {name: bindparam(name, type_=_CHANGES.c[name].type) for name in ("actor_kind", "actor_id")}
_COUNT_OPEN = Statement(
    select(
        func.count().label("open"),
        func.count()
        .filter(*(_CHANGES.c[name].is_not_distinct_from(value) for name, value in _AUTHOR.items()))
        .label("of_author"),
    ).where(
        _CHANGES.c.company_id == bindparam("company_id", type_=BigInteger),
        _CHANGES.c.status != all_(literal([status.value for status in _CLOSED], ARRAY(String))),
    )
)


async def plan(
    db: Database,
    principal: Principal,
    company_id: int,
    target: Target,
    operations: Sequence[Operation],
    *,
    catalogue: Catalogue,
    on_error: BulkErrorPolicy,
    origin: Origin,
    budget: Budget | None = None,
    comment: str | None = None,
    idempotency_key: str | None = None,
) -> int:
    """Records what is asked for, to be planned by a worker, and gives the id of the bulk change.

    Raises `Refusal` with the names of the mutation's input: NOT_FOUND for a company where the caller may plan nowhere,
    or a file that is not the caller's; REQUIRED, TOO_LARGE and INVALID for what can't be asked for, TOO_LARGE also when
    as many changes are open as may be, of the company or of the caller. `Refusals` of what is wrong with the operations
    for whatever number. `GatewayError` RATE_LIMITED when the budget
    lacks the points for its numbers. A repeat by its idempotency key is neither checked nor paid for again.
    """
    if company_id not in scope(principal, Action.BULK_CHANGE_PLAN).anywhere.companies:
        raise Refusal(ErrorCode.NOT_FOUND, NO_COMPANY(), ("companyId",))
    if not 1 <= len(operations) <= MOST_OPERATIONS:
        code = ErrorCode.TOO_LARGE if operations else ErrorCode.REQUIRED
        raise Refusal(code, WRONG_COUNT(most=MOST_OPERATIONS, count=len(operations)), ("changes",))
    check_comment(comment)
    for place, operation in enumerate(operations):
        _require_text(registry.parameters(operation).values(), ("changes", str(place)))
    asked = {
        "on_error": on_error.value,
        "comment": comment,
        "target": target.dump(),
        "operations": bulk_trials.dump(operations),
    }
    async with db.transaction(Tenant((company_id,))) as session:
        within, moment = partial(run, session), datetime.now(UTC)

        async def act() -> Answer:
            _require_right(operations, catalogue, moment)
            await _check_target(db, principal, company_id, target)
            await _require_room(within, company_id, origin, "companyId", more=1)  # before it costs anything
            await _pay(budget, await count_targets(db, principal, company_id, target))
            department_id = await _standing(within, principal, company_id)
            change_id = await _record(within, company_id, origin, moment, {"department_id": department_id, **asked})
            await note(within, company_id, change_id, origin, moment, BulkStep.PLAN, comment=comment)
            await _require_room(within, company_id, origin, "companyId")
            return {"id": change_id}

        request = {"bulkChangePlan": company_id, **asked}
        answer = await once(
            within, idempotency_key, act, company_id=company_id, origin=origin, request=request, moment=moment
        )
    return int(answer["id"])


async def retry(db: Database, principal: Principal, change_id: int, **options: Any) -> int:
    """Asks for a new bulk change over the numbers that an ended one was not applied to; gives its id.

    Options and refusals are those of `undo`.
    """
    return await _follow(db, principal, change_id, BulkStep.RETRY, **options)


async def undo(db: Database, principal: Principal, change_id: int, **options: Any) -> int:
    """Asks for a new bulk change that takes back what an ended one has done; gives its id.

    Options are `origin`, `budget`, `comment` and `idempotency_key`. Raises `Refusal` NOT_FOUND for a change that the
    caller does not see, FORBIDDEN, CONFLICT while it has not ended, NOT_AVAILABLE when there is nothing to do, and what
    `plan` raises for a budget and for too many.
    """
    return await _follow(db, principal, change_id, BulkStep.UNDO, **options)


async def _follow(
    db: Database,
    principal: Principal,
    change_id: int,
    step: BulkStep,
    *,
    origin: Origin,
    budget: Budget | None = None,
    comment: str | None = None,
    idempotency_key: str | None = None,
) -> int:
    check_comment(comment)
    async with db.transaction(Tenant(principal.companies)) as session:
        within, moment = partial(run, session), datetime.now(UTC)
        earlier = await find_change(within, principal, change_id, Action.BULK_CHANGE_PLAN)
        company_id = earlier["company_id"]

        async def act() -> Answer:
            if earlier["status"] not in _ENDED:
                raise not_now(earlier, *_ENDED)
            left = earlier["item_count"] - earlier["applied_count"]
            count = left if step is BulkStep.RETRY else earlier["applied_count"]
            if not count:
                text = NOTHING_LEFT if step is BulkStep.RETRY else NOTHING_DONE
                raise Refusal(ErrorCode.NOT_AVAILABLE, text(), ("id",))
            await _require_room(within, company_id, origin, "id", more=1)  # before it costs anything
            await _pay(budget, count)
            asked = {
                "department_id": earlier["department_id"],
                "on_error": earlier["on_error"],
                "comment": comment,
                "operations": earlier["operations"] if step is BulkStep.RETRY else bulk_trials.dump(()),
                "retry_of": change_id if step is BulkStep.RETRY else None,
                "undo_of": earlier["undo_of"] if step is BulkStep.RETRY else change_id,
            }
            new_id = await _record(within, company_id, origin, moment, asked)
            names = {"earlier": encode(Kind.BULK_CHANGE, change_id)}
            await note(within, company_id, new_id, origin, moment, step, names=names, comment=comment)
            await _require_room(within, company_id, origin, "id")
            return {"id": new_id}

        request = {step.value: change_id, "comment": comment}
        answer = await once(
            within, idempotency_key, act, company_id=company_id, origin=origin, request=request, moment=moment
        )
    return int(answer["id"])


def _require_right(operations: Sequence[Operation], catalogue: Catalogue, moment: datetime) -> None:
    wrong = [
        refusal.under("changes", str(place))
        for place, operation in enumerate(operations)
        for refusal in operation.wrong(catalogue, moment)
    ]
    if wrong:
        raise Refusals(wrong)


async def _check_target(db: Database, principal: Principal, company_id: int, target: Target) -> None:
    if target.ids is not None and len(target.ids) > MOST_IDS:
        raise Refusal(ErrorCode.TOO_LARGE, TOO_MANY_IDS(count=len(target.ids), most=MOST_IDS), ("target", "ids"))
    try:
        if target.filter is not None:
            target.filter.conditions(principal)
            _require_text([target.filter.search], ("filter", "search"))
        if target.upload_id is not None:
            await require_upload(db, principal, company_id, target.upload_id)
    except Refusal as refusal:
        raise refusal.under("target") from None


def _require_text(values: Iterable[object], field: Sequence[str]) -> None:
    """What is asked for is kept before anybody checks it for a number, and no text with U+0000 can be."""
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise Refusal(ErrorCode.INVALID, NULL_CHARACTER(), field)


async def _pay(budget: Budget | None, count: int) -> None:
    if budget is not None:
        await budget.spend(min(POINTS_PER_NUMBER * count, budget.rate.burst))


async def _require_room(run: Run, company_id: int, origin: Origin, field: str, *, more: int = 0) -> None:
    """Whether there is room for the open changes of the company and of this author, and for so many more.

    To be asked again after the change is in the journal, whose lock has those who plan together counted one by one.
    """
    author = {"actor_kind": origin.actor_kind, "actor_id": origin.actor_id}
    (count,) = await run(_COUNT_OPEN, company_id=company_id, **author)
    for counted, most, text in (("of_author", MOST_OF_ONE, TOO_MANY_OF_ONE), ("open", MOST_OPEN, TOO_MANY_OPEN)):
        if count[counted] + more > most:
            raise Refusal(ErrorCode.TOO_LARGE, text(most=most), (field,), hint=END_SOME())


async def _standing(run: Run, principal: Principal, company_id: int) -> int | None:
    """Where a change of this author stands: so others of the company see no plans but of their own departments."""
    held = scope(principal, Action.BULK_CHANGE_PLAN)
    if company_id in held.companies:
        return None
    rows = await run(_TOPMOST, company_id=company_id, ids=list(held.departments))
    return int(rows[0]["id"])


async def _record(run: Run, company_id: int, origin: Origin, moment: datetime, asked: Mapping[str, Any]) -> int:
    values: dict[str, Any] = dict.fromkeys(_GIVEN.columns) | {
        "company_id": company_id,
        "created_at": moment,
        **asked,
        **asdict(origin),
    }
    return int((await run(_INSERT, **_GIVEN.parameters(values)))[0]["id"])
