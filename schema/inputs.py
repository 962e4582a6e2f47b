"""What all inputs share: values that were not given, lists that are capped, ids of one type."""

from collections.abc import Sequence
from typing import Any, TypeVar

import strawberry
from strawberry import ID, UNSET

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode
from gateway.kit.texts import Text

MOST_VALUES = 1_000

TOO_MANY_VALUES = Text(
    en="{given:,} values are too many; {field} takes at most {most:,}. Split the request.",
    ru="{given:,} {given:значение|значения|значений} — слишком много: {field} принимает не больше {most:,}. "
    "Разделите запрос.",
)

BACKWARDS = Text(en="“to” lies before “from”. Swap them.", ru="«to» раньше, чем «from». Поменяйте их местами.")

REPEAT_SAFELY = (
    "Repeat safely: the same key with the same input gives the same answer for 24 hours. A refusal is not kept: it may "
    "be tried again under its key. At most 255 characters."
)

T = TypeVar("T")


def idempotency_key() -> Any:
    """The field of an input by which it may be sent again."""
    return strawberry.field(description=REPEAT_SAFELY, default=UNSET)


def given(value: T | None) -> T | None:
    """The value of an input's field, None when it was left out."""
    return None if value is UNSET else value


def values(items: Sequence[T] | None, *field: str) -> Sequence[T] | None:
    """The values of a list, None when it was left out. Raises `Refusal` TOO_LARGE at `field` for too many."""
    listed = given(items)
    if listed is not None and len(listed) > MOST_VALUES:
        message = TOO_MANY_VALUES(given=len(listed), field=field[-1], most=MOST_VALUES)
        raise Refusal(ErrorCode.TOO_LARGE, message, field)
    return listed


def number(id: ID | None, kind: Kind, *field: str) -> int | None:
    """The number in an id of that kind, None when it was left out. Raises `Refusal` INVALID at `field`."""
    id = given(id)
    return None if id is None else decode(id, kind, field)


def numbers(ids: Sequence[ID] | None, kind: Kind, *field: str) -> list[int] | None:
    """The numbers in a list of ids of that kind, None when it was left out. Raises `Refusal` at `field`."""
    listed = values(ids, *field)
    return None if listed is None else [decode(id, kind, field) for id in listed]
