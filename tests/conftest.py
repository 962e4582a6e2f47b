"""One PostgreSQL for a test run, one database for each worker, made when the first test asks for it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway.db import Database
from gateway.embedded import Embedded
from gateway.migrations import migrate
from tests.services.fleet import arrange
from tests.services.holders import prove, settle
from tests.services.people import arrange_people
from tests.services.register_files import arrange_register

FOLDER = "GATEWAY_TEST_FOLDER"
"""The variable by which the workers of a run find its folder."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="gateway-test-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[FOLDER])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Embedded]:
    """The run's server; the last worker stops it."""
    with Embedded(Path(os.environ[FOLDER])) as embedded:
        yield embedded


@pytest.fixture(scope="session")
async def dsn(postgres: Embedded, worker_id: str) -> str:
    """The owner's address of this worker's database, cloned from one that was migrated once."""
    connection = await asyncpg.connect(postgres.dsn())
    with (Path(os.environ[FOLDER]) / "template").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'migrated'"):
            await connection.execute("ALTER SYSTEM SET fsync = off")  # thousands of emptied tables, kept for no one
            await connection.execute("SELECT pg_reload_conf()")
            await connection.execute("CREATE DATABASE migrated")
            await migrate(postgres.dsn("migrated"))
    clone = await connection.fetchval("SELECT format('CREATE DATABASE %I TEMPLATE migrated', $1::text)", worker_id)
    await connection.execute(clone)
    await connection.close()
    return postgres.dsn(worker_id)


@pytest.fixture(scope="session")
async def database(dsn: str) -> AsyncIterator[Database]:
    """What the gateway itself uses: row-level security applies."""
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def owner_connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that no row-level security binds, to arrange rows and to look at them; each statement commits."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def clean_tables(owner_connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Empties all tables after a test that commits, and starts their ids at 1 again."""
    yield
    await owner_connection.execute("""
        DO $$ BEGIN
          SET LOCAL session_replication_role = replica;  -- tables that refuse to forget
          EXECUTE (
            SELECT format('TRUNCATE %s RESTART IDENTITY', string_agg(format('%I', tablename), ', '))
            FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
          );
        END $$
    """)


@pytest.fixture
async def fleet(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    """Two companies with numbers, see tests/services/fleet.py."""
    await arrange(owner_connection)


@pytest.fixture
async def fleet_for_registers(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    """The same, ready for registers that add to it."""
    await arrange_register(owner_connection)


@pytest.fixture
async def people(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    """The fleet with administrators who sign in, see tests/services/people.py."""
    await arrange_people(owner_connection)


@pytest.fixture
async def holders(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    """The fleet with who holds what in it, see tests/services/holders.py."""
    await settle(owner_connection)


@pytest.fixture
async def proven_holders(owner_connection: asyncpg.Connection, holders: None) -> None:
    """The same, all of whom have just proved who they are."""
    await prove(owner_connection)
