"""Planning bulk changes, and what is done with them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode
from gateway.kit.texts import Text
from gateway.loaders.bulk_changes import BULK_CHANGES
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.services import bulk_changes, bulk_steps
from gateway.services.bulk_changes import POINTS_PER_NUMBER
from gateway.services.bulk_targets import Target
from gateway.services.bulk_thresholds import set_threshold
from schema.bulk_changes import ApprovalThreshold, BulkChange
from schema.context import Context
from schema.inputs import given
from schema.money import kopecks
from schema.number_change_inputs import SAY_NULL, NumberChangeInput, operation_of
from schema.number_pages import NumberFilter
from schema.user_errors import UserError, attempt, payload

NO_TARGET = Text(en="Name the numbers.", ru="Укажите номера.")
NO_SEGMENTS = Text(
    en="There are no saved segments yet. Use a filter.", ru="Сохранённых сегментов пока нет. Используйте фильтр."
)


@strawberry.input(description="Which numbers a bulk change is for, frozen when planned.", one_of=True)
class NumberTarget:
    ids: list[strawberry.ID] | None = strawberry.field(description="Up to 10,000 global ids.", default=strawberry.UNSET)
    filter: NumberFilter | None = strawberry.field(description="A filter over the company.", default=strawberry.UNSET)
    segment_id: strawberry.ID | None = strawberry.field(description="A saved segment.", default=strawberry.UNSET)
    upload_id: strawberry.ID | None = strawberry.field(
        description="An uploaded CSV or XLSX list of phone numbers.", default=strawberry.UNSET
    )

    def meant(self) -> Target:
        """The target that services know. Raises `Refusal` at ("target", …)."""
        if (ids := given(self.ids)) is not None:
            return Target(ids=[decode(id, Kind.NUMBER, ("target", "ids")) for id in ids])
        if (narrowed := given(self.filter)) is not None:
            try:
                return Target(filter=narrowed.criteria())
            except Refusal as refusal:
                raise refusal.under("target") from None
        if (upload_id := given(self.upload_id)) is not None:
            return Target(upload_id=decode(upload_id, Kind.UPLOAD, ("target", "uploadId")))
        if given(self.segment_id) is not None:
            raise Refusal(ErrorCode.NOT_AVAILABLE, NO_SEGMENTS(), ("target", "segmentId"))
        raise Refusal(ErrorCode.REQUIRED, NO_TARGET(), ("target",))


@strawberry.input(description="A plan to make.")
class BulkChangePlanInput:
    company_id: strawberry.ID = strawberry.field(description="Whose numbers.")
    target: NumberTarget = strawberry.field(
        description=f"Which numbers. Each costs {POINTS_PER_NUMBER} points beside those of the request; estimateCost "
        "does not count them."
    )
    changes: list[NumberChangeInput] = strawberry.field(
        description="One to ten changes, done in this order to each number; what is so already is passed over."
    )
    on_error: BulkErrorPolicy = strawberry.field(
        description="What happens when some can't be done. REJECT_ALL is for at most 10,000 numbers.",
        default=BulkErrorPolicy.SKIP_FAILED,
    )
    comment: str | None = strawberry.field(
        description="For approvers and the journal. At most 1,000 characters.", default=strawberry.UNSET
    )
    idempotency_key: str | None = strawberry.field(
        description="Repeat safely, as for a single change.", default=strawberry.UNSET
    )


@strawberry.input(description="A step of a bulk change.")
class BulkChangeStepInput:
    id: strawberry.ID = strawberry.field(description="Which.")
    comment: str | None = strawberry.field(
        description="For the journal and the others. At most 1,000 characters.", default=strawberry.UNSET
    )
    idempotency_key: str | None = strawberry.field(description="Repeat safely.", default=strawberry.UNSET)


@strawberry.input(description="Applying a plan.")
class BulkChangeApplyInput:
    id: strawberry.ID = strawberry.field(description="Which.")
    plan_hash: str = strawberry.field(description="The plan's hash.")
    scheduled_at: datetime | None = strawberry.field(description="Not before then.", default=strawberry.UNSET)
    idempotency_key: str | None = strawberry.field(description="Repeat safely.", default=strawberry.UNSET)


@strawberry.input(description="Above what a company's bulk changes wait for a second person.")
class ApprovalThresholdInput:
    company_id: strawberry.ID = strawberry.field(description="Company.")
    number_count: int | None = strawberry.field(
        description="More numbers than these; with null, or without it beside `amount`, their count does not matter.",
        default=strawberry.UNSET,
    )
    amount: Decimal | None = strawberry.field(
        description="More roubles than these by which something gets dearer, one-off and monthly; what gets cheaper "
        "does not make up for it. With null, or without it beside `numberCount`, the price does not matter.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="Answer of every step of a bulk change.")
class BulkChangePayload:
    bulk_change: BulkChange | None = column("The bulk change as it is now.", PUBLIC)
    user_errors: list[UserError] = column("Why nothing was done.", PUBLIC)


@strawberry.type(description="Answer.")
class ApprovalThresholdPayload:
    approval_threshold: ApprovalThreshold | None = column("What is set now; null for no limit at all.", PUBLIC)
    user_errors: list[UserError] = column("Why not.", PUBLIC)


async def _plan(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[BulkChangePlanInput, strawberry.argument(description="Which numbers, and what.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> int:
        return await bulk_changes.plan(
            context.db,
            context.caller,
            decode(input.company_id, Kind.COMPANY, ("companyId",)),
            input.target.meant(),
            [operation_of(change, "changes", str(place)) for place, change in enumerate(input.changes)],
            catalogue=context.catalogue,
            on_error=input.on_error,
            origin=context.author,
            budget=context.budget,
            comment=given(input.comment),
            idempotency_key=given(input.idempotency_key),
        )

    return await _payload(info, act())


async def _apply(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[BulkChangeApplyInput, strawberry.argument(description="Which plan, and when.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> int:
        change_id = decode(input.id, Kind.BULK_CHANGE, ("id",))
        await bulk_steps.apply(
            context.db,
            context.caller,
            change_id,
            input.plan_hash,
            catalogue=context.catalogue,
            session_id=context.session_id,
            origin=context.author,
            scheduled_at=given(input.scheduled_at),
            idempotency_key=given(input.idempotency_key),
        )
        return change_id

    return await _payload(info, act())


Step: TypeAlias = Callable[..., Awaitable[int | None]]


def _step(service: Step, *, proven: bool = False, plans: bool = False) -> Any:
    """The resolver of a step, which answers with the change, or with the new one that the service gives.

    `proven` steps ask for a fresh proof of who is there; those that `plans` are paid for by their numbers.
    """

    async def resolve(
        rows: Sequence[None],
        info: Info[Context],
        *,
        input: Annotated[BulkChangeStepInput, strawberry.argument(description="Which bulk change.")],
    ) -> Sequence[Row]:
        context = info.context

        async def act() -> int:
            change_id = decode(input.id, Kind.BULK_CHANGE, ("id",))
            new_id = await service(
                context.db,
                context.caller,
                change_id,
                origin=context.author,
                comment=given(input.comment),
                idempotency_key=given(input.idempotency_key),
                **({"session_id": context.session_id} if proven else {}),
                **({"budget": context.budget} if plans else {}),
            )
            return new_id or change_id

        return await _payload(info, act())

    return resolve


async def _set_threshold(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[ApprovalThresholdInput, strawberry.argument(description="Which company, and above what.")],
) -> Sequence[Row]:
    context = info.context

    async def act() -> Row | None:
        if all(value is strawberry.UNSET for value in (input.number_count, input.amount)):
            raise Refusal(ErrorCode.REQUIRED, SAY_NULL(), ("numberCount",))
        return await set_threshold(
            context.db,
            context.caller,
            decode(input.company_id, Kind.COMPANY, ("companyId",)),
            given(input.number_count),
            kopecks(input.amount, "amount"),
            session_id=context.session_id,
            origin=context.author,
        )

    return await payload(info, "approval_threshold", act())


async def _payload(info: Info[Context], act: Awaitable[int]) -> Sequence[Row]:
    change_id, user_errors = await attempt(info, act)
    columns = info.selection.at("bulkChange").columns
    [change] = await info.context.read.rows(BULK_CHANGES, [change_id], columns)
    return [{"bulk_change": change, "user_errors": user_errors}]


@strawberry.type
class BulkChangeMutation:
    bulk_change_plan: BulkChangePayload = batched(
        _plan, "Plan a bulk change: nothing is changed yet.", Action.BULK_CHANGE_PLAN
    )
    bulk_change_apply: BulkChangePayload = batched(_apply, "Apply a plan, now or later.", Action.BULK_CHANGE_APPLY)
    bulk_change_approve: BulkChangePayload = batched(
        _step(bulk_steps.approve, proven=True), "Approve as the second person.", Action.BULK_CHANGE_APPROVE
    )
    bulk_change_reject: BulkChangePayload = batched(
        _step(bulk_steps.reject), "Refuse as the second person.", Action.BULK_CHANGE_APPROVE
    )
    bulk_change_pause: BulkChangePayload = batched(_step(bulk_steps.pause), "Hold.", Action.BULK_CHANGE_APPLY)
    bulk_change_resume: BulkChangePayload = batched(_step(bulk_steps.resume), "Go on.", Action.BULK_CHANGE_APPLY)
    bulk_change_cancel: BulkChangePayload = batched(
        _step(bulk_steps.cancel), "Stop; what is done stays.", Action.BULK_CHANGE_APPLY
    )
    bulk_change_retry: BulkChangePayload = batched(
        _step(bulk_changes.retry, plans=True),
        "Plan the failed items anew, and those that were not reached.",
        Action.BULK_CHANGE_PLAN,
    )
    bulk_change_undo: BulkChangePayload = batched(
        _step(bulk_changes.undo, plans=True), "Plan the reverse of a finished change.", Action.BULK_CHANGE_PLAN
    )
    approval_threshold_set: ApprovalThresholdPayload = batched(
        _set_threshold,
        "Set above what bulk changes wait for a second person; plans that are made already stay as they are.",
        Action.APPROVAL_THRESHOLD_SET,
    )
