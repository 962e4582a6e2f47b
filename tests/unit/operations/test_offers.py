"""What numbers may choose from is exactly what a change would not refuse."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.operations.offers import available_options, available_tariffs
from gateway.operations.options import OptionConnect
from gateway.operations.state import NumberState
from gateway.operations.tariffs import TariffChange
from tests.unit.operations.catalogues import (
    BASIC,
    BUSINESS,
    BUSINESS_ONLY,
    DAILY,
    NOW,
    PLAIN,
    PROMO,
    RIVAL,
    catalogue,
    number,
)
from tests.unit.operations.test_undo import CATALOGUE, numbers


@given(st.lists(numbers(), min_size=1, max_size=3))
def test_all_that_would_not_be_refused_is_offered(states: list[NumberState]) -> None:
    for state, options, tariffs in zip(
        states, available_options(states, CATALOGUE), available_tariffs(states, CATALOGUE), strict=True
    ):
        assert [each.id for each in options] == [
            each for each in CATALOGUE.options if not OptionConnect(each).check(state, CATALOGUE, NOW).refusals
        ]
        assert [(row["tariff"].id, row["switch_fee_kopecks"], len(row["loses_options"])) for row in tariffs] == [
            (each, outcome.one_off_kopecks, len(state.options) - len(outcome.after.options))
            for each in CATALOGUE.tariffs
            if not (outcome := TariffChange(each).check(state, CATALOGUE, NOW)).refusals
        ]


def test_offers_of_a_plain_number() -> None:
    items = catalogue()

    assert available_options([number()], items) == [[items.options[PLAIN], items.options[PROMO], items.options[RIVAL]]]
    assert [row["tariff"].id for row in available_tariffs([number()], items)[0]] == [BUSINESS, DAILY]


def test_lost_options_are_named_with_the_offer() -> None:
    items = catalogue()

    offers = available_tariffs([number(BUSINESS_ONLY, tariff_id=BUSINESS)], items)[0]

    assert [(row["tariff"].id, row["switch_fee_kopecks"], row["loses_options"]) for row in offers] == [
        (BASIC, 9_900, (items.options[BUSINESS_ONLY],)),
        (DAILY, 0, (items.options[BUSINESS_ONLY],)),
    ]


def test_nothing_is_offered_to_a_blocked_number() -> None:
    assert available_options([number(status="BLOCKED")], CATALOGUE) == [[]]
    assert available_tariffs([number(status="BLOCKED")], CATALOGUE) == [[]]
