"""Imports that end half-way, meet others, come twice, or come from people who may not."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.services import journal, register_numbers, registers, states
from gateway.services.journal import NewEntry
from gateway.services.states import Changed
from gateway.statements import Tenant
from tests.services.fleet import (
    ADMINISTRATOR,
    AUDITOR,
    COMPANY,
    FOREIGNER,
    MANAGER,
    ORIGIN,
    OTHER_COMPANY,
)
from tests.services.register_files import csv_file, number, take_over, take_over_file, told

HEADER = ("Номер", "Тариф", "ФИО", "Отдел", "Метка")
ROWS = (("89260000101", "", "Ivan", "Branch", "A"), ("89261000001", "T1", "Пётр", "Branch / Новый", ""))
pytestmark = pytest.mark.usefixtures("fleet_for_registers")


async def rows_of(connection: asyncpg.Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        "numbers": [dict(row) for row in await connection.fetch("SELECT * FROM numbers ORDER BY id")],
        "employees": [dict(row) for row in await connection.fetch("SELECT * FROM employees ORDER BY id")],
        "departments": [dict(row) for row in await connection.fetch("SELECT * FROM departments ORDER BY id")],
        "journal": [dict(row) for row in await connection.fetch("SELECT * FROM journal_entries ORDER BY id")],
        "keys": [dict(row) for row in await connection.fetch("SELECT * FROM idempotency_keys")],
    }


async def test_a_dry_run_says_what_the_import_does_and_changes_nothing(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    before = await rows_of(owner_connection)

    tried = await take_over(database, HEADER, *ROWS, dry_run=True)

    assert await rows_of(owner_connection) == before
    assert tried == await take_over(database, HEADER, *ROWS)
    assert (tried.added, tried.changed) == (1, 1)


async def test_one_wrong_cell_leaves_everything_as_it_was(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    before = await rows_of(owner_connection)

    imported = await take_over(database, HEADER, *ROWS, ("89260000102", "T2", "", "", ""), idempotency_key="k")

    assert told(imported) == [(4, "Тариф", "T2", "CONFLICT")]
    assert await rows_of(owner_connection) == before


@pytest.mark.parametrize("place", ["make_departments", "merge_people", "match_people"])
async def test_an_accident_leaves_everything_as_it_was(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before = await rows_of(owner_connection)
    step = getattr(registers, place)

    async def fail(*arguments: Any) -> None:
        await step(*arguments)
        raise RuntimeError("accident")

    monkeypatch.setattr(registers, place, fail)
    with pytest.raises(RuntimeError, match="accident"):
        await take_over(database, HEADER, *ROWS)

    assert await rows_of(owner_connection) == before


@pytest.mark.parametrize("reading", [True, False])
async def test_a_task_that_is_cancelled_leaves_everything_as_it_was(
    database: Database, owner_connection: asyncpg.Connection, reading: bool
) -> None:
    before = await rows_of(owner_connection)
    rows = [(f"8926200{each:04}", "T1", f"Имя {each}", "Новый", "") for each in range(600)]
    task: asyncio.Task[Any]

    def cancel(done: int, total: int | None) -> None:
        if (total is None) == reading:
            task.cancel()

    task = asyncio.create_task(take_over(database, HEADER, *rows, progress=cancel))
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await rows_of(owner_connection) == before


async def test_a_file_that_turns_out_to_be_unreadable_leaves_everything_as_it_was(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    before = await rows_of(owner_connection)
    rows = [(f"8926200{each:04}", "T1", "", "", "") for each in range(3_000)]

    with pytest.raises(Refusal) as refused:
        await take_over_file(database, csv_file(HEADER, *rows) + b'"' + b"x" * 2_000_000)

    assert (refused.value.code, refused.value.field) == (ErrorCode.TOO_LARGE, ("uploadId",))
    assert await rows_of(owner_connection) == before
    assert (await take_over(database, HEADER, *ROWS)).errors == ()


@pytest.mark.parametrize(
    ("principal", "company_id"),
    [(ADMINISTRATOR, OTHER_COMPANY), (FOREIGNER, COMPANY), (AUDITOR, COMPANY), (MANAGER, COMPANY), (ADMINISTRATOR, 99)],
)
async def test_whoever_may_not_hears_of_no_company(database: Database, principal: Any, company_id: int) -> None:
    with pytest.raises(Refusal) as refused:
        await take_over(database, HEADER, *ROWS, principal=principal, company_id=company_id)

    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_FOUND, ("companyId",))


async def test_another_company_that_takes_a_number_meanwhile_is_told(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = register_numbers.check_numbers

    async def overtaken(*arguments: Any, **options: Any) -> None:
        await check(*arguments, **options)
        monkeypatch.undo()
        row = ("89261000001", "T1")
        await take_over(database, ("Номер", "Тариф"), row, principal=FOREIGNER, company_id=OTHER_COMPANY)

    monkeypatch.setattr(register_numbers, "check_numbers", overtaken)
    with pytest.raises(Refusal) as refused:
        await take_over(database, HEADER, *ROWS)

    assert (refused.value.code, refused.value.field) == (ErrorCode.CONFLICT, ("uploadId",))
    assert (await number(owner_connection, "79260000101"))["label"] is None
    assert told(await take_over(database, HEADER, *ROWS)) == [(3, "Номер", "89261000001", "NOT_AVAILABLE")]


async def test_a_change_that_is_under_way_is_waited_for(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    waiting = """
        SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY%')
        FROM pg_sleep(0.01)
    """
    async with database.transaction(Tenant((COMPANY,))) as session:
        within = partial(run, session)
        (state,) = await states.load(within, [COMPANY], [101], lock=True)
        importing = asyncio.create_task(take_over(database, ("Номер", "Метка"), ("89260000101", "A")))
        while not await owner_connection.fetchval(waiting):
            pass
        await states.save(within, [Changed(state, replace(state, label="B"))], datetime.now(UTC))
        entry = NewEntry(action="label:set", before={"label": None}, after={"label": "B"})
        await journal.append(within, COMPANY, ORIGIN, datetime.now(UTC), [entry])
    await importing

    lines = await owner_connection.fetch("SELECT before, after FROM journal_entries ORDER BY id")
    assert tuple(lines[-1]) == ('{"label": "B"}', '{"label": "A"}')


async def test_a_key_repeats_the_answer_and_changes_nothing_again(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    first = await take_over(database, HEADER, *ROWS, idempotency_key="k")
    before = await rows_of(owner_connection)
    await owner_connection.execute("UPDATE numbers SET label = 'B' WHERE id = 101")

    second = await take_over(database, HEADER, *ROWS, idempotency_key="k")

    assert first == second
    assert (await number(owner_connection, "79260000101"))["label"] == "B"
    assert (await rows_of(owner_connection))["journal"] == before["journal"]


@pytest.mark.parametrize("other", [{"dry_run": True}, {"rows": ROWS[:1]}])
async def test_a_key_with_another_input_is_refused(database: Database, other: dict[str, Any]) -> None:
    await take_over(database, HEADER, *ROWS, idempotency_key="k")

    with pytest.raises(Refusal) as refused:
        await take_over(
            database, HEADER, *other.get("rows", ROWS), dry_run=other.get("dry_run", False), idempotency_key="k"
        )

    assert (refused.value.code, refused.value.field) == (ErrorCode.IDEMPOTENCY_MISMATCH, ("idempotencyKey",))


async def test_parallel_sends_with_one_key_are_one_import(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    answers = await asyncio.gather(*(take_over(database, HEADER, *ROWS, idempotency_key="k") for _ in range(4)))

    assert [(answer.added, answer.changed) for answer in answers] == [(1, 1)] * 4
    assert await owner_connection.fetchval("SELECT count(*) FROM journal_entries") == 2


async def test_numbers_of_other_companies_stay_as_they_are(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    foreign = "SELECT * FROM numbers WHERE company_id = 2"
    before = await owner_connection.fetch(foreign)

    await take_over(database, HEADER, *ROWS)

    assert await owner_connection.fetch(foreign) == before


async def test_a_new_number_reads_its_employee_not_all_of_them(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    """With the statistics of a nearly empty table, which the planner has until the transaction ends."""
    await owner_connection.execute("ANALYZE")
    read = """
        SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables, pg_sleep(0.05)
        WHERE relname = 'employees'
    """
    before = await owner_connection.fetchval(read)
    rows = [(f"8926200{each:04}", "T1", f"Имя {each}", "Branch", "") for each in range(2_000)]

    await take_over(database, HEADER, *rows)

    while (after := await owner_connection.fetchval(read)) < before + 2_000:
        pass  # the server tells its figures with some delay
    assert after - before < 20 * 2_000


async def test_the_file_may_be_a_path(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(csv_file(HEADER, *ROWS))

    assert (await take_over_file(database, path)).added == 1
    with pytest.raises(FileNotFoundError):
        await take_over_file(database, tmp_path / "nothing.csv")
