"""States between rows and operations: what is saved is what is loaded, in a constant number of statements."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.db import Database, run
from gateway.operations.state import Banned, Connected, Forwarded, Limited, NumberState
from gateway.services import states
from gateway.services.states import Changed
from gateway.statements import Statement, Tenant
from tests.services.fleet import (
    BRANCH,
    COMPANY,
    FOREIGN_NUMBER,
    HEADQUARTERS,
    LAST_NUMBER,
    NUMBER,
    OTHER_COMPANY,
)
from tests.unit.operations.catalogues import ADD_ON, BASIC, BUSINESS, OLD, PLAIN, PROMO

pytestmark = pytest.mark.usefixtures("fleet")

TENANT = Tenant((COMPANY,))
NUMBERS = list(range(NUMBER, LAST_NUMBER + 1))
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)

moments = st.integers(0, 10**9).map(lambda seconds: MOMENT + timedelta(seconds=seconds))
lines = st.none() | st.integers(1, 9)
connected = st.builds(Connected, moments, st.none() | moments, lines, st.none() | moments, lines)
changes = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["ACTIVE", "BLOCKED"]),
        "label": st.none() | st.sampled_from(["Приёмная", "", "x" * 100]),
        "employee_id": st.sampled_from([None, 31, 32]),
        "department_id": st.sampled_from([None, HEADQUARTERS, BRANCH]),
        "tariff_id": st.sampled_from([BASIC, BUSINESS, OLD]),
        "options": st.dictionaries(st.sampled_from([PLAIN, PROMO, ADD_ON]), connected),
        "forwardings": st.dictionaries(
            st.sampled_from(["ALWAYS", "BUSY"]),
            st.builds(Forwarded, st.sampled_from(["79261112233", "79261112244"]), st.none() | moments),
        ),
        "bans": st.dictionaries(st.sampled_from(["DATA", "ROAMING"]), st.builds(Banned, moments)),
        "limit": st.none() | st.builds(Limited, st.integers(0, 10**12), st.sampled_from(["STOP", "NOTIFY"])),
        "used_promotions": st.frozensets(st.sampled_from([PLAIN, PROMO])),
    }
)


def altered(state: NumberState, columns: dict[str, Any]) -> NumberState:
    return NumberState(**{name: getattr(state, name) for name in NumberState.__slots__} | columns)


async def load(database: Database, ids: list[int] = NUMBERS) -> list[NumberState]:
    return await states.load(partial(database.fetch, TENANT), [COMPANY], ids)


async def save(database: Database, changed: list[Changed], moment: datetime = MOMENT) -> None:
    async with database.transaction(TENANT) as session:
        await states.save(partial(run, session), changed, moment)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(changes, min_size=len(NUMBERS), max_size=len(NUMBERS)))
async def test_what_is_saved_is_loaded(database: Database, columns: list[dict[str, Any]]) -> None:
    before = await load(database)
    after = [altered(state, each) for state, each in zip(before, columns, strict=True)]

    await save(database, [Changed(*pair) for pair in zip(before, after, strict=True)])

    assert await load(database) == after


async def test_a_number_is_loaded_with_its_company(database: Database) -> None:
    (state,) = await load(database, [NUMBER])

    assert (state.company_id, state.id, state.msisdn, state.kind, state.region, state.time_zone) == (
        COMPANY,
        NUMBER,
        "79260000101",
        "VOICE",
        "Moscow",
        "Europe/Moscow",
    )
    assert (state.company_status, state.status, state.tariff_id, state.options) == ("ACTIVE", "ACTIVE", BASIC, {})


async def test_only_what_differs_is_written(database: Database, owner_connection: asyncpg.Connection) -> None:
    before = await load(database)
    versions = "SELECT xmin::text FROM numbers WHERE company_id = 1 ORDER BY id"
    untouched = [row["xmin"] for row in await owner_connection.fetch(versions)]
    after = [altered(before[0], {"label": "New"}), altered(before[1], {"options": {PLAIN: Connected(MOMENT)}})]

    await save(database, [Changed(*pair) for pair in zip(before, [*after, *before[2:]], strict=True)])

    now = [row["xmin"] for row in await owner_connection.fetch(versions)]
    assert [one == other for one, other in zip(untouched, now, strict=True)] == [False, False] + [True] * 8
    touched = await owner_connection.fetch("SELECT id FROM numbers WHERE updated_at = $1 ORDER BY id", MOMENT)
    assert [row["id"] for row in touched] == [101, 102]


async def test_of_the_settings_only_those_that_differ_are_written(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    (empty,) = await load(database, [NUMBER])
    before = altered(empty, {"options": {PLAIN: Connected(MOMENT), PROMO: Connected(MOMENT)}})
    await save(database, [Changed(empty, before)])
    versions = "SELECT option_id, xmin::text FROM connected_options"
    then = {row["option_id"]: row["xmin"] for row in await owner_connection.fetch(versions)}
    later = {**before.options, PROMO: Connected(MOMENT, MOMENT)}

    await save(database, [Changed(before, altered(before, {"options": later}))])

    now = {row["option_id"]: row["xmin"] for row in await owner_connection.fetch(versions)}
    assert (now[PLAIN] == then[PLAIN], now[PROMO] == then[PROMO]) == (True, False)


async def test_money_spent_stays_when_the_limit_changes(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    before = (await load(database, [NUMBER]))[0]
    limited = altered(before, {"limit": Limited(100, "STOP")})
    await save(database, [Changed(before, limited)])
    await owner_connection.execute("UPDATE spending_limits SET spent_kopecks = 70")

    await save(database, [Changed(limited, altered(before, {"limit": Limited(200, "STOP")}))])

    rows = await owner_connection.fetch("SELECT amount_kopecks, spent_kopecks FROM spending_limits")
    assert [tuple(row) for row in rows] == [(200, 70)]


async def test_numbers_of_other_companies_are_not_there(database: Database) -> None:
    ids = [FOREIGN_NUMBER, NUMBER, 999_999]

    assert [state.id for state in await load(database, ids)] == [NUMBER]
    unscoped = partial(database.fetch, TENANT)
    assert [state.id for state in await states.load(unscoped, [COMPANY, OTHER_COMPANY], ids)] == [NUMBER]
    unguarded = partial(database.fetch, Tenant((COMPANY, OTHER_COMPANY)))
    assert [state.id for state in await states.load(unguarded, [COMPANY], ids)] == [NUMBER]


@pytest.mark.parametrize("count", [0, 1, 10])
async def test_statements_are_as_many_for_one_number_as_for_all(database: Database, count: int) -> None:
    statements: list[str] = []

    async with database.transaction(TENANT) as session:

        async def counting(statement: Statement, /, **parameters: object) -> list[asyncpg.Record]:
            statements.append(statement.sql.split()[0])
            return await run(session, statement, **parameters)

        before = await states.load(counting, [COMPANY], NUMBERS[:count], lock=True)
        assert statements == ["SELECT"] * 6
        after = [altered(state, {"tariff_id": OLD, "options": {PLAIN: Connected(MOMENT)}}) for state in before]
        await states.save(counting, [Changed(*pair) for pair in zip(before, after, strict=True)], MOMENT)
        assert statements[6:] == (["UPDATE", "INSERT"] if count else [])


async def test_a_lock_lets_the_next_one_see_what_the_first_did(database: Database) -> None:
    waiting = asyncio.Event()

    async def second() -> list[NumberState]:
        async with database.transaction(TENANT) as session:
            waiting.set()
            return await states.load(partial(run, session), [COMPANY], [NUMBER], lock=True)

    async with database.transaction(TENANT) as session:
        within = partial(run, session)
        (before,) = await states.load(within, [COMPANY], [NUMBER], lock=True)
        loading = asyncio.create_task(second())
        await waiting.wait()
        after = altered(before, {"label": "First", "options": {PLAIN: Connected(MOMENT)}})
        await states.save(within, [Changed(before, after)], MOMENT)
        assert not loading.done()

    assert await loading == [after]


async def test_options_learn_which_line_connected_them(database: Database) -> None:
    before = await load(database)
    after = [altered(state, {"options": {PLAIN: Connected(MOMENT)}}) for state in before[:2]]
    changed = [Changed(*pair) for pair in zip(before[:2], after, strict=True)]
    await save(database, changed)

    async with database.transaction(TENANT) as session:
        await states.link(partial(run, session), changed, [501, 502])

    assert [state.options for state in (await load(database))[:2]] == [
        {PLAIN: Connected(MOMENT, None, 501)},
        {PLAIN: Connected(MOMENT, None, 502)},
    ]
