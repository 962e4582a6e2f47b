"""The calendar of what turns paid: by day and option, with the fees that begin, that are prevented, and of all."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from authz.actions import Action
from authz.enforcer import Effect, Rule, extended
from authz.principal import Grant, Principal
from gateway.kit.errors import ErrorCode
from tests.factories.register import FOREIGN_OWNER, Register

COMPANY = 90
OWNER = Principal("administrator", 1, "Owner", (Grant(1, COMPANY, "owner"),))
MANAGER = Principal("administrator", 2, "Manager", (Grant(2, COMPANY, "manager", frozenset({92})),))
DAYS = """nodes {
  day monthly { amount } prevented { amount } forecast { amount }
  endings { option { code } numberCount guardedCount monthly { amount } prevented { amount } }
}"""
CALENDAR = f'query {{ company(by: {{id: "com_90"}}) {{ promoCalendar {{ totalCount {DAYS} }} }} }}'
ARRANGED = (
    """INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status)
       VALUES (90, 'Promotions', '7743013902', 'C-90', 'Moscow', 'Asia/Yekaterinburg', 'ACTIVE')""",
    """INSERT INTO departments (company_id, id, name, parent_id, ancestor_ids, path)
       VALUES (90, 91, 'Top', NULL, '{91}', '{Top}'), (90, 92, 'Below', 91, '{91,92}', '{Top,Below}')""",
    """INSERT INTO numbers (company_id, id, msisdn, kind, status, department_id, tariff_id) VALUES
       (90, 9001, '79290009001', 'VOICE', 'ACTIVE', 91, 2), (90, 9002, '79290009002', 'VOICE', 'ACTIVE', 92, 2),
       (90, 9003, '79290009003', 'VOICE', 'BLOCKED', NULL, 1), (90, 9004, '79290009004', 'VOICE', 'SUSPENDED', NULL, 2),
       (90, 9005, '79290009005', 'VOICE', 'CLOSED', NULL, 2), (90, 9006, '79290009006', 'VOICE', 'ACTIVE', NULL, 2)""",
    """INSERT INTO connected_options (company_id, number_id, option_id, connected_at, promo_ends_at, disconnects_at)
       VALUES (90, 9001, 2, '2025-01-01', '2125-01-01T20:00Z', NULL),
       (90, 9002, 2, '2025-01-01', '2125-01-02T10:00Z', '2125-01-02T07:00Z'),
       (90, 9003, 1, '2025-01-01', NULL, NULL), (90, 9003, 4, '2025-01-01', '2125-07-01T00:00Z', NULL),
       (90, 9004, 2, '2025-01-01', '2125-07-01T00:00Z', NULL), (90, 9005, 2, '2025-01-01', '2125-07-01T00:00Z', NULL),
       (90, 9006, 2, '2025-01-01', '2025-02-01', NULL)""",
    "INSERT INTO option_prices VALUES (2, '2125-06-01', 5000, 45000)",
)
REMOVED = (
    "DELETE FROM option_prices WHERE valid_from = '2125-06-01'",
    "DELETE FROM numbers WHERE company_id = 90",
    "DELETE FROM departments WHERE company_id = 90",
    "DELETE FROM companies WHERE id = 90",
)


@pytest.fixture(autouse=True)
async def _company(register: Register) -> AsyncIterator[None]:
    for statement in ARRANGED:
        await register.execute(statement)
    yield
    for statement in REMOVED:
        await register.execute(statement)


def roubles(amount: str) -> dict[str, str]:
    return {"amount": amount}


def ending(code: str, numbers: int, guarded: int, monthly: str, prevented: str) -> dict[str, Any]:
    return {
        "option": {"code": code},
        "numberCount": numbers,
        "guardedCount": guarded,
        "monthly": roubles(monthly),
        "prevented": roubles(prevented),
    }


def day(date: str, monthly: str, prevented: str, forecast: str, *endings: dict[str, Any]) -> dict[str, Any]:
    money = {"monthly": roubles(monthly), "prevented": roubles(prevented), "forecast": roubles(forecast)}
    return {"day": date, **money, "endings": list(endings)}


async def test_days_are_the_companys_and_fees_those_of_the_day(register: Register) -> None:
    data = await register.data(CALENDAR, by=OWNER)

    # Paid today: four tariffs of 500.00, options of 200.00 and 400.00; fees by the day rest on a blocked number.
    assert data["company"]["promoCalendar"] == {
        "totalCount": 2,
        "nodes": [
            day("2125-01-02", "400.00", "400.00", "3000.00", ending("NET_50", 2, 1, "400.00", "400.00")),
            day(
                "2125-07-01",
                "450.00",
                "0.00",
                "3450.00",
                ending("NET_50", 1, 0, "450.00", "0.00"),
                ending("SMS_100", 1, 0, "0.00", "0.00"),
            ),
        ],
    }


async def test_what_goes_along_with_a_guarded_option_is_paid_until_then(register: Register) -> None:
    await register.execute(
        """INSERT INTO connected_options (company_id, number_id, option_id, connected_at, promo_ends_at, disconnects_at)
           VALUES (90, 9006, 4, '2025-01-01', '2125-01-02T10:00Z', '2125-01-02T07:00Z'),
                  (90, 9006, 3, '2025-01-01', NULL, NULL)"""
    )
    source = CALENDAR.replace("promoCalendar", "promoCalendar(first: 1)")

    [first] = (await register.data(source, by=OWNER))["company"]["promoCalendar"]["nodes"]

    # 900.00 of the option that requires the guarded one end on that day.
    assert first["forecast"] == roubles("3000.00")
    assert first["endings"] == [
        ending("NET_50", 2, 1, "400.00", "400.00"),
        ending("SMS_100", 1, 1, "0.00", "91.31"),
    ]


async def test_what_goes_along_with_a_guarded_option_never_turns_paid(register: Register) -> None:
    await register.execute(
        """INSERT INTO connected_options (company_id, number_id, option_id, connected_at, promo_ends_at, disconnects_at)
           VALUES (90, 9006, 4, '2025-01-01', '2125-01-02T10:00Z', '2125-01-02T07:00Z'),
                  (90, 9006, 3, '2025-01-01', '2125-08-01T00:00Z', NULL)"""
    )

    *_, last = (await register.data(CALENDAR, by=OWNER))["company"]["promoCalendar"]["nodes"]

    assert last == day("2125-08-01", "0.00", "900.00", "3450.00", ending("WORLD", 1, 1, "0.00", "900.00"))


async def test_a_department_has_its_own_calendar(register: Register) -> None:
    source = f'{{ nodes(ids: ["dep_91", "dep_92"]) {{ ... on Department {{ promoCalendar {{ {DAYS} }} }} }} }}'

    data = await register.data(source, by=OWNER)

    top, below = (node["promoCalendar"]["nodes"] for node in data["nodes"])
    assert top == [day("2125-01-02", "400.00", "400.00", "1400.00", ending("NET_50", 2, 1, "400.00", "400.00"))]
    assert below == [day("2125-01-02", "0.00", "400.00", "500.00", ending("NET_50", 1, 1, "0.00", "400.00"))]


async def test_a_manager_sees_what_turns_paid_in_the_department_only(register: Register) -> None:
    data = await register.data(CALENDAR, by=MANAGER)

    assert data["company"]["promoCalendar"]["nodes"] == [
        day("2125-01-02", "0.00", "400.00", "500.00", ending("NET_50", 1, 1, "0.00", "400.00"))
    ]


async def test_a_forecast_is_for_those_who_see_tariffs_in_that_company(register: Register) -> None:
    rules = frozenset(Rule("own", action, Effect.ALLOW) for action in Action if action is not Action.TARIFF_READ)
    grants = (Grant(1, COMPANY, "own"), Grant(2, 1, "owner"))
    without = Principal("administrator", 3, "Without tariffs", grants, extended(rules))

    refused = await register.ask(CALENDAR, by=without)
    shown = await register.data(CALENDAR.replace("forecast { amount }", ""), by=without)

    assert {cause.extensions["action"] for cause in refused.causes} == {"tariff:read"}
    assert [day["day"] for day in shown["company"]["promoCalendar"]["nodes"]] == ["2125-01-02", "2125-07-01"]


async def test_nobody_else_sees_a_calendar(register: Register) -> None:
    assert await register.data(CALENDAR, by=FOREIGN_OWNER) == {"company": None}


async def test_pages_go_on_with_the_same_forecast(register: Register) -> None:
    source = """query ($after: String) { company(by: {id: "com_90"}) { promoCalendar(first: 1, after: $after) {
      nodes { forecast { amount } } pageInfo { hasNextPage endCursor }
    } } }"""

    first = (await register.data(source, by=OWNER))["company"]["promoCalendar"]
    after = {"after": first["pageInfo"]["endCursor"]}
    second = (await register.data(source, after, by=OWNER))["company"]["promoCalendar"]

    assert [page["nodes"] for page in (first, second)] == [
        [{"forecast": roubles("3000.00")}],
        [{"forecast": roubles("3450.00")}],
    ]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]


async def test_many_calendars_take_one_statement_and_two_more_for_the_forecast(register: Register) -> None:
    source = '{ nodes(ids: ["dep_91", "dep_92"]) { ... on Department { promoCalendar { nodes { %s } } } } }'

    await register.data(source % "day endings { numberCount }", by=OWNER)
    without = [each for each in register.db.statements if "connected_options" in each]
    await register.data(source % "day forecast { amount }", by=OWNER)
    tallied = [each for each in register.db.statements if "count(*)" in each]

    assert (len(without), len(tallied)) == (1, 3)


@pytest.mark.parametrize(
    ("promo", "ids"),
    [
        ({}, ["num_9001", "num_9002", "num_9003", "num_9004"]),
        ({"from": "2125-01-02", "to": "2125-01-02"}, ["num_9001", "num_9002"]),
        ({"to": "2125-01-01"}, []),
        ({"from": "2125-01-03", "optionIds": ["opt_4"]}, ["num_9003"]),
        ({"optionIds": []}, []),
        ({"guarded": True}, ["num_9002"]),
        ({"guarded": False, "to": "2125-02-01"}, ["num_9001"]),
    ],
)
async def test_the_numbers_behind_the_calendar_are_found(
    register: Register, promo: dict[str, Any], ids: list[str]
) -> None:
    source = """query ($promo: PromoFilter) { company(by: {id: "com_90"}) {
      numbers(filter: {promo: $promo}) { nodes { id } }
    } }"""

    data = await register.data(source, {"promo": promo}, by=OWNER)

    assert [node["id"] for node in data["company"]["numbers"]["nodes"]] == ids


async def test_what_goes_along_with_a_guarded_option_has_no_guard_of_its_own(register: Register) -> None:
    await register.execute(
        """INSERT INTO connected_options (company_id, number_id, option_id, connected_at, promo_ends_at, disconnects_at)
           VALUES (90, 9006, 4, '2025-01-01', '2125-01-02T10:00Z', '2125-01-02T07:00Z'),
                  (90, 9006, 3, '2025-01-01', '2125-08-01T00:00Z', NULL)"""
    )
    source = """query ($promo: PromoFilter) { company(by: {id: "com_90"}) {
      numbers(filter: {promo: $promo}) { nodes { id } }
    } }"""

    found = []
    for guarded in (None, True, False):
        promo = {"optionIds": ["opt_3"], "guarded": guarded}
        data = await register.data(source, {"promo": promo}, by=OWNER)
        found.append([node["id"] for node in data["company"]["numbers"]["nodes"]])

    assert found == [["num_9006"], [], ["num_9006"]]


async def test_days_the_wrong_way_round_are_refused(register: Register) -> None:
    promo = '{from: "2125-01-03", to: "2125-01-02"}'
    source = f"""{{ company(by: {{id: "com_90"}}) {{ numbers(filter: {{promo: {promo}}}) {{ nodes {{ id }} }} }} }}"""

    answer = await register.ask(source, by=OWNER)

    [refusal] = answer.causes
    assert (refusal.code, refusal.field) == (ErrorCode.INVALID, ("filter", "promo", "to"))


async def test_an_id_that_is_no_option_is_refused_where_it_stands(register: Register) -> None:
    source = """{ company(by: {id: "com_90"}) { numbers(filter: {promo: {optionIds: ["tar_1"]}}) { nodes { id } } } }"""

    answer = await register.ask(source, by=OWNER)

    [refusal] = answer.causes
    assert (refusal.code, refusal.field) == (ErrorCode.INVALID, ("filter", "promo", "optionIds"))


async def test_a_guarded_option_tells_when_it_is_disconnected_and_who_asked(register: Register) -> None:
    await register.execute("UPDATE connected_options SET guard_journal_id = 1 WHERE number_id = 5")
    source = """{ nodes(ids: ["num_9002", "num_5"]) { ... on Number { options {
      disconnectsAt guardOrigin { id actor { name } }
    } } } }"""

    data = await register.data(source, by=Principal("administrator", 1, "Both", (*OWNER.grants, Grant(3, 1, "owner"))))
    await register.execute("UPDATE connected_options SET guard_journal_id = NULL WHERE number_id = 5")

    assert [node["options"] for node in data["nodes"]] == [
        [{"disconnectsAt": "2125-01-02T07:00:00+00:00", "guardOrigin": None}],
        [{"disconnectsAt": None, "guardOrigin": {"id": "jrn_1", "actor": {"name": "Owner then"}}}],
    ]
