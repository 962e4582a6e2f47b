"""Filters of numbers: each field alone and together, against the rule by which the register was made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from tests.factories.register import REPORTING, SIZE, Register

Rule = Callable[[int], bool]
"""Whether number n is meant."""

IDS = """query ($filter: NumberFilter) {
  company(by: {id: "com_1"}) { numbers(first: 10000, filter: $filter) { totalCount nodes { id } } }
}"""
JUNE = datetime(2025, 6, 1, tzinfo=UTC)


def department(n: int) -> int | None:
    return (None, 1, 2, 3, 4)[n % 5]


FILTERS: list[tuple[dict[str, object], Rule]] = [
    ({}, lambda n: True),
    ({"msisdnPrefix": "8 (926) 000-00"}, lambda n: n < 100),
    ({"msisdnPrefix": "+7926000499"}, lambda n: 4990 <= n < 5000),
    ({"msisdnSuffix": "123"}, lambda n: n % 1000 == 123),
    ({"msisdnSuffix": "00-12-34"}, lambda n: n == 1234),
    ({"search": "КОРОЛЕВ"}, lambda n: n <= 30 and n % 3 == 0),
    ({"search": "ежик анна"}, lambda n: n <= 30 and n % 3 == 1),
    ({"search": "route королёв"}, lambda n: n in (12, 24)),
    ({"search": "+7 (926) 000-00-12"}, lambda n: n == 12),
    ({"search": "Route 48"}, lambda n: n % 4 == 0 and (n % 50 == 48 or "48" in f"{n:04}")),
    ({"search": "100%"}, lambda n: False),
    ({"search": "rout_"}, lambda n: False),
    ({"search": "rout\\"}, lambda n: False),
    ({"search": "  "}, lambda n: True),
    ({"status": ["BLOCKED", "CLOSED"]}, lambda n: n % 5 in (1, 4)),
    ({"status": []}, lambda n: False),
    ({"kind": ["IOT"]}, lambda n: n % 3 == 2),
    ({"tariffIds": ["tar_1", "tar_3"]}, lambda n: n % 3 in (0, 2)),
    ({"tariffIds": ["tar_999"]}, lambda n: False),
    ({"optionIds": ["opt_1", "opt_4", "opt_1"]}, lambda n: n % 6 == 0),
    ({"optionIds": []}, lambda n: True),
    ({"withoutOptionIds": ["opt_1", "opt_4"]}, lambda n: n % 2 != 0 and n % 3 != 0 and n != 1),
    ({"departmentIds": ["dep_2"]}, lambda n: department(n) in (2, 3)),
    ({"departmentIds": ["dep_1", "dep_4"]}, lambda n: department(n) is not None),
    ({"departmentIds": ["dep_6"]}, lambda n: False),
    ({"employeeId": "emp_2"}, lambda n: n <= 30 and n % 3 == 1),
    ({"employeeId": "emp_5"}, lambda n: False),
    ({"unassigned": True}, lambda n: n > 30),
    ({"unassigned": False}, lambda n: n <= 30),
    (
        {"updatedSince": "2025-06-04T13:00:00+03:00"},
        lambda n: JUNE + timedelta(hours=n % 83) >= JUNE + timedelta(hours=82),
    ),
    (
        {"search": "route", "status": ["ACTIVE"], "kind": ["VOICE"], "withoutOptionIds": ["opt_3"], "unassigned": True},
        lambda n: n % 4 == 0 and n % 5 == 0 and n % 3 == 0 and n > 30,
    ),
    ({"search": None, "status": None, "optionIds": None, "unassigned": None}, lambda n: True),
]


@pytest.mark.parametrize(("given", "rule"), FILTERS, ids=[str(given) for given, _ in FILTERS])
async def test_a_filter_finds_what_it_says(register: Register, given: dict[str, object], rule: Rule) -> None:
    expected = [f"num_{n}" for n in range(1, SIZE + 1) if rule(n)]

    data = await register.data(IDS, {"filter": given}, by=REPORTING)

    found = data["company"]["numbers"]
    assert [node["id"] for node in found["nodes"]] == expected
    assert found["totalCount"] == len(expected)


REFUSED: list[tuple[dict[str, object], ErrorCode, str, str, str]] = [
    (
        {"msisdnPrefix": "abc"},
        ErrorCode.INVALID,
        "msisdnPrefix",
        "“abc” is not the beginning of a phone number. Write one to fifteen digits: 8926, +7926 or 926.",
        "«abc» — не начало номера телефона. Напишите от одной до пятнадцати цифр: 8926, +7926 или 926.",
    ),
    (
        {"msisdnSuffix": "12"},
        ErrorCode.INVALID,
        "msisdnSuffix",
        "“12” is not the end of a phone number. Write its last three to fifteen digits.",
        "«12» — не окончание номера телефона. Напишите от трёх до пятнадцати последних цифр.",
    ),
    (
        {"search": "x" * 201},
        ErrorCode.TOO_LARGE,
        "search",
        "The search is longer than 200 characters. Fewer words find more.",
        "Поисковый запрос длиннее 200 символов. Чем меньше слов, тем больше найдётся.",
    ),
    (
        {"tariffIds": ["opt_1"]},
        ErrorCode.INVALID,
        "tariffIds",
        "opt_1 is an id of type Option; here one of type Tariff is wanted, which looks like tar_123.",
        "opt_1 — идентификатор объекта Option; здесь нужен идентификатор Tariff, он выглядит так: tar_123.",
    ),
    (
        {"employeeId": "7"},
        ErrorCode.INVALID,
        "employeeId",
        "“7” is not a global id. Ids are taken from answers as they are; they look like emp_123.",
        "«7» — не глобальный идентификатор. Идентификаторы берутся из ответов без изменений и выглядят так: emp_123.",
    ),
    (
        {"departmentIds": ["dep_1"] * 1001},
        ErrorCode.TOO_LARGE,
        "departmentIds",
        "1,001 values are too many; departmentIds takes at most 1,000. Split the request.",
        "1\N{NO-BREAK SPACE}001 значение — слишком много: departmentIds принимает не больше 1\N{NO-BREAK SPACE}000. "
        "Разделите запрос.",
    ),
]


@pytest.mark.parametrize(("given", "code", "field", "en", "ru"), REFUSED, ids=[row[2] for row in REFUSED])
async def test_a_filter_that_cannot_be_is_refused_at_its_field(
    register: Register, given: dict[str, object], code: ErrorCode, field: str, en: str, ru: str
) -> None:
    answer = await register.ask(IDS, {"filter": given}, by=REPORTING)

    (refusal,) = answer.causes
    assert (refusal.code, refusal.field) == (code, ("filter", field))
    assert refusal.message.render(Language.EN) == en
    assert refusal.message.render(Language.RU) == ru
    assert answer.errors[0].path == ["company", "numbers"]
    assert register.db.statements == register.db.statements[:1]
