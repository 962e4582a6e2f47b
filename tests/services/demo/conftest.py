"""Databases of their own for the demo: one that is filled, and empty ones."""

import itertools
from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from gateway.db import Database
from gateway.demo import fill
from gateway.embedded import Embedded

_COUNTER = itertools.count()


@pytest.fixture(scope="session")
def today() -> date:
    """The day on which the demo is filled."""
    return date(2026, 3, 31)


async def create_database(postgres: Embedded, name: str) -> str:
    """The owner's address of a new, migrated database, which goes with the server at the end of the run."""
    server = await asyncpg.connect(postgres.dsn())
    await server.execute(await server.fetchval("SELECT format('CREATE DATABASE %I TEMPLATE migrated', $1::text)", name))
    await server.close()
    return postgres.dsn(name)


@pytest.fixture(scope="session")
async def demo_dsn(postgres: Embedded, dsn: str, worker_id: str, today: date) -> str:
    """A database with the demo of 2,000 numbers, for tests that only look."""
    address = await create_database(postgres, f"demo {worker_id}")
    await fill(address, today=today)
    return address


@pytest.fixture(scope="session")
async def demo(demo_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(demo_dsn)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def demo_database(demo_dsn: str) -> AsyncIterator[Database]:
    database = Database(demo_dsn)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def empty_dsn(postgres: Embedded, dsn: str, worker_id: str) -> str:
    return await create_database(postgres, f"empty {worker_id} {next(_COUNTER)}")
