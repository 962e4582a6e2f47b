"""Operations one after another, and taken back: the state returns, but for what was named."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.kit.texts import Language
from gateway.operations.operation import Operation, check_all
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.operations.state import Connected, NumberState
from gateway.operations.tariffs import TariffChange
from gateway.operations.undo import undo
from tests.unit.operations.catalogues import (
    ADD_ON,
    ARCHIVED,
    BASIC,
    BUSINESS,
    BUSINESS_ADD_ON,
    BUSINESS_ONLY,
    EARLIER,
    NOW,
    PLAIN,
    PROMO,
    catalogue,
    number,
)

CATALOGUE = catalogue()
OPERATIONS = st.one_of(
    st.builds(OptionConnect, st.sampled_from(sorted(CATALOGUE.options))),
    st.builds(OptionDisconnect, st.sampled_from(sorted(CATALOGUE.options))),
    st.builds(TariffChange, st.sampled_from(sorted(CATALOGUE.tariffs))),
)


@st.composite
def numbers(draw: st.DrawFn) -> NumberState:
    """Numbers as operations leave them: any tariff, and options that fit it and each other."""
    state = number(
        tariff_id=draw(st.sampled_from(sorted(CATALOGUE.tariffs))),
        kind=draw(st.sampled_from(["VOICE", "MODEM", "IOT"])),
        region=draw(st.sampled_from(["Moscow", "North", "South"])),
    )
    for option_id in draw(st.lists(st.sampled_from(sorted(CATALOGUE.options)), unique=True)):
        state = OptionConnect(option_id).check(state, CATALOGUE, draw(st.sampled_from([EARLIER, NOW]))).after
    return state


def settings(state: NumberState) -> tuple[int, set[int]]:
    return state.tariff_id, set(state.options)


def test_a_second_operation_sees_the_first() -> None:
    outcome = check_all((OptionConnect(PLAIN), OptionConnect(ADD_ON)), number(), CATALOGUE, NOW)

    assert outcome.after.options == {PLAIN: Connected(NOW), ADD_ON: Connected(NOW)}
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks) == (5_000, 12_000)


def test_when_one_operation_is_refused_none_is_done() -> None:
    state = number()

    outcome = check_all((OptionConnect(PLAIN), OptionConnect(BUSINESS_ONLY)), state, CATALOGUE, NOW)

    assert outcome.after is state
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks, len(outcome.refusals)) == (0, 0, 1)


def test_a_tariff_is_taken_back_with_the_options_that_it_cost_in_an_order_that_works() -> None:
    state = number(BUSINESS_ADD_ON, BUSINESS_ONLY, tariff_id=BUSINESS)

    back = undo((TariffChange(BASIC),), state, CATALOGUE, NOW)

    assert back.operations == (TariffChange(BUSINESS), OptionConnect(BUSINESS_ONLY), OptionConnect(BUSINESS_ADD_ON))
    assert back.one_off_kopecks == 15_000 + 1_000
    assert [each.render(Language.EN) for each in back.irreversible] == [
        "₽99.00 taken at once is not paid back.",
        "Taking it back costs ₽160.00.",
    ]


def test_what_cannot_be_taken_back_is_named_with_its_reason() -> None:
    state = number(ARCHIVED).with_option(PROMO, Connected(NOW, NOW + timedelta(days=3)))

    archived = undo((OptionDisconnect(ARCHIVED),), state, CATALOGUE, NOW)
    promotion = undo((OptionDisconnect(PROMO),), state, CATALOGUE, NOW)
    begun = undo((OptionConnect(PROMO),), number(), CATALOGUE, NOW)

    assert [each.render(Language.EN) for each in archived.irreversible] == ["“Archived” is no longer sold."]
    assert [each.text.en for each in promotion.irreversible] == ["The promotion of “{option}” does not come back."]
    assert [each.text.en for each in begun.irreversible] == ["The promotion of “{option}” does not come back."]


def test_a_promotion_that_was_over_is_no_loss() -> None:
    state = number().with_option(PROMO, Connected(EARLIER, EARLIER))

    assert undo((OptionDisconnect(PROMO),), state, CATALOGUE, NOW).irreversible == ()


@given(numbers(), OPERATIONS)
def test_what_is_not_refused_comes_back_unless_named(state: NumberState, operation: Operation) -> None:
    outcome = operation.check(state, CATALOGUE, NOW)
    assume(not outcome.refusals)

    back = check_all(operation.inverse(state, outcome.after, CATALOGUE), outcome.after, CATALOGUE, NOW)

    named = undo((operation,), state, CATALOGUE, NOW)
    if back.refusals:
        assert [each.message for each in back.refusals] == list(named.irreversible)[: len(back.refusals)]
    else:
        assert settings(back.after) == settings(state)
        assert back.monthly_kopecks == -outcome.monthly_kopecks
        if (
            not outcome.after.used_promotions - state.used_promotions
            and state.options.keys() <= outcome.after.options.keys()
        ):
            assert replace(back.after, used_promotions=state.used_promotions) == state


@given(numbers(), OPERATIONS)
def test_a_refusal_changes_nothing_and_a_change_shows(state: NumberState, operation: Operation) -> None:
    outcome = operation.check(state, CATALOGUE, NOW)

    assert (outcome.after == state) == bool(outcome.refusals)


@given(numbers(), OPERATIONS)
def test_rules_hold_afterwards(state: NumberState, operation: Operation) -> None:
    after = operation.check(state, CATALOGUE, NOW).after

    for option_id in after.options:
        option = CATALOGUE.options[option_id]
        assert {each.id for each in option.requires} <= after.options.keys()
        assert not {each.id for each in option.excludes} & after.options.keys()
        assert option.sold_with(after.tariff_id)
