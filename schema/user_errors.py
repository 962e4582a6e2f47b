"""Refusals as mutations answer them: data, in the caller's language."""

from collections.abc import Awaitable, Sequence
from typing import Any, TypeAlias, TypeVar

import strawberry

from gateway.execution import PUBLIC, Info, Row, column
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.kit.texts import Language
from gateway.telemetry.metrics import REFUSALS
from schema.context import Context
from schema.enums import describe

T = TypeVar("T")
UserErrorRow: TypeAlias = dict[str, Any]

describe(
    ErrorCode,
    "Codes of UserError. New ones may be added.",
    INVALID="A value has the wrong form.",
    REQUIRED="A value is missing.",
    TOO_LARGE="Too many, too long or too large.",
    NOT_FOUND="The object does not exist, or not for the caller.",
    FORBIDDEN="The caller's roles do not allow it.",
    STEP_UP_REQUIRED="A fresh second factor is needed.",
    BAD_CREDENTIALS="Log-in or password is wrong.",
    LOCKED="Too many wrong tries.",
    BAD_CODE="A code is wrong, used or expired.",
    ALREADY_DONE="Already in that state.",
    CONFLICT="Contradicts another setting, option or pending change.",
    NOT_AVAILABLE="Not offered for this tariff, region, kind of number or status.",
    INSUFFICIENT_FUNDS="The account's money does not suffice.",
    PRICE_CHANGED="The price is no longer the one that was expected.",
    PLAN_DRIFTED="The plan no longer fits the numbers it was made for.",
    IDEMPOTENCY_MISMATCH="The idempotency key was used with another input.",
    UPSTREAM_REFUSED="The operator's systems refused.",
    name="UserErrorCode",
)


@strawberry.type(description="Why a mutation did not do what was asked. Nothing was changed.")
class UserError:
    code: ErrorCode = column("Stable code to program against.", PUBLIC)
    field: list[str] = column(
        "Path of the input field, from the mutation's input down; empty when the whole input is meant.", PUBLIC
    )
    message: str = column("What is wrong, in the caller's language.", PUBLIC)
    hint: str | None = column("What to do about it, in the caller's language.", PUBLIC)


def user_error(refusal: Refusal, language: Language) -> UserErrorRow:
    """A refusal as a row of `UserError`."""
    REFUSALS.add(refusal.code)
    return {
        "code": refusal.code,
        "field": refusal.field,
        "message": refusal.message.render(language),
        "hint": refusal.hint and refusal.hint.render(language),
    }


def kept_error(kept: Any, language: Language) -> UserErrorRow | None:
    """A refusal that was kept in a row, as a row of `UserError`."""
    if kept is None:
        return None
    hint = kept["hint"] and kept["hint"][language.value]
    return {**kept, "message": kept["message"][language.value], "hint": hint}


def kept_errors(column: str) -> Any:
    """The resolver of a refusal that is kept in that column."""

    def errors(rows: Sequence[Row], info: Info[Context]) -> Sequence[UserErrorRow | None]:
        return [kept_error(row[column], info.context.language) for row in rows]

    return errors


async def attempt(info: Info[Context], act: Awaitable[T]) -> tuple[T | None, list[UserErrorRow]]:
    """What `act` gives, or the refusals it raises as `userErrors`.

    What was read before is forgotten, so that the payload shows what is there afterwards.
    """
    refusals: Sequence[Refusal] = ()
    result = None
    try:
        result = await act
    except Refusal as refusal:
        refusals = (refusal,)
    except Refusals as several:
        refusals = several.refusals
    info.context.forget()
    return result, [user_error(refusal, info.context.language) for refusal in refusals]
