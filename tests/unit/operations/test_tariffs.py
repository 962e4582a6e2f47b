"""Changing the tariff: the price of the pair, options lost, and refusals."""

from typing import Any

import pytest

from gateway.kit.errors import ErrorCode
from gateway.operations.state import Connected
from gateway.operations.tariffs import NO_TARIFF, TariffChange
from tests.unit.operations.catalogues import (
    BASIC,
    BUSINESS,
    BUSINESS_ADD_ON,
    BUSINESS_ONLY,
    DAILY,
    MACHINE,
    NOW,
    OLD,
    PLAIN,
    SOUTHERN,
    catalogue,
    number,
)
from tests.unit.operations.test_options import refusals, warnings

FIELD = ("tariffChange", "tariffId")


def test_a_change_costs_the_price_of_the_pair_and_the_difference_of_fees() -> None:
    outcome = TariffChange(BASIC).check(number(PLAIN, tariff_id=BUSINESS), catalogue(), NOW)

    assert outcome.after == number(PLAIN, tariff_id=BASIC)
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks, outcome.warnings) == (9_900, -60_000, ())


def test_a_daily_fee_is_compared_by_the_average_month() -> None:
    outcome = TariffChange(DAILY).check(number(), catalogue(), NOW)

    assert (outcome.one_off_kopecks, outcome.monthly_kopecks) == (0, 438)


def test_options_that_the_tariff_does_not_allow_are_named_and_their_fees_saved() -> None:
    state = number(PLAIN, BUSINESS_ADD_ON, BUSINESS_ONLY, tariff_id=BUSINESS)

    outcome = TariffChange(BASIC).check(state, catalogue(), NOW)

    assert outcome.after == number(PLAIN, tariff_id=BASIC)
    assert outcome.monthly_kopecks == -60_000 - 7_000 - 600
    assert warnings(outcome) == [
        "“Basic” does not allow “Business only”, “Business add-on”: they are disconnected with the change."
    ]


def test_a_promotion_that_goes_with_an_option_is_named() -> None:
    state = number(tariff_id=BUSINESS).with_option(BUSINESS_ONLY, Connected(NOW, NOW.replace(month=5, day=9)))

    outcome = TariffChange(BASIC).check(state, catalogue(), NOW)

    assert outcome.after.used_promotions == {BUSINESS_ONLY}
    assert warnings(outcome)[1:] == [
        "The promotion of “Business only”, free until 2026-05-10, ends with the change and does not come back."
    ]


def test_an_old_tariff_does_not_come_back() -> None:
    assert warnings(TariffChange(BUSINESS).check(number(tariff_id=OLD), catalogue(), NOW)) == [
        "“Old” is no longer sold: there is no way back to it and its price."
    ]


@pytest.mark.parametrize(
    ("tariff_id", "columns", "expected"),
    [
        (999, {}, (ErrorCode.NOT_FOUND, FIELD, NO_TARIFF.en, None)),
        (
            BASIC,
            {},
            (ErrorCode.ALREADY_DONE, FIELD, "The number is on “Basic” already.", "There is nothing to do."),
        ),
        (
            OLD,
            {},
            (
                ErrorCode.NOT_AVAILABLE,
                FIELD,
                "“Old” is no longer sold.",
                "Choose another one; those that can be connected now are listed at the number.",
            ),
        ),
        (
            MACHINE,
            {},
            (
                ErrorCode.NOT_AVAILABLE,
                FIELD,
                "“Machine” is not sold for this kind of number: phones. It is sold for: modems and tablets, machines.",
                "Choose another one; those that can be connected now are listed at the number.",
            ),
        ),
        (
            SOUTHERN,
            {},
            (
                ErrorCode.NOT_AVAILABLE,
                FIELD,
                "“Southern” is sold in the region “South”; the company is served in “Moscow”.",
                "Choose another one; those that can be connected now are listed at the number.",
            ),
        ),
        (
            BUSINESS,
            {"status": "DORMANT"},
            (
                ErrorCode.NOT_AVAILABLE,
                (),
                "The number is blocked because nothing was charged for 90 days.",
                "Top up its account, or ask your manager at the operator, to have it put into service again.",
            ),
        ),
        (
            BUSINESS,
            {"status": "SUSPENDED"},
            (
                ErrorCode.NOT_AVAILABLE,
                (),
                "The operator has stopped service of the number.",
                "Your manager at the operator knows the reason.",
            ),
        ),
    ],
)
def test_a_change_is_refused_with_the_way_out(
    tariff_id: int, columns: dict[str, Any], expected: tuple[str, tuple[str, ...], str, str | None]
) -> None:
    state = number(**columns)

    outcome = TariffChange(tariff_id).check(state, catalogue(), NOW)

    assert refusals(outcome) == [expected]
    assert outcome.after is state


def test_the_journal_names_the_options_that_went_with_a_tariff() -> None:
    state = number(BUSINESS_ONLY, PLAIN, tariff_id=BUSINESS)

    names = TariffChange(BASIC).names(state, catalogue())

    assert names["lost"] == {
        "en": "; disconnected with that: “Business only”",
        "ru": "; при этом отключены: «Business only»",
    }
    assert TariffChange(DAILY).names(number(PLAIN), catalogue())["lost"] == ""
