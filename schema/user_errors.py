"""Refusals as mutations answer them: data, in the caller's language."""

from collections.abc import Awaitable, Sequence
from typing import Any, TypeAlias, TypeVar

import strawberry

from gateway.execution import PUBLIC, Info, Row, column
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.kit.texts import Language
from gateway.telemetry.metrics import REFUSALS
from schema.context import Context

T = TypeVar("T")
UserErrorRow: TypeAlias = dict[str, Any]


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


async def payload(info: Info[Context], name: str, act: Awaitable[object]) -> Sequence[Row]:
    """The payload of a mutation that answers what `act` gives under that name, and null when it is refused."""
    result, user_errors = await attempt(info, act)
    return [{name: result, "user_errors": user_errors}]
