"""Notices of changes: one a statement and company, gathered for whoever looks seldom, and never lost without a word."""

from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from gateway.db import Database
from gateway.services.updates import Changes, Updates
from tests.services.fleet import BRANCH_NUMBER, COMPANY, FOREIGN_NUMBER, NUMBER, OTHER_COMPANY, arrange

ALL = set(range(101, 111))


@pytest.fixture
async def updates(dsn: str, owner_connection: asyncpg.Connection, clean_tables: None) -> AsyncIterator[Updates]:
    await arrange(owner_connection)
    database = Database(dsn, application_name="following")
    updates = Updates(database)
    await updates.open()
    yield updates
    await database.close()


async def told(changes: Changes) -> Sequence[int]:
    ids = await anext(changes)
    assert ids is not None
    return ids


async def test_a_statement_is_told_once_to_everybody_who_follows_the_company(
    updates: Updates, owner_connection: asyncpg.Connection
) -> None:
    with (
        updates.follow("numbers", COMPANY) as one,
        updates.follow("numbers", COMPANY) as two,
        updates.follow("numbers", OTHER_COMPANY) as other,
    ):
        await owner_connection.execute("UPDATE numbers SET label = 'x'")

        assert [set(await told(changes)) for changes in (one, two)] == [ALL, ALL]
        assert await anext(other) == [FOREIGN_NUMBER]


async def test_what_changes_again_before_anybody_looks_is_told_once(
    updates: Updates, owner_connection: asyncpg.Connection
) -> None:
    with updates.follow("numbers", COMPANY) as changes, updates.follow("numbers", OTHER_COMPANY) as last:
        for number in (NUMBER, BRANCH_NUMBER, NUMBER, FOREIGN_NUMBER):
            await owner_connection.execute("UPDATE numbers SET label = 'x' WHERE id = $1", number)
        await anext(last)

        assert await anext(changes) == [NUMBER, BRANCH_NUMBER]


async def test_ids_that_are_too_many_for_a_notice_are_left_out(
    updates: Updates, owner_connection: asyncpg.Connection
) -> None:
    with updates.follow("numbers", COMPANY) as changes:
        for rows in (500, 501):
            await owner_connection.execute(
                """INSERT INTO numbers (company_id, id, msisdn, kind, status, tariff_id)
                   SELECT $1, $2 * 1000 + n, $2 * 1000 + n, 'VOICE', 'ACTIVE', 1 FROM generate_series(1, $2) n""",
                COMPANY,
                rows,
            )
            told = await anext(changes)
            assert told is None if rows == 501 else len(set(told or ())) == rows


async def test_nobody_hears_of_what_is_rolled_back_or_followed_no_more(
    updates: Updates, owner_connection: asyncpg.Connection
) -> None:
    with updates.follow("numbers", COMPANY) as changes:
        with updates.follow("numbers", COMPANY) as ended:
            pass
        await owner_connection.execute("BEGIN")
        await owner_connection.execute("UPDATE numbers SET label = 'x'")
        await owner_connection.execute("ROLLBACK")
        await owner_connection.execute("UPDATE numbers SET label = 'x' WHERE id = $1", NUMBER)

        assert await anext(changes) == [NUMBER]
    assert not ended._news.is_set()


async def test_a_lost_connection_and_changes_of_access_are_told_to_all(
    updates: Updates, owner_connection: asyncpg.Connection
) -> None:
    with updates.follow("numbers", COMPANY) as changes:
        await owner_connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'following'"
        )
        assert await anext(changes) is None
        while (told := await anext(changes)) is None:  # both channels were lost
            pass
        assert told == []

        await owner_connection.execute("UPDATE grants SET role = role")
        assert await anext(changes) == []


async def test_more_than_is_remembered_is_anything() -> None:
    changes = Changes()

    changes.add(range(1_000))
    changes.add([1_000])
    assert await anext(changes) is None
    changes.add(range(1_000))
    changes.add([1, 2, 3])
    assert await anext(changes) == list(range(1_000))


async def test_of_one_row_only_its_own_changes_are_told_and_those_of_access() -> None:
    changes = Changes(only=3)

    changes.add([1, 2])
    assert not changes._news.is_set()
    changes.add([2, 3])
    assert await anext(changes) == [2, 3]
    changes.add([])
    assert await anext(changes) == []
    changes.add(None)
    assert await anext(changes) is None
