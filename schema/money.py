"""Money as the schema shows it."""

from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry

from gateway.execution import PUBLIC, Row, computed
from gateway.kit.errors import InvalidValue
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


def money(column: str, description: str, requires: Enum) -> Any:
    """The field of a row's column of kopecks; null where it is null."""

    def amount(row: Row) -> Row | None:
        kopecks = row[column]
        return None if kopecks is None else {"kopecks": kopecks}

    return computed(amount, description, requires, needs=(column,))


def kopecks(amount: Decimal | None, *path: str) -> int | None:
    """Kopecks of an input's amount, None when it was left out. Raises `Refusal` at `path`."""
    amount = given(amount)
    if amount is None:
        return None
    try:
        return to_kopecks(amount)
    except InvalidValue as error:
        raise error.refusal(*path) from None


@strawberry.type(description="An exact amount of money.")
class Money:
    """A row has `kopecks`."""

    amount: Decimal = computed(roubles, "Amount in whole currency units with two decimals.", PUBLIC, needs=("kopecks",))
    currency: Currency = computed(lambda _: Currency.RUB, "ISO 4217 code.", PUBLIC)
