"""The rows that all servers read: the demo with 200,000 numbers in a PostgreSQL of its own, kept from run to run."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from authz.roles import BuiltInRole
from gateway.demo import fill
from gateway.embedded import Embedded
from gateway.migrations import migrate
from gateway.services.principals import hash_token
from tests.benchmarks.cost import cpu

FOLDER = Path(".gateway") / "benchmark"
NUMBERS = 200_000
COMPANIES = 16
"""How many companies take turns; the first has half of all numbers, most have 1,000."""

_DATABASE = "benchmark"
_PEERS = Path(__file__).parent / "peers" / "peers.sql"
_KEY = """
    INSERT INTO api_keys (company_id, name, prefix, secret_hash) VALUES ($1, 'Benchmark', 'gw_bench_', $2) RETURNING id
"""
_GRANT = "INSERT INTO grants (company_id, api_key_id, role) VALUES ($1, $2, $3)"


@dataclass(frozen=True)
class Company:
    """A company that takes part: its API key, and the ids of its numbers."""

    id: int
    key: str
    number_ids: list[int]


@dataclass(frozen=True)
class Cluster:
    """The PostgreSQL of the benchmark. `dsn` is its superuser's, whom row-level security does not bind."""

    dsn: str
    companies: list[Company]

    def cpu(self) -> float:
        """Seconds of CPU that the server's processes have used."""
        return cpu(psutil.Process(int((FOLDER / "postgres" / "postmaster.pid").read_text().split()[0])))


@contextlib.asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    """Starts the PostgreSQL, fills it when that has not been done, and stops it at the end."""
    with Embedded(FOLDER) as embedded:
        owner = await asyncpg.connect(embedded.dsn())
        if not await owner.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _DATABASE):
            await owner.execute(f"CREATE DATABASE {_DATABASE}")
        await owner.close()
        dsn = embedded.dsn(_DATABASE)
        await migrate(dsn)
        await fill(dsn, numbers=NUMBERS)
        connection = await asyncpg.connect(dsn)
        if not await connection.fetchval("SELECT to_regclass('tariffs_today')"):
            await _prepare(connection)
        # The prices of today may be others than those of the last run.
        await connection.execute("REFRESH MATERIALIZED VIEW tariffs_today")
        await connection.execute("REFRESH MATERIALIZED VIEW options_today")
        companies = [await _company(connection, company_id) for company_id in range(1, COMPANIES + 1)]
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
        await connection.close()
        yield Cluster(dsn, companies)


async def _prepare(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute(_PEERS.read_text())
        for company_id in range(1, COMPANIES + 1):
            key_id = await connection.fetchval(_KEY, company_id, hash_token(_secret(company_id)))
            await connection.execute(_GRANT, company_id, key_id, BuiltInRole.REPORTING)


async def _company(connection: asyncpg.Connection, company_id: int) -> Company:
    rows = await connection.fetch("SELECT id FROM numbers WHERE company_id = $1 ORDER BY id", company_id)
    return Company(company_id, _secret(company_id), [row["id"] for row in rows])


def _secret(company_id: int) -> str:
    return f"gw_bench_{company_id}"
