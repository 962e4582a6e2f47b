"""Filling a database with the demo: the same every time, all or nothing, and never beside other data."""

import itertools
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import asyncpg
import pytest

from gateway.db import Database
from gateway.demo import OtherDataError, Summary, fill, filling, is_demo
from gateway.demo.batches import Batch
from gateway.embedded import OWNER

TODAY = date(2026, 3, 31)


def everything(numbers: int, today: date) -> list[tuple[str, list[tuple[object, ...]]]]:
    return [
        (batch.table.__name__, [tuple(row) for row in batch.rows]) for batch in filling.batches(numbers, today, "hash")
    ]


async def count(address: str, table: str) -> object:
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(
            await connection.fetchval("SELECT format('SELECT count(*) FROM %I', $1::text)", table)
        )
    finally:
        await connection.close()


def test_same_count_on_the_same_day_gives_the_same_rows() -> None:
    assert everything(150, TODAY) == everything(150, TODAY)


def test_dates_move_with_the_day_and_nothing_else_does() -> None:
    earlier, later = (dict(everything(150, day))["Number"] for day in (TODAY, TODAY + timedelta(days=1)))
    moved = [
        tuple(value + timedelta(days=1) if isinstance(value, datetime) else value for value in row) for row in earlier
    ]
    assert moved == later


async def test_new_rows_get_ids_after_those_of_the_demo(empty_dsn: str) -> None:
    await fill(empty_dsn, numbers=100, today=TODAY)
    connection = await asyncpg.connect(empty_dsn)
    number = await connection.fetchval(
        "INSERT INTO numbers (company_id, msisdn, tariff_id, kind, status) "
        "VALUES (1, '79160000000', 1, 'VOICE', 'ACTIVE') RETURNING id"
    )
    await connection.close()
    assert number == 101


async def test_fill_leaves_the_same_demo_alone(empty_dsn: str) -> None:
    assert await fill(empty_dsn, numbers=100, today=TODAY) == Summary(100, made=True)
    assert await fill(empty_dsn, numbers=100, today=TODAY) == Summary(100, made=False)
    assert await fill(empty_dsn) == Summary(100, made=False)
    assert await count(empty_dsn, "numbers") == 100


async def test_smallest_demo_is_a_demo(empty_dsn: str) -> None:
    assert await fill(empty_dsn, numbers=10) == Summary(10, made=True)


async def test_fill_refuses_another_size(empty_dsn: str) -> None:
    await fill(empty_dsn, numbers=100, today=TODAY)
    with pytest.raises(
        OtherDataError, match=re.escape("a demo of 100 numbers. For one of 2,000 take an empty database")
    ):
        await fill(empty_dsn, numbers=2_000)
    assert await count(empty_dsn, "numbers") == 100


async def test_fill_refuses_a_database_in_use(empty_dsn: str) -> None:
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(
        "INSERT INTO companies (name, inn, contract_number, region, time_zone, status) "
        "VALUES ('A customer', '7707083893', '1', 'Москва', 'Europe/Moscow', 'ACTIVE')"
    )
    await connection.close()
    with pytest.raises(OtherDataError, match="no demo"):
        await fill(empty_dsn)
    assert await count(empty_dsn, "tariffs") == 0


async def test_fill_that_breaks_off_leaves_nothing(empty_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = filling.batches

    def half(numbers: int, today: date, password_hash: str) -> Iterator[Batch]:
        yield from itertools.islice(whole(numbers, today, password_hash), 20)
        raise ConnectionError

    monkeypatch.setattr(filling, "batches", half)
    with pytest.raises(ConnectionError):
        await fill(empty_dsn, numbers=100)
    monkeypatch.undo()
    assert await count(empty_dsn, "companies") == 0
    assert (await fill(empty_dsn, numbers=100)).made


async def test_demo_is_recognised(empty_dsn: str, demo_database: Database) -> None:
    empty = Database(empty_dsn)
    await empty.open()
    found = await is_demo(empty), await is_demo(demo_database)
    await empty.close()
    assert found == (False, True)


async def test_row_level_security_binds_again(demo: asyncpg.Connection, empty_dsn: str) -> None:
    secured = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    empty = await asyncpg.connect(empty_dsn)
    expected = await empty.fetchval(secured)
    await empty.close()
    assert expected > 10
    assert await demo.fetchval(secured) == expected


async def test_indexes_and_foreign_keys_are_as_they_were(demo: asyncpg.Connection, empty_dsn: str) -> None:
    defined = """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND convalidated
        ORDER BY 1
    """
    empty = await asyncpg.connect(empty_dsn)
    expected = await empty.fetch(defined)
    await empty.close()
    assert len(expected) > 100
    assert await demo.fetch(defined) == expected


async def test_owner_of_the_tables_need_not_be_a_superuser(empty_dsn: str, worker_id: str) -> None:
    role = f"plain_{worker_id}"
    connection = await asyncpg.connect(empty_dsn)
    statements = await connection.fetchval(
        """
        SELECT format('CREATE ROLE %1$I LOGIN; GRANT CREATE ON SCHEMA public TO %1$I;', $1::text)
          || string_agg(format('ALTER TABLE %I OWNER TO %I', tablename, $1::text), ';')
        FROM pg_tables WHERE schemaname = 'public'
        """,
        role,
    )
    await connection.execute(statements)
    try:
        summary = await fill(empty_dsn.replace(f"//{OWNER}@", f"//{role}@"), numbers=100, today=TODAY)
    finally:
        await connection.execute(
            await connection.fetchval("SELECT format('DROP OWNED BY %1$I; DROP ROLE %1$I', $1::text)", role)
        )
        await connection.close()
    assert summary == Summary(100, made=True)
