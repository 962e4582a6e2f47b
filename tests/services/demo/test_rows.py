"""What the demo holds: complete, believable and within its own rules."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from authz.actions import Action
from authz.roles import BuiltInRole
from gateway.db import Database
from gateway.demo import API_KEY, LOGINS, OTHER_API_KEY, PASSWORD
from gateway.demo.companies import HEAD, OTHER, SUBSIDIARY, customers
from gateway.demo.people import Person, feminine
from gateway.kit.identifiers import parse_iccid, parse_inn
from gateway.kit.phones import parse_msisdn
from gateway.services.journal_verification import verify
from gateway.services.passwords import verify_password
from gateway.services.principals import Principals

MIDNIGHT = datetime(2026, 3, 31, tzinfo=UTC)


def test_large_demo_has_half_of_its_numbers_in_one_company_and_many_small_companies() -> None:
    sizes = {customer.id: customer.numbers for customer in customers(200_000)}
    assert sizes[HEAD] == 100_000
    assert sizes[SUBSIDIARY] == 40_000
    assert [sizes[company] for company in sizes if company not in (HEAD, SUBSIDIARY)] == [1_000] * 60


@pytest.mark.parametrize("numbers", [10, 101, 1_999, 2_000, 54_321])
def test_companies_share_all_numbers(numbers: int) -> None:
    assert sum(customer.numbers for customer in customers(numbers)) == numbers


async def test_companies_are_a_holding_and_a_stranger_with_valid_identifiers(demo: asyncpg.Connection) -> None:
    rows = await demo.fetch("SELECT * FROM companies ORDER BY id")
    assert [(row["id"], row["parent_id"]) for row in rows] == [(HEAD, None), (SUBSIDIARY, HEAD), (OTHER, None)]
    for row in rows:
        assert parse_inn(row["inn"]) == row["inn"]
        assert re.fullmatch(r"[0-9]{9}", row["kpp"])
        assert re.fullmatch(r"1[0-9]{12}", row["ogrn"])
        assert int(row["ogrn"][:12]) % 11 % 10 == int(row["ogrn"][12])
        assert parse_msisdn(row["manager_phone"]) == row["manager_phone"]


async def test_numbers_are_of_every_kind_in_every_status(demo: asyncpg.Connection) -> None:
    assert await demo.fetchval("SELECT count(*) FROM numbers") == 2_000
    assert await demo.fetchval("SELECT count(*) FROM (SELECT DISTINCT kind, status FROM numbers) AS seen") == 15


async def test_numbers_and_sim_cards_are_written_as_stored(demo: asyncpg.Connection) -> None:
    rows = await demo.fetch("SELECT msisdn, iccid FROM numbers")
    assert all(parse_msisdn(row["msisdn"]) == row["msisdn"] for row in rows)
    cards = [row["iccid"] for row in rows if row["iccid"]]
    assert 1_900 < len(cards) < 2_000
    assert [parse_iccid(card) for card in cards] == cards
    assert len(set(cards)) == len(cards)


async def test_first_number_is_known(demo: asyncpg.Connection) -> None:
    row = await demo.fetchrow("SELECT company_id, msisdn, kind, status FROM numbers WHERE id = 1")
    assert row is not None
    assert tuple(row) == (HEAD, "79721000000", "VOICE", "ACTIVE")


async def test_some_numbers_are_unassigned_and_some_employees_have_several(demo: asyncpg.Connection) -> None:
    held = Counter(row["employee_id"] for row in await demo.fetch("SELECT employee_id FROM numbers"))
    assert held.pop(None) > 300
    assert sum(1 for numbers in held.values() if numbers > 1) > 100


async def test_departments_are_three_deep_with_cost_centres(demo: asyncpg.Connection) -> None:
    rows = await demo.fetch("""
        SELECT company_id, max(cardinality(path)) AS depth, count(DISTINCT path) = count(*) AS distinct_paths,
          bool_and(cost_centre <> '' AND path[cardinality(path)] = name AND ancestor_ids[cardinality(path)] = id)
        FROM departments GROUP BY company_id
    """)
    assert {tuple(row) for row in rows} == {(company, 3, True, True) for company in (HEAD, SUBSIDIARY, OTHER)}


async def test_employees_have_names_with_the_forms_of_their_gender(demo: asyncpg.Connection) -> None:
    names = [row["name"].split() for row in await demo.fetch("SELECT name FROM employees")]
    women = [name for name in names if name[2].endswith("на")]
    men = [name for name in names if name[2].endswith("ич")]
    assert len(women) + len(men) == len(names) == 1_100
    assert not [name for name in women if name[0].endswith(("ов", "ев", "ёв", "ин", "ский"))]
    assert not [name for name in men if name[0].endswith(("ова", "ева", "ёва", "ина", "ская"))]


@pytest.mark.parametrize(
    ("surname", "form"),
    [
        ("Белов", "Белова"),
        ("Вишневский", "Вишневская"),
        ("Калинин", "Калинина"),
        ("Черных", "Черных"),
        ("Шевченко", "Шевченко"),
    ],
)
def test_feminine_surname(surname: str, form: str) -> None:
    assert feminine(surname) == form


def test_mailbox_is_the_latin_name() -> None:
    assert Person("Щукина", "Юлия", "Фёдоровна").mailbox == "yu.shchukina"


async def test_catalogue_has_thirty_tariffs_and_sixty_options_in_five_themes(demo: asyncpg.Connection) -> None:
    tariffs = await demo.fetch("SELECT fee_period, archived, region, kinds FROM tariffs")
    themes = await demo.fetch("SELECT theme, count(*) FROM options GROUP BY theme")
    assert len(tariffs) == 30
    assert {tuple(row) for row in themes} == {
        (theme, 12) for theme in ("INTERNET", "CALLS", "ROAMING", "MESSAGES", "ADDITIONAL")
    }
    assert {row["fee_period"] for row in tariffs} == {"DAILY", "MONTHLY"}
    assert {row["archived"] for row in tariffs} == {True, False}
    assert {kind for row in tariffs for kind in row["kinds"]} == {"VOICE", "MODEM", "IOT"}
    assert await demo.fetchval("SELECT count(*) FROM tariff_packages WHERE amount IS NULL") > 3
    assert await demo.fetchval("SELECT count(*) FROM tariff_switch_fees") > 5


async def test_everything_has_a_price_today_and_some_a_new_one_next_month(
    demo: asyncpg.Connection, today: date
) -> None:
    rows = await demo.fetch("""
        SELECT 'tariff' AS item, tariff_id AS id, valid_from FROM tariff_prices
        UNION ALL SELECT 'option', option_id, valid_from FROM option_prices
    """)
    priced = {(row["item"], row["id"]) for row in rows if row["valid_from"] <= today}
    future = Counter(row["item"] for row in rows if row["valid_from"] == date(2026, 4, 1))
    assert len(priced) == 90
    assert future == {"tariff": 6, "option": 5}


async def test_rules_are_of_every_kind(demo: asyncpg.Connection) -> None:
    rows = await demo.fetch("SELECT kind, count(*) FROM option_rules GROUP BY kind")
    kinds = {row["kind"]: row["count"] for row in rows}
    assert kinds.keys() == {"REQUIRES", "EXCLUDES", "ONLY_FOR_TARIFF"}
    assert min(kinds.values()) >= 5


@pytest.mark.parametrize(
    "broken",
    [
        """SELECT FROM connected_options c JOIN option_rules r USING (option_id)
           WHERE r.kind = 'REQUIRES' AND NOT EXISTS (
             SELECT FROM connected_options o WHERE o.number_id = c.number_id AND o.option_id = r.other_option_id)""",
        """SELECT FROM connected_options c JOIN option_rules r USING (option_id)
             JOIN connected_options o ON o.number_id = c.number_id AND o.option_id = r.other_option_id
           WHERE r.kind = 'REQUIRES' AND o.connected_at > c.connected_at""",
        """SELECT FROM connected_options c JOIN option_rules r USING (option_id)
             JOIN connected_options o ON o.number_id = c.number_id AND o.option_id = r.other_option_id
           WHERE r.kind = 'EXCLUDES'""",
        """SELECT FROM connected_options c JOIN numbers n ON n.id = c.number_id
           WHERE c.option_id IN (SELECT option_id FROM option_rules WHERE kind = 'ONLY_FOR_TARIFF') AND NOT EXISTS (
             SELECT FROM option_rules r WHERE r.option_id = c.option_id AND r.tariff_id = n.tariff_id)""",
        """SELECT FROM connected_options c JOIN numbers n ON n.id = c.number_id JOIN options o ON o.id = c.option_id
           WHERE o.kinds <> '{}' AND n.kind <> ALL (o.kinds)""",
        """SELECT FROM numbers n JOIN companies c ON c.id = n.company_id JOIN tariffs t ON t.id = n.tariff_id
           WHERE t.region <> c.region OR (t.kinds <> '{}' AND n.kind <> ALL (t.kinds))""",
        """SELECT FROM connected_options c JOIN numbers n ON n.id = c.number_id
           WHERE c.connected_at < n.activated_at OR n.status = 'CLOSED'""",
        """SELECT FROM connected_options c JOIN options o ON o.id = c.option_id
           WHERE c.promo_ends_at IS DISTINCT FROM c.connected_at + o.promo_days * interval '1 day'""",
        "SELECT FROM used_promotions JOIN connected_options USING (company_id, number_id, option_id)",
        "SELECT FROM forwardings f JOIN numbers n ON n.id = f.number_id WHERE f.target = n.msisdn",
    ],
    ids=[
        "requires",
        "required before",
        "excludes",
        "only for",
        "kind",
        "tariff",
        "moment",
        "promotion",
        "used promotion",
        "forwarding",
    ],
)
async def test_no_number_breaks_the_rules(demo: asyncpg.Connection, broken: str) -> None:
    assert await demo.fetch(broken) == []


async def test_many_promotions_are_about_to_end(demo: asyncpg.Connection) -> None:
    ending = await demo.fetchval(
        "SELECT count(*) FROM connected_options WHERE promo_ends_at BETWEEN $1 AND $2",
        MIDNIGHT,
        MIDNIGHT + timedelta(7),
    )
    assert ending > 500


async def test_some_numbers_come_near_ninety_days_without_a_charge(demo: asyncpg.Connection) -> None:
    silent = await demo.fetchval(
        "SELECT count(*) FROM numbers WHERE status = 'ACTIVE' AND last_charged_at < $1", MIDNIGHT - timedelta(80)
    )
    dormant = await demo.fetchval(
        "SELECT bool_and(last_charged_at <= $1) FROM numbers WHERE status = 'DORMANT'", MIDNIGHT - timedelta(90)
    )
    assert silent > 20
    assert dormant is True


async def test_nothing_that_happened_lies_in_the_future(demo: asyncpg.Connection) -> None:
    latest = await demo.fetchval("""
        SELECT greatest((SELECT max(greatest(activated_at, last_charged_at, updated_at)) FROM numbers),
                        (SELECT max(connected_at) FROM connected_options), (SELECT max(since) FROM service_bans))
    """)
    assert latest <= MIDNIGHT


@pytest.mark.parametrize("table", ["forwardings", "service_bans", "spending_limits", "used_promotions"])
async def test_numbers_have_settings(demo: asyncpg.Connection, table: str) -> None:
    assert await demo.fetchval(await demo.fetchval("SELECT format('SELECT count(*) FROM %I', $1::text)", table)) > 50


@pytest.mark.parametrize("company", [HEAD, SUBSIDIARY, OTHER])
async def test_journal_is_an_unbroken_chain(demo_database: Database, company: int) -> None:
    verification = await verify(demo_database, company)
    assert verification.faults == ()
    assert verification.lines > 60


async def test_journal_came_through_many_channels_in_the_order_of_its_moments(demo: asyncpg.Connection) -> None:
    channels = await demo.fetchval(
        "SELECT array_agg(DISTINCT channel) FROM journal_entries WHERE company_id = $1", HEAD
    )
    moments = [row["at"] for row in await demo.fetch("SELECT at FROM journal_entries WHERE company_id = 1 ORDER BY id")]
    assert {"PORTAL", "USSD", "OFFICE", "SYSTEM"} <= set(channels)
    assert moments == sorted(moments)


async def test_options_lead_to_the_lines_that_connected_them(demo: asyncpg.Connection) -> None:
    rows = await demo.fetch("""
        SELECT c.option_id, c.connected_at, j.at, j.action, j.number_id = c.number_id AS same_number,
          (j.details -> 'parameters' ->> 'option_id')::bigint AS connected
        FROM connected_options c JOIN journal_entries j ON j.company_id = c.company_id AND j.id = c.journal_id
    """)
    assert len(rows) > 60
    for row in rows:
        assert (row["action"], row["same_number"]) == ("option:connect", True)
        assert (row["connected"], row["at"]) == (row["option_id"], row["connected_at"])


async def test_guarded_options_lead_to_the_lines_that_asked_for_it(demo: asyncpg.Connection) -> None:
    rows = await demo.fetch("""
        SELECT c.option_id, c.promo_ends_at - c.disconnects_at AS ahead, j.action,
          j.number_id = c.number_id AS same_number, (j.details -> 'parameters' ->> 'option_id')::bigint AS guarded
        FROM connected_options c
        LEFT JOIN journal_entries j ON (j.company_id, j.id) = (c.company_id, c.guard_journal_id)
        WHERE c.disconnects_at IS NOT NULL
    """)
    assert len(rows) > 60
    for row in rows:
        assert (row["action"], row["same_number"]) == ("promo_guard:set", True)
        assert (row["guarded"], row["ahead"]) == (row["option_id"], timedelta(hours=3))


async def test_every_login_enters_with_the_password(demo: asyncpg.Connection) -> None:
    found = [await demo.fetchrow("SELECT * FROM find_login($1, NULL, NULL)", login.email) for login in LOGINS]
    assert len({row["password_hash"] for row in found if row}) == 1
    assert found[0] is not None
    assert await verify_password(PASSWORD, found[0]["password_hash"])
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", found[0]["password_hash"])


async def test_logins_hold_their_roles(demo: asyncpg.Connection) -> None:
    rows = await demo.fetch("""
        SELECT a.email, g.company_id, g.role, d.name AS department FROM administrators a
        JOIN grants g ON g.administrator_id = a.id LEFT JOIN departments d ON d.id = g.department_id
    """)
    held = {tuple(row) for row in rows}
    assert {
        ("owner@demo.example", HEAD, "owner", None),
        ("owner@demo.example", SUBSIDIARY, "owner", None),
        ("admin@demo.example", HEAD, "administrator", None),
        ("admin@demo.example", SUBSIDIARY, "administrator", None),
        ("manager@demo.example", HEAD, "manager", "Дирекция по логистике"),
        ("owner@other.example", OTHER, "owner", None),
    } <= held
    assert {role for _, _, role, _ in held} == {role.value for role in BuiltInRole}
    assert {email for email, company, *_ in held if company == OTHER} == {"owner@other.example"}


@pytest.mark.parametrize(("secret", "company"), [(API_KEY, HEAD), (OTHER_API_KEY, OTHER)])
async def test_api_keys_report_on_their_company(demo_database: Database, secret: str, company: int) -> None:
    identity = await Principals(demo_database).by_key(secret)
    assert identity is not None
    assert [(grant.company_id, grant.role) for grant in identity.principal.grants] == [(company, "reporting")]


async def test_own_role_names_actions_that_exist(demo: asyncpg.Connection) -> None:
    row = await demo.fetchrow("SELECT allows, denies FROM roles")
    assert row is not None
    assert {*row["allows"], *row["denies"]} <= {action.value for action in Action}
