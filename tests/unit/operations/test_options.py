"""Connecting and disconnecting options: prices, promotions, and every refusal with its way out."""

from datetime import UTC, datetime

import pytest

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.operations.operation import Outcome
from gateway.operations.options import NO_OPTION, OptionConnect, OptionDisconnect
from gateway.operations.state import Connected, NumberState
from tests.unit.operations.catalogues import (
    ADD_ON,
    ARCHIVED,
    BUSINESS_ONLY,
    EARLIER,
    FOR_MACHINES,
    HOPELESS,
    NORTHERN,
    NOW,
    PLAIN,
    PROMO,
    RIVAL,
    catalogue,
    number,
)

CONNECT = ("optionConnect", "optionId")
DISCONNECT = ("optionDisconnect", "optionId")
PROMO_ENDS = datetime(2026, 4, 29, 21, 30, tzinfo=UTC)


def refusals(outcome: Outcome, language: Language = Language.EN) -> list[tuple[str, tuple[str, ...], str, str | None]]:
    return [
        (each.code, each.field, each.message.render(language), each.hint.render(language) if each.hint else None)
        for each in outcome.refusals
    ]


def warnings(outcome: Outcome, language: Language = Language.EN) -> list[str]:
    return [each.render(language) for each in outcome.warnings]


def test_connecting_costs_the_connection_fee_and_the_fee_of_a_month() -> None:
    outcome = OptionConnect(PLAIN).check(number(PROMO), catalogue(), NOW)

    assert outcome == Outcome(number(PROMO).with_option(PLAIN, Connected(NOW)), 5_000, 10_000)


def test_a_promotion_puts_the_fee_off_and_says_until_when_where_the_company_is() -> None:
    outcome = OptionConnect(PROMO).check(number(), catalogue(), NOW)

    assert outcome.after.options == {PROMO: Connected(NOW, PROMO_ENDS)}
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks) == (0, 15_219)
    assert warnings(outcome) == ["“Promo” is free of its fee until 2026-04-30; from then on it costs ₽5.00 a day."]
    assert warnings(outcome, Language.RU) == [
        "Опция «Promo» бесплатна до 30.04.2026, затем стоит 5,00\N{NO-BREAK SPACE}₽ в день."
    ]


def test_a_promotion_is_given_once() -> None:
    connected = OptionConnect(PROMO).check(number(), catalogue(), NOW).after
    disconnected = OptionDisconnect(PROMO).check(connected, catalogue(), NOW)
    again = OptionConnect(PROMO).check(disconnected.after, catalogue(), NOW)

    assert warnings(disconnected) == [
        "The promotion of “Promo”, free until 2026-04-30, ends with this and does not come back."
    ]
    assert again.after.options == {PROMO: Connected(NOW)}
    assert warnings(again) == [
        "The promotion of “Promo” was used on this number before: its fee of ₽5.00 a day is taken from the first day."
    ]


@pytest.mark.parametrize(
    ("option_id", "state", "expected"),
    [
        (999, number(), (ErrorCode.NOT_FOUND, CONNECT, NO_OPTION.en, None)),
        (
            PLAIN,
            number(PLAIN),
            (
                ErrorCode.ALREADY_DONE,
                CONNECT,
                "“Plain” has been connected since 2026-01-15.",
                "There is nothing to do.",
            ),
        ),
        (
            ARCHIVED,
            number(),
            (
                ErrorCode.NOT_AVAILABLE,
                CONNECT,
                "“Archived” is no longer sold.",
                "Choose another one; those that can be connected now are listed at the number.",
            ),
        ),
        (
            FOR_MACHINES,
            number(kind="MODEM"),
            (
                ErrorCode.NOT_AVAILABLE,
                CONNECT,
                "“For machines” is not sold for this kind of number: modems and tablets. It is sold for: machines.",
                "Choose another one; those that can be connected now are listed at the number.",
            ),
        ),
        (
            NORTHERN,
            number(),
            (
                ErrorCode.NOT_AVAILABLE,
                CONNECT,
                "“Northern” is sold in the region “North”; the company is served in “Moscow”.",
                "Choose another one; those that can be connected now are listed at the number.",
            ),
        ),
        (
            BUSINESS_ONLY,
            number(),
            (
                ErrorCode.NOT_AVAILABLE,
                CONNECT,
                "“Business only” is not sold with the tariff “Basic”.",
                "Change the tariff first, to one of: “Business”.",
            ),
        ),
        (
            ADD_ON,
            number(),
            (
                ErrorCode.CONFLICT,
                CONNECT,
                "“Add-on” works only together with “Plain”.",
                "Connect “Plain” first.",
            ),
        ),
        (
            PLAIN,
            number(RIVAL),
            (
                ErrorCode.CONFLICT,
                CONNECT,
                "“Plain” cannot be combined with “Rival”, which has been connected since 2026-01-15.",
                "Disconnect “Rival” first.",
            ),
        ),
        (
            PLAIN,
            number(status="BLOCKED"),
            (ErrorCode.NOT_AVAILABLE, (), "The number is blocked.", "Unblock it first."),
        ),
        (
            PLAIN,
            number(status="CLOSED"),
            (ErrorCode.NOT_AVAILABLE, (), "The number was given back to the operator.", None),
        ),
        (
            PLAIN,
            number(company_status="SUSPENDED"),
            (
                ErrorCode.NOT_AVAILABLE,
                (),
                "Service of the company is suspended.",
                "Your manager at the operator knows the reason.",
            ),
        ),
    ],
)
def test_connecting_is_refused_with_the_way_out(
    option_id: int, state: NumberState, expected: tuple[str, tuple[str, ...], str, str | None]
) -> None:
    outcome = OptionConnect(option_id).check(state, catalogue(), NOW)

    assert refusals(outcome) == [expected]
    assert outcome.after is state
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks, outcome.warnings) == (0, 0, ())


