"""Guards of promotions: which options they disconnect and when, what they say before, and every refusal."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.operations.catalogue import Catalogue
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.operations.promo_guards import PromoGuardClear, PromoGuardSet
from gateway.operations.state import Connected
from tests.unit.operations.catalogues import BASIC, EARLIER, NOW, PLAIN, PROMO, catalogue, number, option, tariff
from tests.unit.operations.test_options import refusals, warnings

SET, CLEAR = ("promoGuardSet", "optionId"), ("promoGuardClear", "optionId")
NO_SUCH = "There is no such option. Take its id from “options”, or from the number's “availableOptions”."
ENDS = datetime(2026, 4, 2, 1, tzinfo=UTC)
IN_TIME = datetime(2026, 4, 1, 22, tzinfo=UTC)
FREE, GUARDED = Connected(EARLIER, ENDS, 5), Connected(EARLIER, ENDS, 5, IN_TIME)
OTHER, EXTRA, MORE = 31, 32, 33
"""Another promotional option, one that requires it, and one that requires that."""


def with_extras() -> Catalogue:
    return Catalogue(
        date(2026, 3, 31),
        [tariff(BASIC, "Basic", 30_000)],
        [
            option(PROMO, "Promo", 500, promo_days=30),
            option(OTHER, "Other", 9_000, promo_days=14),
            option(EXTRA, "Extra", 2_000),
            option(MORE, "More", 1_000),
        ],
        requires=[(EXTRA, OTHER), (MORE, EXTRA)],
    )


def test_an_option_is_disconnected_three_hours_before_it_turns_paid() -> None:
    free = number(options={PROMO: FREE, PLAIN: Connected(EARLIER)})

    outcome = PromoGuardSet(PROMO).check(free, catalogue(), NOW)

    assert outcome.after == replace(free, options={PROMO: GUARDED, PLAIN: Connected(EARLIER)})
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks) == (0, 0)
    assert warnings(outcome) == [
        "“Promo” is disconnected by itself on 2026-04-02, before it costs ₽5.00 a day. "
        "Its promotion does not come back."
    ]
    assert warnings(outcome, Language.RU) == [
        "Опция «Promo» сама отключится 02.04.2026, до того как будет стоить 5,00\N{NO-BREAK SPACE}₽ в день. "
        "Акция по ней не вернётся."
    ]


def test_what_ends_within_three_hours_is_disconnected_at_once() -> None:
    ends_at = NOW + timedelta(hours=2)

    outcome = PromoGuardSet(PROMO).check(number(options={PROMO: Connected(EARLIER, ends_at)}), catalogue(), NOW)

    assert outcome.after.options[PROMO].disconnects_at == NOW - timedelta(hours=1)
    assert warnings(outcome) == [
        "“Promo” is disconnected at once: its promotion ends in less than 3 hours, and does not come back."
    ]
    assert warnings(outcome, Language.RU) == [
        "Опция «Promo» отключится сразу: её акция закончится меньше чем через 3 часа и не вернётся."
    ]


def test_all_that_is_free_is_guarded_at_once_and_what_needs_it_is_named() -> None:
    paid = Connected(EARLIER, NOW)
    free = number(options={PROMO: paid, OTHER: FREE, EXTRA: Connected(EARLIER), MORE: Connected(EARLIER)})

    outcome = PromoGuardSet().check(free, with_extras(), NOW)

    assert outcome.after.options == {**free.options, OTHER: GUARDED}
    assert warnings(outcome) == [
        "“Other” is disconnected by itself on 2026-04-02, before it costs ₽90.00 a month. "
        "Its promotion does not come back.",
        "“Extra” works only together with “Other”, and is disconnected with it.",
        "“More” works only together with “Other”, and is disconnected with it.",
    ]


def test_what_is_connected_to_a_guarded_option_goes_with_it() -> None:
    outcome = OptionConnect(EXTRA).check(number(options={OTHER: GUARDED}), with_extras(), NOW)

    assert warnings(outcome) == ["“Other” is disconnected on 2026-04-02, before it turns paid, and “Extra” with it."]


def test_a_guard_is_taken_back_for_what_it_was_set_on() -> None:
    before = number(options={PROMO: FREE, OTHER: GUARDED})
    after = PromoGuardSet().check(before, with_extras(), NOW).after

    assert after.options == {PROMO: GUARDED, OTHER: GUARDED}
    assert PromoGuardSet().inverse(before, after, with_extras()) == (PromoGuardClear(PROMO),)
    cleared = PromoGuardClear().check(after, with_extras(), NOW)
    assert cleared.after.options == {PROMO: FREE, OTHER: FREE}
    assert PromoGuardClear().inverse(after, cleared.after, with_extras()) == (
        PromoGuardSet(PROMO),
        PromoGuardSet(OTHER),
    )


def test_without_its_guard_an_option_turns_paid_and_says_so() -> None:
    outcome = PromoGuardClear(PROMO).check(
        number(options={PROMO: GUARDED._replace(guard_journal_id=9)}), catalogue(), NOW
    )

    assert outcome.after.options == {PROMO: FREE}
    assert warnings(outcome) == ["“Promo” is free of its fee until 2026-04-02; from then on it costs ₽5.00 a day."]


def test_disconnecting_a_guarded_option_leaves_nothing_to_guard() -> None:
    disconnected = OptionDisconnect(PROMO).check(number(options={PROMO: GUARDED}), catalogue(), NOW).after

    assert disconnected == number(used_promotions=frozenset({PROMO}))


@pytest.mark.parametrize(
    ("operation", "options", "expected"),
    [
        (PromoGuardSet(999), {}, (ErrorCode.NOT_FOUND, SET, NO_SUCH, None)),
        (
            PromoGuardSet(PROMO),
            {},
            (ErrorCode.NOT_AVAILABLE, SET, "“Promo” is not connected.", "Connect “Promo” first."),
        ),
        (
            PromoGuardSet(PROMO),
            {PROMO: Connected(EARLIER, NOW)},
            (
                ErrorCode.NOT_AVAILABLE,
                SET,
                "“Promo” is paid already: ₽5.00 a day. There is nothing to guard.",
                "Disconnect it now if nobody needs it.",
            ),
        ),
        (
            PromoGuardSet(PROMO),
            {PROMO: GUARDED},
            (
                ErrorCode.ALREADY_DONE,
                SET,
                "“Promo” is to be disconnected on 2026-04-02 already, before it turns paid.",
                "There is nothing to do.",
            ),
        ),
        (
            PromoGuardSet(),
            {PROMO: GUARDED, PLAIN: Connected(EARLIER)},
            (
                ErrorCode.ALREADY_DONE,
                SET,
                "All options of the number that are free until a day are guarded already.",
                "There is nothing to do.",
            ),
        ),
        (
            PromoGuardSet(),
            {PLAIN: Connected(EARLIER)},
            (
                ErrorCode.ALREADY_DONE,
                SET,
                "No option of the number is free until a day and still to turn paid.",
                "There is nothing to do.",
            ),
        ),
        (PromoGuardClear(999), {}, (ErrorCode.NOT_FOUND, CLEAR, NO_SUCH, None)),
        (
            PromoGuardClear(PROMO),
            {PROMO: FREE},
            (
                ErrorCode.ALREADY_DONE,
                CLEAR,
                "“Promo” is not guarded: nothing disconnects it before it turns paid.",
                "There is nothing to do.",
            ),
        ),
        (
            PromoGuardClear(),
            {PROMO: FREE},
            (
                ErrorCode.ALREADY_DONE,
                CLEAR,
                "No option of the number is to be disconnected before it turns paid.",
                "There is nothing to do.",
            ),
        ),
    ],
)
def test_refusals(
    operation: PromoGuardSet | PromoGuardClear, options: dict[int, Connected], expected: tuple[object, ...]
) -> None:
    refused = number(options=options)

    outcome = operation.check(refused, catalogue(), NOW)

    assert (outcome.after, refusals(outcome)) == (refused, [expected])
    assert all(each.message.render(Language.RU) for each in outcome.refusals)


@pytest.mark.parametrize("operation", [PromoGuardSet(PROMO), PromoGuardClear(PROMO)])
def test_a_number_that_was_given_back_is_refused(operation: PromoGuardSet | PromoGuardClear) -> None:
    outcome = operation.check(number(status="CLOSED", options={PROMO: FREE}), catalogue(), NOW)

    assert refusals(outcome) == [(ErrorCode.NOT_AVAILABLE, (), "The number was given back to the operator.", None)]
