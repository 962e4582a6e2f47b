"""Workers: companies in turn, whatever waits, and a process that comes back with what another one left."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.jobs import Jobs
from gateway.kit.errors import DatabaseAway
from gateway.loaders.catalogue import CatalogueCache
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.operations.labels import LabelSet
from gateway.ports.bss import HttpBss
from gateway.services import bulk_changes, bulk_runs
from gateway.services.bulk_plans import make_plan
from gateway.services.bulk_targets import Target
from tests.factories.operator import Operator, serving
from tests.services.bulk import CATALOGUE, Bulk, origin_of
from tests.services.fleet import COMPANY, FOREIGN_NUMBER, OTHER_COMPANY

SYSTEM = Principal("system", 0, "nightly", (Grant(0, COMPANY, "owner"), Grant(0, OTHER_COMPANY, "owner")))

WAITING = "SELECT (SELECT count(*) FROM pg_locks WHERE NOT granted) FROM pg_sleep(0.01)"


@pytest.fixture
async def jobs(bulk: Bulk) -> AsyncIterator[Jobs]:
    catalogue = CatalogueCache(bulk.database)
    await catalogue.open()
    yield Jobs(bulk.database, catalogue)
    await catalogue.close()


async def work(jobs: Jobs) -> int:
    """All that is to be done, in how many turns."""
    turns = 0
    while await jobs.turn():
        turns += 1
    return turns


async def test_companies_have_their_turns_whoever_came_first(
    bulk: Bulk, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_runs, "CHUNK", 1)
    many = await bulk.ask(LabelSet("x"), principal=SYSTEM)
    await work(jobs)
    await bulk.apply(many, SYSTEM)
    one = await bulk_changes.plan(
        bulk.database,
        SYSTEM,
        OTHER_COMPANY,
        Target(ids=[FOREIGN_NUMBER]),
        [LabelSet("y")],
        catalogue=CATALOGUE,
        on_error=BulkErrorPolicy.SKIP_FAILED,
        origin=origin_of(SYSTEM),
    )

    for _ in range(4):
        await jobs.turn()

    assert (await bulk.status(one), await bulk.status(many)) == ("PLANNED", "RUNNING")
    await work(jobs)
    assert (await bulk.status(many), await bulk.counts(many)) == ("FINISHED", {"APPLIED": 10})


async def test_a_plan_that_fails_again_and_again_is_given_up_and_others_are_not(
    bulk: Bulk, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await bulk.ask(LabelSet("x"), principal=SYSTEM)

    async def fail(db: Database, company_id: int, change_id: int, **options: Any) -> bool:
        if change_id == broken:
            raise DatabaseAway  # as a connection does that PostgreSQL closes each time
        return await make_plan(db, company_id, change_id, **options)

    monkeypatch.setattr("gateway.jobs.make_plan", fail)
    for _ in range(4):
        with pytest.raises(DatabaseAway):
            await jobs.turn()
    assert await bulk.status(broken) == "PLANNING"
    other = await bulk.ask(LabelSet("y"), principal=SYSTEM)
    await work(jobs)

    row = await bulk.row(broken)
    failure = json.loads(row["failure"])
    assert (row["status"], failure["code"], row["finished_at"] is None) == ("FAILED", "INTERNAL", False)
    assert failure["message"]["ru"].startswith("План не удалось составить 5 раз из-за сбоя шлюза.")
    assert await bulk.status(other) == "PLANNED"


async def test_a_scheduled_change_begins_when_its_time_has_come(bulk: Bulk, jobs: Jobs) -> None:
    change_id = await bulk.plan(LabelSet("x"), principal=SYSTEM)
    await bulk.apply(change_id, SYSTEM, scheduled_at=datetime.now(UTC) + timedelta(days=1))
    await work(jobs)
    assert await bulk.status(change_id) == "SCHEDULED"

    await bulk.connection.execute("UPDATE bulk_changes SET scheduled_at = now()")
    await work(jobs)

    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("FINISHED", {"APPLIED": 10})


async def test_what_is_due_by_the_clock_is_done(bulk: Bulk, jobs: Jobs) -> None:
    await bulk.connection.execute("""
        UPDATE numbers SET status = 'BLOCKED', block_reason = 'LOST', blocked_until = now() WHERE id = 101
    """)
    await bulk.connection.execute("""
        INSERT INTO idempotency_keys (company_id, actor, key, request_hash, created_at)
        VALUES (1, 'a', 'old', '', now() - interval '25 hours'), (1, 'a', 'new', '', now() - interval '23 hours')
    """)

    while await jobs.tick():
        pass

    assert await bulk.connection.fetchval("SELECT status FROM numbers WHERE id = 101") == "ACTIVE"
    assert [row["key"] for row in await bulk.connection.fetch("SELECT key FROM idempotency_keys")] == ["new"]


async def test_what_the_operator_refuses_to_end_is_not_asked_for_again_at_once(bulk: Bulk) -> None:
    await bulk.connection.execute("""
        INSERT INTO connected_options (company_id, number_id, option_id, connected_at, promo_ends_at, disconnects_at)
        VALUES (1, 101, 12, now(), now() + interval '1 hour', now())
    """)
    operator = Operator()
    operator.refusing.add("+79260000101")
    catalogue = CatalogueCache(bulk.database)
    await catalogue.open()
    async with serving(operator) as url:
        bss = HttpBss(url)
        jobs = Jobs(bulk.database, catalogue, bss)

        for _ in range(5):
            await jobs.tick()

        await bss.close()
    await catalogue.close()
    assert len(operator.requests) == 1


@asynccontextmanager
async def worker(dsn: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = os.environ | {"GATEWAY_DATABASE_URL": dsn}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway", "worker", env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def ended(bulk: Bulk, change_id: int, status: str) -> None:
    """Waits until a change has that status."""
    news = asyncio.Event()

    def hear(*_: object) -> None:
        news.set()

    await bulk.connection.add_listener("updates", hear)
    async with asyncio.timeout(30):
        while await bulk.status(change_id) != status:
            await news.wait()
            news.clear()
    await bulk.connection.remove_listener("updates", hear)


async def test_what_a_killed_worker_had_begun_another_one_ends(bulk: Bulk, dsn: str) -> None:
    change_id = await bulk.ask(LabelSet("x"), principal=SYSTEM)
    async with worker(dsn) as first:
        await ended(bulk, change_id, "PLANNED")
        # Nobody can change a number: the chunk waits for it, with its items claimed.
        holding = await asyncpg.connect(dsn)
        transaction = holding.transaction()
        await transaction.start()
        await holding.execute("SELECT FROM numbers WHERE id = 105 FOR UPDATE")
        await bulk.apply(change_id, SYSTEM)
        async with asyncio.timeout(30):
            while not await bulk.connection.fetchval(WAITING):
                pass
        first.kill()
        await first.wait()
        async with asyncio.timeout(15):  # before the statement itself would be cancelled
            while await bulk.connection.fetchval(WAITING):
                pass
        await transaction.rollback()
        await holding.close()
        assert await bulk.status(change_id) == "RUNNING"

    async with worker(dsn) as second:
        await ended(bulk, change_id, "FINISHED")
        second.terminate()
        assert await second.wait() == 0

    assert await bulk.counts(change_id) == {"APPLIED": 10}
    lines = "SELECT count(*) FROM journal_entries WHERE bulk_change_id = $1 AND number_id IS NOT NULL"
    assert await bulk.connection.fetchval(lines, change_id) == 10
