"""Changes of one number: their price beforehand, and the changes themselves."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.errors import Refusal
from gateway.kit.ids import Kind, decode
from gateway.loaders.changes import CHANGES
from gateway.loaders.journal import JOURNAL
from gateway.loaders.numbers import NUMBERS
from gateway.models.changes import NumberChangeStatus
from gateway.operations.operation import Operation
from gateway.services import numbers
from gateway.services.numbers import Done
from schema.context import Context
from schema.inputs import REPEAT_SAFELY, given, idempotency_key
from schema.journal import JournalEntry
from schema.money import Money, kopecks, money
from schema.node import Node, global_id, register
from schema.number_change_inputs import NumberChangeInput, OptionRefInput, TariffRefInput, operation_of
from schema.numbers import Number
from schema.references import by_column, by_id
from schema.user_errors import UserError, UserErrorRow, attempt, kept_error, kept_errors, user_error

IdempotencyKey: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description=REPEAT_SAFELY),
]
NumberId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="Which number.")]
OptionId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="Global id of the option.")]
TariffId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="Global id of the tariff.")]


@strawberry.type(description="What a change would do.")
class ChangePreview:
    one_off: Money = money("one_off_kopecks", "Taken at once.", PUBLIC)
    monthly: Money = money("monthly_kopecks", "Difference of an average month.", PUBLIC)
    user_errors: list[UserError] = column("Refusals; empty when it can be done.", PUBLIC)
    warnings: list[str] = column(
        "What one should know before: lost options, the end of a promotion, an old price that does not come back.",
        PUBLIC,
    )


@strawberry.type(description="A change of one number.")
class NumberChange(Node):
    id: strawberry.ID = global_id(Kind.NUMBER_CHANGE, Action.NUMBER_READ)
    number: Number = batched(by_column(NUMBERS, "number_id"), "The number.", Action.NUMBER_READ, needs=("number_id",))
    status: NumberChangeStatus = column("State.", Action.NUMBER_READ)
    one_off: Money = money("one_off_kopecks", "What was taken at once.", Action.NUMBER_READ)
    monthly: Money = money("monthly_kopecks", "Difference of an average month.", Action.NUMBER_READ)
    error: UserError | None = batched(kept_errors("error"), "Why it failed.", Action.NUMBER_READ, needs=("error",))
    journal_entry: JournalEntry | None = batched(
        by_column(JOURNAL, "journal_id"), "Its line in the journal.", Action.JOURNAL_READ, needs=("journal_id",)
    )


@strawberry.type(description="Answer of every change of one number.")
class NumberChangePayload:
    number: Number | None = column("The number as it is now.", PUBLIC)
    change: NumberChange | None = column("The change.", PUBLIC)
    user_errors: list[UserError] = column("Why nothing was done.", PUBLIC)


@strawberry.input(description="A change of one number by name.")
class NumberChangeApplyInput:
    number_id: strawberry.ID = strawberry.field(description="Which number.")
    change: NumberChangeInput = strawberry.field(description="What.")
    expected_one_off: Decimal | None = strawberry.field(
        description="Refuse with PRICE_CHANGED when the one-off price differs.", default=strawberry.UNSET
    )
    expected_monthly: Decimal | None = strawberry.field(
        description="Refuse with PRICE_CHANGED when the monthly difference differs.", default=strawberry.UNSET
    )
    idempotency_key: str | None = idempotency_key()


async def _preview(
    rows: Sequence[None],
    info: Info[Context],
    *,
    number_id: NumberId,
    change: Annotated[NumberChangeInput, strawberry.argument(description="What would be changed.")],
) -> Sequence[Row]:
    context = info.context
    number = decode(number_id, Kind.NUMBER, ("numberId",))
    try:
        operation = operation_of(change, "change")
    except Refusal as refusal:
        wrong = user_error(refusal, context.language)
        return [{"one_off_kopecks": 0, "monthly_kopecks": 0, "user_errors": [wrong], "warnings": []}]
    outcome = await numbers.preview(context.db, context.caller, number, operation, catalogue=context.catalogue)
    return [
        {
            "one_off_kopecks": outcome.one_off_kopecks,
            "monthly_kopecks": outcome.monthly_kopecks,
            "user_errors": [user_error(refusal, context.language) for refusal in outcome.refusals],
            "warnings": [warning.render(context.language) for warning in outcome.warnings],
        }
    ]


async def _number_change(
    rows: Sequence[None],
    info: Info[Context],
    *,
    input: Annotated[NumberChangeApplyInput, strawberry.argument(description="The number and its change.")],
) -> Sequence[Row]:
    async def act() -> Done:
        return await _apply(
            info,
            decode(input.number_id, Kind.NUMBER, ("numberId",)),
            operation_of(input.change, "change"),
            given(input.idempotency_key),
            expected_one_off=kopecks(input.expected_one_off, "expectedOneOff"),
            expected_monthly=kopecks(input.expected_monthly, "expectedMonthly"),
        )

    return await _payload(info, *await attempt(info, act()))


def _of_option(change: Callable[[OptionRefInput], NumberChangeInput]) -> Any:
    """The resolver of a change that names an option and nothing else."""

    async def resolve(
        rows: Sequence[None],
        info: Info[Context],
        *,
        number_id: NumberId,
        option_id: OptionId,
        idempotency_key: IdempotencyKey = None,
    ) -> Sequence[Row]:
        return await _by_name(info, number_id, change(OptionRefInput(option_id=option_id)), idempotency_key)

    return resolve


async def _tariff_change(
    rows: Sequence[None],
    info: Info[Context],
    *,
    number_id: NumberId,
    tariff_id: TariffId,
    idempotency_key: IdempotencyKey = None,
) -> Sequence[Row]:
    change = NumberChangeInput(tariff_change=TariffRefInput(tariff_id=tariff_id))
    return await _by_name(info, number_id, change, idempotency_key)


async def _by_name(
    info: Info[Context], number_id: strawberry.ID, change: NumberChangeInput, idempotency_key: str | None
) -> Sequence[Row]:
    """The mutations whose arguments stand side by side: fields of refusals are the last names of their paths."""

    async def act() -> Done:
        number = decode(number_id, Kind.NUMBER, ("numberId",))
        return await _apply(info, number, operation_of(change), given(idempotency_key))

    done, user_errors = await attempt(info, act())
    return await _payload(info, done, [error | {"field": error["field"][-1:]} for error in user_errors])


async def _apply(
    info: Info[Context],
    number_id: int,
    operation: Operation,
    idempotency_key: str | None,
    *,
    expected_one_off: int | None = None,
    expected_monthly: int | None = None,
) -> Done:
    context = info.context
    return await numbers.change(
        context.db,
        context.caller,
        number_id,
        operation,
        catalogue=context.catalogue,
        origin=context.author,
        bss=context.bss,
        expected_one_off=expected_one_off,
        expected_monthly=expected_monthly,
        idempotency_key=idempotency_key,
    )


async def _payload(info: Info[Context], done: Done | None, user_errors: Sequence[UserErrorRow]) -> Sequence[Row]:
    if done is None:
        return [{"number": None, "change": None, "user_errors": user_errors}]
    read, selection = info.context.read, info.selection
    [number] = await read.rows(NUMBERS, [done.number_id], selection.at("number").columns)
    [change] = await read.rows(CHANGES, [done.change_id], selection.at("change").columns | {"error"})
    refused = kept_error(change and change["error"], info.context.language)
    return [{"number": number, "change": change, "user_errors": [refused] if refused else user_errors}]


@strawberry.type
class NumberChangeQuery:
    change_preview: ChangePreview = batched(
        _preview, "What a change of one number would cost and break, without doing it.", Action.NUMBER_CHANGE
    )


@strawberry.type
class NumberChangeMutation:
    number_change: NumberChangePayload = batched(_number_change, "Change one number.", Action.NUMBER_CHANGE)
    option_connect: NumberChangePayload = batched(
        _of_option(lambda option: NumberChangeInput(option_connect=option)), "Connect an option.", Action.OPTION_CONNECT
    )
    option_disconnect: NumberChangePayload = batched(
        _of_option(lambda option: NumberChangeInput(option_disconnect=option)),
        "Disconnect an option.",
        Action.OPTION_DISCONNECT,
    )
    tariff_change: NumberChangePayload = batched(_tariff_change, "Change the tariff.", Action.TARIFF_CHANGE)


register(Kind.NUMBER_CHANGE)(by_id(CHANGES))
