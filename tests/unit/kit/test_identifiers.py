"""INN and ICCID: check digits and typing errors."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.identifiers import parse_iccid, parse_inn


def weighted(digits: str, weights: list[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11 % 10


@st.composite
def inns(draw: st.DrawFn) -> str:
    """INNs made by the tax service's rule, written here a second time on purpose."""
    region = f"{draw(st.integers(1, 99)):02d}"
    if draw(st.booleans()):
        body = region + f"{draw(st.integers(0, 10**7 - 1)):07d}"
        return body + str(weighted(body, [2, 4, 10, 3, 5, 9, 4, 6, 8]))
    body = region + f"{draw(st.integers(0, 10**8 - 1)):08d}"
    body += str(weighted(body, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]))
    return body + str(weighted(body, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]))


@pytest.mark.parametrize("inn", ["7707083893", "7740000076", "7812014560", "500100732259"])
def test_inns(inn: str) -> None:
    assert parse_inn(inn) == inn
    assert parse_inn(f" {inn[:4]} {inn[4:]}\u00a0") == inn


@given(inns())
def test_every_inn_made_by_the_rule_is_accepted(inn: str) -> None:
    assert parse_inn(inn) == inn


@given(inns(), st.data())
def test_a_wrong_check_digit_is_refused(inn: str, data: st.DataObject) -> None:
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != inn[-1]]))
    with pytest.raises(InvalidValue):
        parse_inn(inn[:-1] + wrong)


@given(inns().filter(lambda inn: len(inn) == 12))
def test_both_check_digits_of_a_person_count(inn: str) -> None:
    wrong = inn[:10] + str((int(inn[10]) + 1) % 10)
    with pytest.raises(InvalidValue):
        parse_inn(wrong + str(weighted(wrong, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8])))


@pytest.mark.parametrize(
    "text", ["", "0000000000", "000000000000", "770708389", "77070838930", "7707083893x", "x" * 10_000]
)
def test_no_inns(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_inn(text)


@pytest.mark.parametrize(
    ("text", "iccid"),
    [
        ("89701012345678901", None),
        ("897010123456789012", "897010123456789012"),
        ("8970101234567890123", "8970101234567890123"),
        ("8970101234567890123F", "8970101234567890123"),
        ("8970 1012 3456 7890 1234", "89701012345678901234"),
        ("89701012345678901235", None),
        ("79701012345678901234", None),
        ("897010123456789012341", None),
        ("8.97010123456789E+19", None),
        ("", None),
    ],
)
def test_iccids(text: str, iccid: str | None) -> None:
    if iccid is None:
        with pytest.raises(InvalidValue):
            parse_iccid(text)
    else:
        assert parse_iccid(text) == iccid


def test_messages_tell_a_typing_error_from_a_rounded_number() -> None:
    with pytest.raises(InvalidValue, match="check digit does not fit"):
        parse_iccid("89701012345678901235")
    with pytest.raises(InvalidValue, match="Format the column as text"):
        parse_iccid("8,97010123456789E+19")


@pytest.mark.parametrize("parse", [parse_inn, parse_iccid])
def test_refusals_name_their_field(parse: Callable[[str], str]) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse("1")
    refusal = refused.value.refusal("input", "value")
    assert (refusal.code, refusal.field) == (ErrorCode.INVALID, ("input", "value"))
