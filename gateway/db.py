"""The database: statements rendered once, reads as one tenant, and the only place that commits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, cast

import asyncpg
import orjson
from sqlalchemy import ARRAY, ClauseElement, Select, Text, bindparam, event, exc, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from gateway.kit.errors import DatabaseAway
from gateway.listener import Callback, Listener
from gateway.outages import tell_outage
from gateway.telemetry import traces
from gateway.telemetry.metrics import STATEMENT_SECONDS
from gateway.telemetry.process import Pools

ROLE = "gateway_app"
"""The role every session takes: neither owner nor superuser, so that row-level security binds it."""


def _as_is(value: object) -> object:
    return value


_DIALECT = create_async_engine("postgresql+asyncpg://", json_serializer=_as_is).dialect


def _processor(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes a parameter of a value; None where the driver takes it as it is."""
    if isinstance(type_, ARRAY) and _processor(type_.item_type) is None:
        return None  # SQLAlchemy would copy the list, item by item
    return type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)


class Statement:
    """A `select()`, `insert()`, `update()`, `delete()` or `text()`, rendered once to PostgreSQL's `$1` form.

    Values inside the construct are constants of the statement; each `bindparam("name")` is a parameter of a call.
    JSONB parameters are plain Python objects; lists are `any_(bindparam("ids", type_=ARRAY(BigInteger)))`, not IN.
    """

    __slots__ = ("_assuming", "_construct", "_known", "_order", "_processors", "_required", "_values", "sql")

    def __init__(self, construct: ClauseElement) -> None:
        self._construct = construct
        self._assuming: Statement | None = None
        compiled = construct.compile(dialect=_DIALECT)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("a statement is a query or a change of rows, not a change of tables")
        if compiled.prefetch:
            raise TypeError(
                f"give a value for {[column.key for column in compiled.prefetch]}: Python-side defaults do not apply"
            )
        named = {name: bind for name, bind in compiled.binds.items() if not bind.unique}
        self._known = frozenset(named)
        self._required = frozenset(name for name, bind in named.items() if bind.required)
        if lists := sorted(name for name in self._required if named[name].expanding):
            raise TypeError(f"{lists} would change the text with each call: use any_() with an ARRAY instead of IN")
        rendered = compiled.construct_expanded_state(dict.fromkeys(self._required))
        self.sql = rendered.statement
        self._order = tuple(rendered.positiontup or ())
        self._values = {name: rendered.parameters[name] for name in self._order}
        self._processors = {
            name: process
            for name, bind in compiled.binds.items()
            if name in self._values and (process := _processor(bind.type)) is not None
        }

    @property
    def assuming(self) -> "Statement | None":
        """The same query, which first makes the session that of `:tenant_setting`; None where this is no query.

        PostgreSQL evaluates a condition without columns once, above everything else, before it reads any row: so the
        policies of the tables read below it see the new setting.
        """
        if self._assuming is None and isinstance(self._construct, Select):
            self._assuming = Statement(self._construct.where(_assume(local=False).scalar_subquery().is_not(None)))
        return self._assuming

    def arguments(self, given: dict[str, object]) -> list[object]:
        """The values for `$1`, `$2`, …; a TypeError names the parameters that are missing or unknown."""
        if not self._required <= given.keys() <= self._known:
            missing, unknown = sorted(self._required - given.keys()), sorted(given.keys() - self._known)
            raise TypeError(f"parameters missing: {missing}, unknown: {unknown}, in {self.sql}")
        values = self._values | given
        for name, process in self._processors.items():
            values[name] = process(values[name])
        return [values[name] for name in self._order]


