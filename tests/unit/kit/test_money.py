"""Money: exact round trips, usual writings, bounds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.money import parse_kopecks, to_decimal, to_kopecks

kopecks = st.integers(-(2**63) + 1, 2**63 - 1)


@given(kopecks)
def test_round_trip(amount: int) -> None:
    assert to_kopecks(to_decimal(amount)) == amount
    assert parse_kopecks(str(to_decimal(amount))) == amount
    assert parse_kopecks(f"{to_decimal(amount):,}".replace(",", "\u00a0").replace(".", ",") + " ₽") == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1 234,50 ₽", 123450),
        ("1 234,5", 123450),
        ("1234.5", 123450),
        ("1234", 123400),
        ("0", 0),
        ("-0,01", -1),
        ("−5 руб.", -500),
        ("+7р.", 700),
        ("1\u202f000\u202f000,00 RUB", 100000000),
        (" 12,30 ", 1230),
    ],
)
def test_writings(text: str, amount: int) -> None:
    assert parse_kopecks(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "-", "₽", "1,234.50", "1.234,50", "1,234", "1 23", "12 34,00", "1e3", "NaN", "inf", "0x10", "5 $", "٥", "1_0"],
)
def test_no_amounts(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_kopecks(text)
    assert refused.value.code is ErrorCode.INVALID


@pytest.mark.parametrize("text", ["92233720368547758.08", "-92233720368547758,08", "9" * 30])
def test_too_much(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_kopecks(text)
    assert refused.value.code is ErrorCode.TOO_LARGE


def test_to_decimal_has_two_decimals() -> None:
    assert [str(to_decimal(amount)) for amount in (0, 1, -1, 125000, 2**63 - 1)] == [
        "0.00",
        "0.01",
        "-0.01",
        "1250.00",
        "92233720368547758.07",
    ]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0.001", ErrorCode.INVALID),
        ("1.0000000000000000000000000000000000000001", ErrorCode.INVALID),
        ("1E-999999", ErrorCode.INVALID),
        ("NaN", ErrorCode.INVALID),
        ("sNaN", ErrorCode.INVALID),
        ("Infinity", ErrorCode.INVALID),
        ("1E+999999", ErrorCode.TOO_LARGE),
        ("92233720368547758.08", ErrorCode.TOO_LARGE),
        ("-92233720368547758.08", ErrorCode.TOO_LARGE),
    ],
)
def test_amounts_that_are_not_kept(amount: str, code: ErrorCode) -> None:
    with pytest.raises(InvalidValue) as refused:
        to_kopecks(Decimal(amount))
    assert refused.value.code is code


@pytest.mark.parametrize(
    ("amount", "exact"), [("1.100", 110), ("5", 500), ("1E+2", 10000), ("-0.0", 0), ("0E-999999", 0)]
)
def test_amounts_that_are_kept(amount: str, exact: int) -> None:
    assert to_kopecks(Decimal(amount)) == exact
