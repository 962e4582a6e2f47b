"""The pool for reads: autocommitting connections, each of which remembers whose session it is."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

import asyncpg
import orjson

from gateway.statements import Statement, Tenant, assume
from gateway.telemetry import traces
from gateway.telemetry.metrics import STATEMENT_SECONDS

READING = {
    # Reads are written so that one plan suits all parameters. Planning anew takes longer than a page of 50, and an
    # estimate for a small company, with a limit above it, sorts the 100,000 numbers of a large one: 100 ms, not 1.3.
    "plan_cache_mode": "force_generic_plan",
    # A page comes from an index in its order; a bitmap would read the whole company first: 75 ms, not 0.4.
    "enable_bitmapscan": "off",
}
"""How PostgreSQL plans on connections for reads."""

_ASSUME = Statement(assume(local=False))


class Connection(asyncpg.Connection):
    """A connection that remembers as which tenant its session runs: the tenant's setting, None where that is open."""

    setting: str | None = None

    async def fetch_as(
        self, tenant: Tenant, statement: Statement, parameters: dict[str, object]
    ) -> list[asyncpg.Record]:
        if self.setting == tenant.setting:
            return await self.fetch(statement.sql, *statement.arguments(parameters))
        self.setting = None  # Until the server has answered, nobody knows whose session this is.
        assuming: dict[str, object] = {"tenant_setting": tenant.setting}
        if statement.assuming is None:
            await self.fetch(_ASSUME.sql, *_ASSUME.arguments(assuming))
            self.setting = tenant.setting
            return await self.fetch(statement.sql, *statement.arguments(parameters))
        rows = await self.fetch(statement.assuming.sql, *statement.assuming.arguments(parameters | assuming))
        # No rows may mean that something else was found false first: then it stays open whose session this is.
        self.setting = tenant.setting if rows else None
        return rows


def _encode_jsonb(value: object) -> bytes:
    return b"\x01" + orjson.dumps(value)


def _decode_jsonb(value: bytes) -> object:
    return orjson.loads(memoryview(value)[1:])


async def set_codecs(connection: asyncpg.Connection) -> None:
    """JSONB as Python objects."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_encode_jsonb, decoder=_decode_jsonb
    )


def observe(pool: str, sql: str, begun: float) -> None:
    """Measures a statement that has ended; its text holds no values."""
    seconds = perf_counter() - begun
    STATEMENT_SECONDS.observe(seconds, pool)
    traces.record("postgresql", seconds, {"db.system.name": "postgresql", "db.query.text": sql})


class Readers:
    """A pool of autocommitting connections, small because it never resets: each use names its tenant.

    A reset at release would cost a round trip, and asyncpg's own pool more CPU than a small query (86 against 39 µs).
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self.size = size
        self.busy = 0
        self._free = asyncio.Semaphore(size)
        self._idle: list[Connection] = []

    async def fetch(self, tenant: Tenant, statement: Statement, parameters: dict[str, object]) -> list[asyncpg.Record]:
        async with self._free:
            connection = self._take(tenant) or await self._connect()
            begun = perf_counter()
            self.busy += 1
            try:
                return await connection.fetch_as(tenant, statement, parameters)
            finally:
                self.busy -= 1
                self._idle.append(connection)
                observe("readers", statement.sql, begun)

    def _take(self, tenant: Tenant) -> Connection | None:
        """An idle connection of this tenant, else the one that was idle longest."""
        idle = self._idle
        while idle:
            settings = [connection.setting for connection in idle]
            connection = idle.pop(settings.index(tenant.setting) if tenant.setting in settings else 0)
            if not connection.is_closed():
                return connection
        return None

    async def open(self) -> None:
        async with self._free:
            self._idle.append(await self._connect())

    async def close(self) -> None:
        for _ in range(self.size):
            await self._free.acquire()
        for connection in self._idle:
            await connection.close()
