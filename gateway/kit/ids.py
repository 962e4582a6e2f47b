"""Global ids: a prefix that names the type, then the object's number: num_123."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Self

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text, excerpt


class Kind(StrEnum):
    """The types that have a global id. The value is the GraphQL type's name."""

    prefix: str
    opening: str
    """What the ids of this kind begin with."""

    def __new__(cls, type_name: str, prefix: str) -> Self:
        kind = str.__new__(cls, type_name)
        kind._value_ = type_name
        kind.prefix = prefix
        kind.opening = f"{prefix}_"
        return kind

    COMPANY = "Company", "com"
    DEPARTMENT = "Department", "dep"
    EMPLOYEE = "Employee", "emp"
    NUMBER = "Number", "num"
    TARIFF = "Tariff", "tar"
    OPTION = "Option", "opt"
    JOURNAL_ENTRY = "JournalEntry", "jrn"
    ADMINISTRATOR = "Administrator", "adm"
    API_KEY = "ApiKey", "key"
    ROLE = "Role", "rol"
    GRANT = "Grant", "grt"
    SESSION = "Session", "ses"
    SECOND_FACTOR = "SecondFactor", "sec"
    NUMBER_CHANGE = "NumberChange", "chg"
    BULK_CHANGE = "BulkChange", "blk"
    UPLOAD = "Upload", "upl"


_KINDS = {kind.prefix: kind for kind in Kind}
_FORM = re.compile(r"([a-z]{3})_([1-9][0-9]{0,18})")
_LARGEST = 2**63 - 1

NO_ID = Text(
    en="“{given}” is not a global id. Ids are taken from answers as they are; they look like {example}.",
    ru="«{given}» — не глобальный идентификатор. "
    "Идентификаторы берутся из ответов без изменений и выглядят так: {example}.",
)
WRONG_TYPE = Text(
    en="{given} is an id of type {given_type}; here one of type {wanted_type} is wanted, which looks like {example}.",
    ru="{given} — идентификатор объекта {given_type}; "
    "здесь нужен идентификатор {wanted_type}, он выглядит так: {example}.",
)


def encoder(kind: Kind) -> Callable[[int], str]:
    """The function from a number to the global id of this kind, for loops."""
    prefix = f"{kind.prefix}_"

    def encode_one(number: int) -> str:
        return f"{prefix}{number}"

    return encode_one


def encode(kind: Kind, number: int) -> str:
    """The global id of an object; `number` is 1 to 2⁶³−1."""
    return f"{kind.prefix}_{number}"


def decode(text: str, kind: Kind, field: Sequence[str] = ()) -> int:
    """The number in a global id of this kind. Raises `Refusal` INVALID at `field` for anything else."""
    digits = text[4:]
    if text[:4] == kind.opening and len(digits) < 19 and digits.isascii() and digits.isdigit() and digits[0] != "0":
        return int(digits)  # what almost all are, in a third of the time
    given_kind, number = _parse(text, kind, field)
    if given_kind is not kind:
        raise Refusal(
            ErrorCode.INVALID,
            WRONG_TYPE(given=text, given_type=given_kind, wanted_type=kind, example=encode(kind, 123)),
            field,
        )
    return number


def decode_any(text: str, field: Sequence[str] = ()) -> tuple[Kind, int]:
    """Kind and number of a global id. Raises `Refusal` INVALID at `field` when it is none."""
    return _parse(text, Kind.NUMBER, field)


def _parse(text: str, example: Kind, field: Sequence[str]) -> tuple[Kind, int]:
    form = _FORM.fullmatch(text)
    kind = _KINDS.get(form[1]) if form else None
    number = int(form[2]) if form else 0
    if kind is None or number > _LARGEST:
        raise Refusal(ErrorCode.INVALID, NO_ID(given=excerpt(text), example=encode(example, 123)), field)
    return kind, number