@dataclass(frozen=True, slots=True)
class Tenant:
    """The companies whose rows a caller may see; none, the default, sees no row of any company."""

    companies: tuple[int, ...] = ()
    setting: str = field(init=False, repr=False, compare=False)
    """What row-level security reads as `gateway.companies`: a PostgreSQL array."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "setting", "{" + ",".join(str(int(company)) for company in self.companies) + "}")


_READING = {
    # Reads are written so that one plan suits all parameters. Planning anew takes longer than a page of 50, and an
    # estimate for a small company, with a limit above it, sorts the 100,000 numbers of a large one: 100 ms, not 1.3.
    "plan_cache_mode": "force_generic_plan",
    # A page comes from an index in its order; a bitmap would read the whole company first: 75 ms, not 0.4.
    "enable_bitmapscan": "off",
}
"""How PostgreSQL plans on connections for reads."""


def _assume(*, local: bool) -> Select[tuple[str]]:
    """Makes the session, or only its transaction, that of the tenant whose setting is `:tenant_setting`."""
    return select(func.set_config("gateway.companies", bindparam("tenant_setting", type_=Text), local))


_ASSUME = Statement(_assume(local=False))
_ASSUME_LOCALLY = _assume(local=True)


class _Connection(asyncpg.Connection):
    """A connection that remembers the tenant its session has assumed."""

    tenant: Tenant | None = None

    async def fetch_as(
        self, tenant: Tenant, statement: Statement, parameters: dict[str, object]
    ) -> list[asyncpg.Record]:
        if self.tenant == tenant:
            return await self.fetch(statement.sql, *statement.arguments(parameters))
        self.tenant = None  # Until the server has answered, nobody knows whose session this is.
        assuming: dict[str, object] = {"tenant_setting": tenant.setting}
        if statement.assuming is None:
            await self.fetch(_ASSUME.sql, *_ASSUME.arguments(assuming))
            self.tenant = tenant
            return await self.fetch(statement.sql, *statement.arguments(parameters))
        rows = await self.fetch(statement.assuming.sql, *statement.assuming.arguments(parameters | assuming))
        # No rows may mean that something else was found false first: then it stays open whose session this is.
        self.tenant = tenant if rows else None
        return rows


def _encode_jsonb(value: object) -> bytes:
    return b"\x01" + orjson.dumps(value)


def _decode_jsonb(value: bytes) -> object:
    return orjson.loads(memoryview(value)[1:])


async def _set_codecs(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_encode_jsonb, decoder=_decode_jsonb
    )


class _Readers:
    """A pool of autocommitting connections, small because it never resets: each use names its tenant.

    A reset at release would cost a round trip, and asyncpg's own pool more CPU than a small query (86 against 39 µs).
    """

    def __init__(self, connect: Callable[[], Awaitable[_Connection]], size: int) -> None:
        self._connect = connect
        self.size = size
        self.busy = 0
        self._free = asyncio.Semaphore(size)
        self._idle: list[_Connection] = []

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
                _observe("readers", statement.sql, begun)

    def _take(self, tenant: Tenant) -> _Connection | None:
        """An idle connection of this tenant, else the one that was idle longest."""
        self._idle = [connection for connection in self._idle if not connection.is_closed()]
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index].tenant == tenant:
                return self._idle.pop(index)
        return self._idle.pop(0) if self._idle else None

    async def open(self) -> None:
        async with self._free:
            self._idle.append(await self._connect())

    async def close(self) -> None:
        for _ in range(self.size):
            await self._free.acquire()
        for connection in self._idle:
            await connection.close()


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
        self._readers = _Readers(partial(self._reach, **_READING), readers)
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._reach,
            pool_size=writers,
            max_overflow=0,
            hide_parameters=True,  # errors are logged, and parameters may be secrets
            json_serializer=_as_is,
        )
        event.listen(self._engine.sync_engine, "connect", _share_codecs)
        event.listen(self._engine.sync_engine, "checkout", _refuse_lost)
        event.listen(self._engine.sync_engine, "before_cursor_execute", _begin)
        event.listen(self._engine.sync_engine, "after_cursor_execute", _end)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._listener = Listener(self._connect)

    async def open(self) -> None:
        """Connects; OSError, asyncpg.PostgresError or ValueError when the address or the server is wrong."""
        try:
            await self._readers.open()
        except DatabaseAway as away:
            raise away.__cause__ or away from None

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
            tell_outage(error)
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
            tell_outage(error)
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

    async def _reach(self, **settings: str) -> _Connection:
        try:
            return await self._connect(**settings)
        except Exception as error:
            tell_outage(error, OSError)
            raise

    async def _connect(self, **settings: str) -> _Connection:
        connection: _Connection = await asyncpg.connect(
            self._dsn,
            connection_class=_Connection,
            timeout=self._connect_timeout,
            server_settings=self._server_settings | settings,
        )
        await _set_codecs(connection)
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
        _observe("writers", statement.sql, begun)


def _observe(pool: str, sql: str, begun: float) -> None:
    """Measures a statement that has ended; its text holds no values."""
    seconds = perf_counter() - begun
    STATEMENT_SECONDS.observe(seconds, pool)
    traces.record("postgresql", seconds, {"db.system.name": "postgresql", "db.query.text": sql})


def _begin(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
    context.gateway_begun = perf_counter()


def _end(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
    _observe("writers", statement, context.gateway_begun)


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
    connection.run_async(_set_codecs)


def _refuse_lost(connection: DBAPIConnection, _: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
    """Lets the pool replace a connection that was lost while it was idle."""
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError
