"""A database that is away is told from statements that are at fault."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import exc, text

from gateway.db import Database, run
from gateway.kit.errors import DatabaseAway
from gateway.statements import Statement, Tenant
from tests.factories.line import Line, line

ONE = Tenant((1,))
NOW, SLEEP, WRONG, PID = (
    Statement(text(each))
    for each in ("SELECT 1 AS one", "SELECT pg_sleep(60)", "SELECT 1 / 0", "SELECT pg_backend_pid() AS pid")
)


@pytest.fixture
async def wire(dsn: str) -> AsyncIterator[Line]:
    async with line(dsn) as wire:
        yield wire


@pytest.fixture
async def far(wire: Line) -> AsyncIterator[Database]:
    far = Database(wire.dsn, readers=2, writers=2)
    yield far
    await far.close()


async def write(far: Database) -> None:
    async with far.transaction(ONE) as session:
        await session.execute(text("SELECT 1"))


async def cut_off(far: Database, wire: Line) -> None:
    async with far.transaction(ONE) as session:
        wire.cut()
        await run(session, NOW)


async def end_within(far: Database, server: asyncpg.Connection) -> None:
    async with far.transaction(ONE) as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        assert await server.fetchval("SELECT pg_terminate_backend($1, 10000)", pid)
        await session.execute(text("SELECT 1"))


async def test_what_fails_with_the_line_is_an_outage_and_what_comes_after_it_works(wire: Line, far: Database) -> None:
    async with asyncio.timeout(20):
        await far.fetch(ONE, NOW)
        await write(far)
        reading = asyncio.create_task(far.fetch(ONE, SLEEP))

        with pytest.raises(DatabaseAway):
            await cut_off(far, wire)
        with pytest.raises(DatabaseAway):
            await reading
        with pytest.raises(DatabaseAway) as told:
            await far.fetch(ONE, NOW)
        with pytest.raises(DatabaseAway):
            await write(far)
        with pytest.raises(ConnectionRefusedError):
            await Database(wire.dsn).open()

        await wire.up()
        await write(far)
        assert [dict(row) for row in await far.fetch(ONE, NOW)] == [{"one": 1}]
    assert (told.value.code, told.value.extensions) == ("UNAVAILABLE", {"retryAfter": 5})


async def test_a_session_that_the_server_ends_is_an_outage(far: Database, owner_connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(20):
        with pytest.raises(DatabaseAway):
            await end_within(far, owner_connection)


async def test_a_good_bye_of_the_server_is_an_outage_before_its_connection_is_lost(
    wire: Line, far: Database, owner_connection: asyncpg.Connection
) -> None:
    async with asyncio.timeout(20):
        [session] = await far.fetch(ONE, PID)
        wire.telling = False
        assert await owner_connection.fetchval("SELECT pg_terminate_backend($1, 10000)", session["pid"])
        await wire.ended.wait()
        await asyncio.to_thread(int)  # the loop looks at its sockets, and reads what was said

        with pytest.raises(DatabaseAway):
            await far.fetch(ONE, NOW)
        wire.cut()


async def test_a_statement_at_fault_is_none(far: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await far.fetch(ONE, WRONG)
    with pytest.raises(exc.DBAPIError):
        async with far.transaction(ONE) as session:
            await session.execute(text("SELECT 1 / 0"))
