"""Money as the schema shows it."""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum

import strawberry

from gateway.execution import PUBLIC, Row, computed
from gateway.kit.errors import InvalidValue, Refusal
from gateway.kit.money import to_kopecks
from schema.inputs import given


@strawberry.enum(description="ISO 4217 codes in use.")
class Currency(Enum):
    RUB = strawberry.enum_value("RUB", description="Russian rouble.")


def roubles(row: Row) -> str:
    """Whole roubles with two decimals, "1250.00"."""
    kopecks: int = row["kopecks"]
    whole, rest = divmod(abs(kopecks), 100)
    return f"{'-' if kopecks < 0 else ''}{whole}.{rest:02}"


def money(column: str) -> Callable[[Row], Row]:
    """The function that makes money of a row's column of kopecks."""
    return lambda row: {"kopecks": row[column]}


def money_or_none(column: str) -> Callable[[Row], Row | None]:
    """The same for a column that may be null."""
    return lambda row: None if row[column] is None else {"kopecks": row[column]}


def kopecks(amount: Decimal | None, *path: str) -> int | None:
    """Kopecks of an input's amount, None when it was left out. Raises `Refusal` at `path`."""
    amount = given(amount)
    if amount is None:
        return None
    try:
        return to_kopecks(amount)
    except InvalidValue as error:
        raise Refusal(error.code, error.message, path) from None


@strawberry.type(description="An exact amount of money.")
class Money:
    """A row has `kopecks`."""

    amount: Decimal = computed(roubles, "Amount in whole currency units with two decimals.", PUBLIC, needs=("kopecks",))
    currency: Currency = computed(lambda _: Currency.RUB, "ISO 4217 code.", PUBLIC)