def test_all_that_speaks_against_connecting_is_told_at_once() -> None:
    assert [message for _, _, message, _ in refusals(OptionConnect(HOPELESS).check(number(), catalogue(), NOW))] == [
        "“Hopeless” is no longer sold.",
        "“Hopeless” is not sold for this kind of number: phones. It is sold for: machines.",
        "“Hopeless” is sold in the region “North”; the company is served in “Moscow”.",
    ]


def test_refusals_speak_russian() -> None:
    assert refusals(OptionConnect(ADD_ON).check(number(), catalogue(), NOW), Language.RU) == [
        (
            ErrorCode.CONFLICT,
            CONNECT,
            "Опция «Add-on» работает только вместе с «Plain».",
            "Сначала подключите «Plain».",
        )
    ]


def test_disconnecting_saves_the_fee_and_pays_nothing_back() -> None:
    outcome = OptionDisconnect(PLAIN).check(number(PLAIN), catalogue(), NOW)

    assert outcome.after == number()
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks) == (0, -10_000)
    assert warnings(outcome) == ["Connecting “Plain” again will cost ₽50.00."]


def test_what_is_no_longer_sold_does_not_come_back() -> None:
    assert warnings(OptionDisconnect(ARCHIVED).check(number(ARCHIVED), catalogue(), NOW)) == [
        "“Archived” is no longer sold: it cannot be connected again."
    ]


def test_a_promotion_that_is_over_is_not_mourned() -> None:
    state = number().with_option(PROMO, Connected(EARLIER, EARLIER))

    outcome = OptionDisconnect(PROMO).check(state, catalogue(), NOW)

    assert outcome.warnings == ()
    assert outcome.after.used_promotions == {PROMO}


@pytest.mark.parametrize("status", ["ACTIVE", "BLOCKED", "SUSPENDED", "DORMANT"])
def test_disconnecting_is_possible_until_the_number_is_closed(status: str) -> None:
    assert OptionDisconnect(PLAIN).check(number(PLAIN, status=status), catalogue(), NOW).refusals == ()


@pytest.mark.parametrize(
    ("option_id", "state", "expected"),
    [
        (999, number(), (ErrorCode.NOT_FOUND, DISCONNECT, NO_OPTION.en, None)),
        (
            PLAIN,
            number(),
            (ErrorCode.ALREADY_DONE, DISCONNECT, "“Plain” is not connected.", "There is nothing to do."),
        ),
        (
            PLAIN,
            number(PLAIN, ADD_ON),
            (
                ErrorCode.CONFLICT,
                DISCONNECT,
                "“Add-on” works only together with “Plain”.",
                "Disconnect “Add-on” first.",
            ),
        ),
        (
            PLAIN,
            number(PLAIN, company_status="CLOSED"),
            (ErrorCode.NOT_AVAILABLE, (), "The company's contract has ended.", None),
        ),
    ],
)
def test_disconnecting_is_refused_with_the_way_out(
    option_id: int, state: NumberState, expected: tuple[str, tuple[str, ...], str, str | None]
) -> None:
    outcome = OptionDisconnect(option_id).check(state, catalogue(), NOW)

    assert refusals(outcome) == [expected]
    assert outcome.after is state
