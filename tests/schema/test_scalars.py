"""Scalars: what they take, what they answer, and what they say to everything else."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution import Engine
from gateway.kit.errors import Refusal
from gateway.kit.texts import Language
from gateway.transport.answers import present_all
from schema.money import roubles
from schema.root import build_schema
from schema.scalars import SCALARS, Inn, Long, PhoneNumber
from tests.factories.register import Register


def parse(scalar: object, value: object) -> object:
    parser = SCALARS[scalar].parse_value
    assert parser is not None
    return parser(value)


def serialize(scalar: object, value: object) -> object:
    serializer = SCALARS[scalar].serialize
    assert serializer is not None
    return serializer(value)


@pytest.mark.parametrize(
    ("scalar", "given", "parsed"),
    [
        (datetime, "2026-01-31T09:30:00+03:00", datetime(2026, 1, 31, 6, 30, tzinfo=UTC)),
        (datetime, "2026-01-31t09:30:00.123456789z", datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)),
        (datetime, "2026-01-31 09:30:00-00:30", datetime(2026, 1, 31, 10, 0, tzinfo=UTC)),
        (date, "2024-02-29", date(2024, 2, 29)),
        (Decimal, "-1250.00", Decimal("-1250.00")),
        (Decimal, 7, Decimal(7)),
        (Long, 2**63 - 1, 2**63 - 1),
        (Long, -(2**63), -(2**63)),
        (PhoneNumber, "8 (926) 123-45-67", "79261234567"),
        (PhoneNumber, 9261234567, "79261234567"),
        (Inn, "7707 083 893", "7707083893"),
    ],
)
def test_what_a_scalar_takes(scalar: object, given: object, parsed: object) -> None:
    assert parse(scalar, given) == parsed


MOMENT_EN = "is not a moment. Write date, time and offset: 2026-01-31T09:30:00+03:00, or Z for UTC."
MOMENT_RU = "— не момент времени. Напишите дату, время и смещение: 2026-01-31T09:30:00+03:00 или Z для UTC."
REFUSED = [
    *(
        (datetime, given, f"“{given}” {MOMENT_EN}", f"«{given}» {MOMENT_RU}")
        for given in (
            *(
                "2026-01-31T09:30:00",
                "2026-02-30T00:00:00Z",
                "2026-01-31",
                "20260131T093000Z",
                "0001-01-01T00:00:00+14:00",
            ),
            *("2026-01-31T09:30:00+25:00", "", 1_700_000_000, None),
        )
    ),
    (
        date,
        "31.01.2026",
        "“31.01.2026” is not a date. Write year, month and day: 2026-01-31.",
        "«31.01.2026» — не дата. Напишите год, месяц и день: 2026-01-31.",
    ),
    (
        date,
        "2026-02-30",
        "“2026-02-30” is not a date. Write year, month and day: 2026-01-31.",
        "«2026-02-30» — не дата. Напишите год, месяц и день: 2026-01-31.",
    ),
    (
        Decimal,
        1.5,
        '“1.5” is not a decimal number. Send it as a string with a point: "1250.00".',
        '«1.5» — не десятичное число. Передайте его строкой с точкой: "1250.00".',
    ),
    (
        Decimal,
        "NaN",
        '“NaN” is not a decimal number. Send it as a string with a point: "1250.00".',
        '«NaN» — не десятичное число. Передайте его строкой с точкой: "1250.00".',
    ),
    *(
        (
            Long,
            given,
            f"“{given}” is not an integer of 64 bits. Write digits only, between −2⁶³ and 2⁶³−1.",
            f"«{given}» — не 64-битное целое число. Напишите только цифры, от −2⁶³ до 2⁶³−1.",
        )
        for given in (2**63, "5", True, 1.0)
    ),
    (
        Inn,
        "7707083894",
        "“7707083894” is not an INN: 10 digits for a company, 12 for a person, the last ones are check digits. "
        "Compare it with the certificate.",
        "«7707083894» — не ИНН: 10 цифр у организации, 12 у человека, последние — контрольные. "
        "Сверьте его со свидетельством.",
    ),
]


@pytest.mark.parametrize(("scalar", "given", "en", "ru"), REFUSED)
def test_what_a_scalar_refuses_in_both_languages(scalar: object, given: object, en: str, ru: str) -> None:
    with pytest.raises(Refusal) as raised:
        parse(scalar, given)

    assert raised.value.message.render(Language.EN) == en
    assert raised.value.message.render(Language.RU) == ru


@pytest.mark.parametrize(
    ("scalar", "value", "answer"),
    [
        (datetime, datetime(2026, 1, 31, 9, 30, tzinfo=UTC), "2026-01-31T09:30:00+00:00"),
        (date, date(2024, 2, 29), "2024-02-29"),
        (Decimal, Decimal("1250.00"), "1250.00"),
        (Long, 2**40, 2**40),
        (PhoneNumber, "79261234567", "+79261234567"),
        (Inn, "7707083893", "7707083893"),
    ],
)
def test_what_a_scalar_answers(scalar: object, value: object, answer: object) -> None:
    assert serialize(scalar, value) == answer


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-23 * 60, 23 * 60))
def test_a_moment_comes_back_whatever_its_offset(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert parse(datetime, serialize(datetime, aware)) == aware


@given(st.integers(-(2**63), 2**63 - 1))
def test_money_is_shown_to_the_kopeck(kopecks: int) -> None:
    shown = roubles({"kopecks": kopecks})

    assert Decimal(shown) * 100 == kopecks
    assert len(shown.partition(".")[2]) == 2


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ('{ number(by: {msisdn: "call me"}) { id } }', None),
        ("query ($n: PhoneNumber) { number(by: {msisdn: $n}) { id } }", {"n": "call me"}),
    ],
)
async def test_a_refused_value_never_runs_the_operation(
    register: Register, source: str, variables: dict[str, object] | None
) -> None:
    answer = await register.ask(source, variables)

    assert answer.data is None
    (refusal,) = answer.causes
    assert refusal.message.render(Language.RU).startswith("«call me» — не номер телефона. Напишите +7 926 123-45-67")
    assert register.db.statements == []


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ('{ number(by: { msisdn: "1" }) { id } }', ["by", "msisdn"]),
        ('{ company(by: { inn: "1" }) { id } }', ["by", "inn"]),
        (
            """mutation { bulkChangePlan(input: { companyId: "com_1", target: { filter: {} }, changes: [
              { labelSet: { label: "x" } }, { forwardingSet: { condition: BUSY, target: "1" } }
            ] }) { userErrors { code } } }""",
            ["input", "changes", "1", "forwardingSet", "target"],
        ),
    ],
)
def test_a_literal_that_a_scalar_refuses_is_told_with_its_place(document: str, field: list[str]) -> None:
    prepared = Engine(build_schema()).prepare(document)

    (entry,) = present_all(prepared.errors, Language.EN, "c0ffee")

    assert (entry["extensions"]["reason"], entry["extensions"]["field"]) == ("INVALID", field)
