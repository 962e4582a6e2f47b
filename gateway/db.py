"""The database: reads as one tenant, transactions, notifications, and the only place that commits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from time import perf_counter
from typing import Any, Self, cast

import asyncpg
from sqlalchemy import event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from gateway.kit.errors import DatabaseAway
from gateway.listener import Callback, Listener
from gateway.outages import raise_if_outage
from gateway.readers import READING, Connection, Readers, observe, set_codecs
from gateway.statements import Statement, Tenant, as_is, assume
from gateway.telemetry.process import Pools

ROLE = "gateway_app"
"""The role every session takes: neither owner nor superuser, so that row-level security binds it."""

_ASSUME_LOCALLY = assume(local=True)


class Database:
    """One PostgreSQL as `gateway_app`: a pool for reads, another for transactions, a connection for notifications.

    `dsn` is a libpq address (`postgresql://user@host/name`). Timeouts are in seconds: a statement that runs longer is
    cancelled by the server, a transaction that waits longer for its client is rolled back.
    """

    def __init__(
        self,
        dsn: str,
        *,
        readers: int = 8,
        writers: int = 4,
        statement_timeout: float = 30,
        idle_timeout: float = 30,
        connect_timeout: float = 10,
        application_name: str = "gateway",
    ) -> None:
        self._dsn = dsn
        self._connect_timeout = connect_timeout
        self._server_settings = {
            "role": ROLE,
            "timezone": "UTC",
            "application_name": application_name,
            "jit": "off",
            "statement_timeout": str(round(statement_timeout * 1000)),
            "idle_in_transaction_session_timeout": str(round(idle_timeout * 1000)),
            "client_connection_check_interval": "1000",  # a statement of somebody who is gone ends, and its locks
        }
        self._readers = Readers(partial(self._reach, **READING), readers)
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._reach,
            pool_size=writers,
            max_overflow=0,
            hide_parameters=True,  # errors are logged, and parameters may be secrets
            json_serializer=as_is,
        )
        event.listen(self._engine.sync_engine, "connect", _share_codecs)
        event.listen(self._engine.sync_engine, "checkout", _refuse_lost)
        event.listen(self._engine.sync_engine, "before_cursor_execute", _begin)
        event.listen(self._engine.sync_engine, "after_cursor_execute", _end)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self.long_work = asyncio.Semaphore(max(1, writers // 2))
        """What ends in a transaction of many seconds is done inside: half of the connections are left to the others."""
        self._listener = Listener(self._connect)

    async def open(self) -> None:
        """Connects; OSError, asyncpg.PostgresError or ValueError when the address or the server is wrong."""
        try:
            await self._readers.open()
        except DatabaseAway as away:
            raise away.__cause__ or away from None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections, when the statements that run have ended."""
        await self._listener.close()
        await self._engine.dispose()
        await self._readers.close()

    async def fetch(self, tenant: Tenant, statement: Statement, **parameters: object) -> list[asyncpg.Record]:
        """Runs one statement as `tenant` and gives its rows; what a single statement changes is committed with it.

        Raises `DatabaseAway` when it can't be reached.
        """
        try:
            return await self._readers.fetch(tenant, statement, parameters)
        except Exception as error:
            raise_if_outage(error)
            raise

    @contextlib.asynccontextmanager
    async def transaction(self, tenant: Tenant) -> AsyncIterator[AsyncSession]:
        """A session in one transaction as `tenant`: committed at the end of the block, rolled back by an exception.

        Raises `DatabaseAway` when it can't be reached or goes away meanwhile.
        """
        try:
            async with self._sessions() as session, session.begin():
                await session.execute(_ASSUME_LOCALLY, {"tenant_setting": tenant.setting})
                yield session
        except Exception as error:
            raise_if_outage(error)
            raise

    def pools(self) -> Pools:
        """How many connections of each pool are busy, and how many there may be."""
        writers = cast(QueuePool, self._engine.pool)
        return {
            "readers": (self._readers.busy, self._readers.size),
            "writers": (writers.checkedout(), writers.size()),
        }

    async def listen(self, channel: str, callback: Callback) -> None:
        """Calls `callback` with each payload notified on `channel` from now on, over lost connections too.

        After a lost connection it is called with None: whatever it keeps may be stale.
        """
        await self._listener.add(channel, callback)

    async def _reach(self, **settings: str) -> Connection:
        try:
            return await self._connect(**settings)
        except Exception as error:
            raise_if_outage(error, OSError)
            raise

    async def _connect(self, **settings: str) -> Connection:
        connection: Connection = await asyncpg.connect(
            self._dsn,
            connection_class=Connection,
            timeout=self._connect_timeout,
            server_settings=self._server_settings | settings,
        )
        await set_codecs(connection)
        return connection


async def raw(session: AsyncSession) -> asyncpg.Connection:
    """The asyncpg connection under a session, inside its transaction.

    For a `Statement`, or for COPY into a temporary table: PostgreSQL refuses COPY under row-level security.
    """
    connection = await (await session.connection()).get_raw_connection()
    driver_connection = connection.driver_connection
    if not isinstance(driver_connection, asyncpg.Connection):
        raise TypeError("the session does not run on asyncpg")
    return driver_connection


async def run(session: AsyncSession, statement: Statement, **parameters: object) -> list[asyncpg.Record]:
    """Runs one statement inside a session's transaction and gives its rows."""
    connection = await raw(session)
    begun = perf_counter()
    try:
        return await connection.fetch(statement.sql, *statement.arguments(parameters))
    finally:
        observe("writers", statement.sql, begun)


def _begin(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
    context.gateway_begun = perf_counter()


def _end(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
    observe("writers", statement, context.gateway_begun)


async def stream(
    session: AsyncSession, statement: Statement, size: int, **parameters: object
) -> AsyncIterator[list[asyncpg.Record]]:
    """The rows of one statement inside a session's transaction, so many at a time; other statements may run between."""
    connection = await raw(session)
    cursor = await connection.cursor(statement.sql, *statement.arguments(parameters))
    while rows := await cursor.fetch(size):
        yield rows


def _share_codecs(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """SQLAlchemy sets its own JSONB codec on each new connection: set ours again, so that all rows are alike."""
    connection.run_async(set_codecs)


def _refuse_lost(connection: DBAPIConnection, _: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
    """Lets the pool replace a connection that was lost while it was idle."""
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError
