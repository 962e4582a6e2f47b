"""Money: exact round trips and bounds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.money import to_decimal, to_kopecks

kopecks = st.integers(-(2**63) + 1, 2**63 - 1)


@given(kopecks)
def test_round_trip(amount: int) -> None:
    assert to_kopecks(to_decimal(amount)) == amount


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
