"""Scalars of the schema: how their values are read, with the rule and the way out in every refusal, and written."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.identifiers import parse_inn
from gateway.kit.phones import e164, parse_msisdn
from gateway.kit.texts import Text, excerpt

PhoneNumber = NewType("PhoneNumber", str)
"""Digits in international form without +, as rows hold them."""
Inn = NewType("Inn", str)
Long = NewType("Long", int)
JSON = NewType("JSON", object)
Representation = NewType("Representation", object)
"""What a router knows of an object: its type and the fields of its key."""

NO_MOMENT = Text(
    en="“{given}” is not a moment. Write date, time and offset: 2026-01-31T09:30:00+03:00, or Z for UTC.",
    ru="«{given}» — не момент времени. Напишите дату, время и смещение: 2026-01-31T09:30:00+03:00 или Z для UTC.",
)
NO_DATE = Text(
    en="“{given}” is not a date. Write year, month and day: 2026-01-31.",
    ru="«{given}» — не дата. Напишите год, месяц и день: 2026-01-31.",
)
NO_DECIMAL = Text(
    en='“{given}” is not a decimal number. Send it as a string with a point: "1250.00".',
    ru='«{given}» — не десятичное число. Передайте его строкой с точкой: "1250.00".',
)
NO_LONG = Text(
    en="“{given}” is not an integer of 64 bits. Write digits only, between −2⁶³ and 2⁶³−1.",
    ru="«{given}» — не 64-битное целое число. Напишите только цифры, от −2⁶³ до 2⁶³−1.",
)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FRACTION = re.compile(r"(\.\d{6})\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)


def _refuse(text: Text, given: object) -> Refusal:
    return Refusal(ErrorCode.INVALID, text(given=excerpt(str(given))))


def _parsed(parse: Callable[[str], str]) -> Callable[[object], str]:
    """A parser of the kit as a parser of a scalar."""

    def parse_value(value: object) -> str:
        try:
            return parse(value if isinstance(value, str) else str(value))
        except InvalidValue as error:
            raise error.refusal() from None

    return parse_value


def parse_moment(value: object) -> datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(_FRACTION.sub(r"\1", value).upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise _refuse(NO_MOMENT, value)


def parse_date(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _refuse(NO_DATE, value)


def parse_decimal(value: object) -> Decimal:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    if type(value) is int:
        return Decimal(value)
    raise _refuse(NO_DECIMAL, value)


def parse_long(value: object) -> int:
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise _refuse(NO_LONG, value)


def _as_is(value: Any) -> Any:
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment with its offset, RFC 3339.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=datetime.isoformat,
        parse_value=parse_moment,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar date, ISO 8601.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=date.isoformat,
        parse_value=parse_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, as a string: "1250.00".',
        serialize=str,
        parse_value=parse_decimal,
    ),
    Long: strawberry.scalar(name="Long", description="A signed 64-bit integer.", serialize=int, parse_value=parse_long),
    PhoneNumber: strawberry.scalar(
        name="PhoneNumber",
        description="A phone number. Answered in E.164 (+79261234567); accepted in any usual writing: "
        "8 (926) 123-45-67, 926 123 45 67.",
        serialize=e164,
        parse_value=_parsed(parse_msisdn),
    ),
    Inn: strawberry.scalar(
        name="Inn",
        description="A Russian taxpayer number (INN) of 10 or 12 digits with a valid checksum.",
        serialize=str,
        parse_value=_parsed(parse_inn),
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value. Used only for journal snapshots.",
        serialize=_as_is,
        parse_value=_as_is,
    ),
    Representation: strawberry.scalar(
        name="_Any",
        description="An object of this graph as a router knows it: “__typename” and “id”.",
        serialize=_as_is,
        parse_value=_as_is,
    ),
}
"""By Python type, for the configuration of the schema."""
