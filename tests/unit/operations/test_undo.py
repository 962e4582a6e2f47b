"""Operations one after another, and taken back: the state returns, but for what was named."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.kit.texts import Language
from gateway.models.numbers import BlockReason, ForwardingCondition, LimitRule, ServiceKind, SimKind
from gateway.operations.assignments import KEPT, Assign
from gateway.operations.bans import BanLift, BanSet
from gateway.operations.blocks import Block, Unblock
from gateway.operations.forwardings import ForwardingClear, ForwardingSet
from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation, check_all, check_each
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.operations.promo_guards import PromoGuardClear, PromoGuardSet
from gateway.operations.sims import SimReplace
from gateway.operations.spending_limits import SpendingLimitSet
from gateway.operations.state import Banned, Connected, Forwarded, Limited, NumberState, Surroundings
from gateway.operations.tariffs import TariffChange
from gateway.operations.undo import SIM_GONE, Undo, undo
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
EMPLOYEES, DEPARTMENTS = {31: "Ivan", 32: "Olga"}, {11: "Headquarters", 12: "Branch"}
SIMS = ("897010000000000001", "897010000000000027")
LATER = NOW + timedelta(days=3)
ends = st.sampled_from([None, NOW, LATER])
targets = st.sampled_from(["79261112233", "79261112244", "4930901820"])
limits = st.sampled_from([0, 100_000])
OPERATIONS = st.one_of(
    st.builds(OptionConnect, st.sampled_from(sorted(CATALOGUE.options))),
    st.builds(OptionDisconnect, st.sampled_from(sorted(CATALOGUE.options))),
    st.builds(PromoGuardSet, st.none() | st.sampled_from(sorted(CATALOGUE.options))),
    st.builds(PromoGuardClear, st.none() | st.sampled_from(sorted(CATALOGUE.options))),
    st.builds(TariffChange, st.sampled_from(sorted(CATALOGUE.tariffs))),
    st.builds(ForwardingSet, st.sampled_from(ForwardingCondition), targets, ends),
    st.builds(ForwardingClear, st.none() | st.sampled_from(ForwardingCondition)),
    st.builds(BanSet, st.sampled_from(ServiceKind)),
    st.builds(BanLift, st.sampled_from(ServiceKind)),
    st.builds(Block, st.sampled_from(BlockReason), ends),
    st.builds(Unblock, st.sampled_from([None, "found"])),
    st.builds(SpendingLimitSet, st.none() | limits, st.sampled_from(LimitRule)),
    st.builds(LabelSet, st.sampled_from([None, "", " Front desk", "x" * 101])),
    st.builds(Assign, st.sampled_from([KEPT, None, 31, 32, 33]), st.sampled_from([KEPT, None, 11, 12, 13])),
    st.builds(SimReplace, st.sampled_from(SIMS), st.sampled_from(SimKind)),
)


@st.composite
def numbers(draw: st.DrawFn) -> NumberState:
    """Numbers as operations leave them: any tariff and settings, and options that fit it and each other."""
    state = number(
        iccid=draw(st.none() | st.sampled_from(SIMS)),
        label=draw(st.sampled_from([None, "Front desk"])),
        employee_id=draw(st.sampled_from([None, 31])),
        department_id=draw(st.sampled_from([None, 11])),
        limit=draw(st.none() | st.builds(Limited, limits, st.sampled_from(["STOP", "NOTIFY"]))),
        around=Surroundings(employees=EMPLOYEES, departments=DEPARTMENTS),
        tariff_id=draw(st.sampled_from(sorted(CATALOGUE.tariffs))),
        kind=draw(st.sampled_from(["VOICE", "MODEM", "IOT"])),
        region=draw(st.sampled_from(["Moscow", "North", "South"])),
    )
    for option_id in draw(st.lists(st.sampled_from(sorted(CATALOGUE.options)), unique=True)):
        state = OptionConnect(option_id).check(state, CATALOGUE, draw(st.sampled_from([EARLIER, NOW]))).after
    forwarded = st.builds(Forwarded, targets, st.sampled_from([None, LATER]))
    state = replace(
        state,
        forwardings=draw(st.dictionaries(st.sampled_from(ForwardingCondition), forwarded)),
        bans=dict.fromkeys(draw(st.sets(st.sampled_from(ServiceKind))), Banned(EARLIER)),
    )
    if draw(st.booleans()):
        state = PromoGuardSet().check(state, CATALOGUE, NOW).after
    if draw(st.booleans()):
        reason, until = draw(st.sampled_from(BlockReason)), draw(st.sampled_from([None, LATER]))
        return replace(state, status="BLOCKED", block_reason=reason, blocked_until=until)
    return state


def settled(state: NumberState) -> NumberState:
    """All that comes back, or is named: moments of the past and the promotions that go with them do not."""
    connected, banned = dict.fromkeys(state.options, Connected(NOW)), dict.fromkeys(state.bans, Banned(NOW))
    return replace(state, options=connected, bans=banned, used_promotions=frozenset(), iccid=None, sim_kind="PHYSICAL")


def undone(operations: tuple[Operation, ...], state: NumberState) -> Undo:
    return undo(check_each(operations, state, CATALOGUE, NOW), CATALOGUE, NOW)


def test_a_second_operation_sees_the_first() -> None:
    outcome = check_all((OptionConnect(PLAIN), OptionConnect(ADD_ON)), number(), CATALOGUE, NOW)

    assert outcome.after.options == {PLAIN: Connected(NOW), ADD_ON: Connected(NOW)}
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks) == (5_000, 12_000)


def test_when_one_operation_is_refused_none_is_done() -> None:
    state = number()

    outcome = check_all((OptionConnect(PLAIN), OptionConnect(BUSINESS_ONLY)), state, CATALOGUE, NOW)

    assert outcome.after is state
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks, len(outcome.refusals)) == (0, 0, 1)


def test_what_is_done_already_is_passed_over_and_refused_where_nothing_else_is_left() -> None:
    state = replace(number(PLAIN), label="Desk")

    outcome = check_all((LabelSet("Desk"), OptionConnect(PLAIN), OptionConnect(ADD_ON)), state, CATALOGUE, NOW)
    nothing = check_all((LabelSet("Desk"), OptionConnect(PLAIN)), state, CATALOGUE, NOW)
    back = undone((LabelSet("Desk"), OptionConnect(PLAIN), OptionConnect(ADD_ON)), state)

    assert (outcome.refusals, outcome.one_off_kopecks, outcome.monthly_kopecks) == ((), 0, 2_000)
    assert outcome.after.options.keys() == {PLAIN, ADD_ON}
    assert back.operations == (OptionDisconnect(ADD_ON),)
    assert [each.message.render(Language.EN) for each in nothing.refusals] == ["The label is like that already."]


def test_a_tariff_is_taken_back_with_the_options_that_it_cost_in_an_order_that_works() -> None:
    state = number(BUSINESS_ADD_ON, BUSINESS_ONLY, tariff_id=BUSINESS)

    back = undone((TariffChange(BASIC),), state)

    assert back.operations == (TariffChange(BUSINESS), OptionConnect(BUSINESS_ONLY), OptionConnect(BUSINESS_ADD_ON))
    assert back.one_off_kopecks == 15_000 + 1_000
    assert [each.render(Language.EN) for each in back.irreversible] == [
        "₽99.00 taken at once is not paid back.",
        "Taking it back costs ₽160.00.",
    ]


def test_what_cannot_be_taken_back_is_named_with_its_reason() -> None:
    state = number(ARCHIVED).with_option(PROMO, Connected(NOW, NOW + timedelta(days=3)))

    archived = undone((OptionDisconnect(ARCHIVED),), state)
    promotion = undone((OptionDisconnect(PROMO),), state)
    begun = undone((OptionConnect(PROMO),), number())

    assert [each.render(Language.EN) for each in archived.irreversible] == ["“Archived” is no longer sold."]
    assert [each.text.en for each in promotion.irreversible] == ["The promotion of “{option}” does not come back."]
    assert [each.text.en for each in begun.irreversible] == ["The promotion of “{option}” does not come back."]


def test_a_promotion_that_was_over_is_no_loss() -> None:
    state = number().with_option(PROMO, Connected(EARLIER, EARLIER))

    assert undone((OptionDisconnect(PROMO),), state).irreversible == ()


@given(numbers(), OPERATIONS)
def test_what_is_not_refused_comes_back_unless_named(state: NumberState, operation: Operation) -> None:
    outcome = operation.check(state, CATALOGUE, NOW)
    assume(not outcome.refusals)

    back = check_all(operation.inverse(state, outcome.after, CATALOGUE), outcome.after, CATALOGUE, NOW)

    named = undone((operation,), state)
    if back.refusals:
        assert [each.message for each in back.refusals] == list(named.irreversible)[: len(back.refusals)]
    else:
        assert settled(back.after) == settled(state)
        assert (back.after.iccid == state.iccid) == (SIM_GONE() not in named.irreversible)
        assert back.monthly_kopecks == -outcome.monthly_kopecks
        if (
            not outcome.after.used_promotions - state.used_promotions
            and state.options.keys() <= outcome.after.options.keys()
        ):
            assert back.after.options == state.options


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
