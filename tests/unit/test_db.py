"""Statements, tenants, transactions and notifications, on a real PostgreSQL."""

import asyncio
import datetime
import enum
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Enum,
    Integer,
    MetaData,
    Table,
    Text,
    any_,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable

from gateway.db import Database, raw
from gateway.statements import Statement, Tenant

ONE, TWO = Tenant((1,)), Tenant((2,))


class Colour(enum.Enum):
    RED = "red"


notes = Table(
    "notes",
    MetaData(),
    Column("company_id", BigInteger),
    Column("note", Text),
    Column("details", JSONB),
    Column("colour", Enum(Colour, native_enum=False)),
    Column("rank", Integer, default=5),
)
NOTES = Statement(select(notes.c.note))
SESSION = Statement(text("SELECT pg_backend_pid() AS pid, current_user AS role, current_setting('gateway.companies')"))


@pytest.fixture
async def own_notes(owner_connection: asyncpg.Connection) -> AsyncIterator[None]:
    """A table in which companies 1 and 2 have a note each, guarded as the companies' tables are."""
    await owner_connection.execute("""
        CREATE TABLE notes (company_id bigint, note text, details jsonb, colour text, rank int);
        ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON notes USING (company_id = ANY (tenant_companies()));
        GRANT SELECT, INSERT, UPDATE ON notes TO gateway_app;
        INSERT INTO notes VALUES (1, 'one'), (2, 'two');
    """)
    yield
    await owner_connection.execute("DROP TABLE notes")


@pytest.fixture
async def narrow(dsn: str) -> AsyncIterator[Database]:
    """A database with a single connection for each purpose, so that every use gets what the last one left."""
    database = Database(dsn, readers=1, writers=1)
    await database.open()
    yield database
    await database.close()


async def seen(database: Database, tenant: Tenant) -> list[str]:
    return [row["note"] for row in await database.fetch(tenant, NOTES)]


async def seen_in_transaction(database: Database, tenant: Tenant) -> list[str]:
    async with database.transaction(tenant) as session:
        return list(await session.scalars(select(notes.c.note)))


def test_a_statement_numbers_its_parameters_and_keeps_its_constants() -> None:
    statement = Statement(
        select(notes.c.note)
        .where(notes.c.company_id == any_(bindparam("companies", type_=ARRAY(BigInteger))))
        .where(notes.c.note.in_(["a", "b"]), notes.c.colour == Colour.RED, notes.c.rank == bindparam("rank", 7))
    )

    assert " ".join(statement.sql.split()) == (
        "SELECT notes.note FROM notes WHERE notes.company_id = ANY ($1::BIGINT[]) AND notes.note IN "
        "($4::VARCHAR, $5::VARCHAR) AND notes.colour = $2 AND notes.rank = $3::INTEGER"
    )
    assert statement.arguments({"companies": [1, 2]}) == [[1, 2], "RED", 7, "a", "b"]
    assert statement.arguments({"companies": [], "rank": 8}) == [[], "RED", 8, "a", "b"]


def test_a_parameter_used_twice_is_sent_once() -> None:
    statement = Statement(text("SELECT cast(:x AS int), cast(:x AS int) + :y").bindparams(y=1))

    assert statement.sql == "SELECT cast($1 AS int), cast($1 AS int) + $2::INTEGER"
    assert statement.arguments({"x": 3}) == [3, 1]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "missing: ['pk'], unknown: []"),
        ({"pk": 1, "typo": 2}, "missing: [], unknown: ['typo']"),
        ({"PK": 1}, "missing: ['pk'], unknown: ['PK']"),
    ],
)
def test_wrong_parameters_are_named(given: dict[str, object], complaint: str) -> None:
    statement = Statement(update(notes).where(notes.c.company_id == bindparam("pk")).values(details={"a": 1}))

    with pytest.raises(TypeError) as raised:
        statement.arguments(given)
    assert complaint in str(raised.value)


def test_what_would_silently_differ_from_sqlalchemy_is_refused() -> None:
    with pytest.raises(TypeError, match="use any_"):
        Statement(select(notes).where(notes.c.company_id.in_(bindparam("companies", expanding=True))))
    with pytest.raises(TypeError, match="give a value for"):
        Statement(insert(notes).values(note="x"))
    with pytest.raises(TypeError, match="a change of tables"):
        Statement(CreateTable(notes))


async def test_a_query_of_another_tenant_assumes_it_before_any_row_is_read(narrow: Database, own_notes: None) -> None:
    nothing = Statement(select(notes.c.note).where(notes.c.note == bindparam("note")))
    folded = Statement(select(notes.c.note).where(literal(1) == bindparam("one", type_=Integer)))
    named = Statement(
        select(notes.c.note).where(notes.c.company_id == any_(bindparam("companies", type_=ARRAY(BigInteger))))
    )

    for _ in range(7):  # PostgreSQL may plan anew for the first five
        assert await seen(narrow, ONE) == ["one"]
        assert await seen(narrow, TWO) == ["two"]
        assert await narrow.fetch(ONE, nothing, note="two") == []
        assert await seen(narrow, ONE) == ["one"]
        assert await narrow.fetch(TWO, folded, one=2) == []
        assert await seen(narrow, TWO) == ["two"]
        assert [row["note"] for row in await narrow.fetch(ONE, named, companies=[1, 2])] == ["one"]
        assert await narrow.fetch(Tenant(), NOTES) == []


def test_a_tenant_is_what_row_level_security_reads() -> None:
    assert Tenant((1, 22)).setting == "{1,22}"
    assert Tenant().setting == "{}"
    assert Tenant((1,)) == ONE != TWO


async def test_a_total_of_nothing_is_no_proof_of_a_tenant(narrow: Database, own_notes: None) -> None:
    total = Statement(select(func.count()).select_from(notes).where(bindparam("asked", type_=Boolean)))
    assert await seen(narrow, ONE) == ["one"]

    assert [row[0] for row in await narrow.fetch(TWO, total, asked=False)] == [0]

    assert await seen(narrow, TWO) == ["two"]


async def test_rows_are_plain_records_of_an_unprivileged_session(database: Database) -> None:
    statement = Statement(
        select(
            text("current_user::text AS role, current_setting('gateway.companies') AS companies, now() AS now"),
            bindparam("details", type_=JSONB).label("details"),
        )
    )

    (row,) = await database.fetch(Tenant((1, 2)), statement, details={"ключ": [1, None]})

    assert (row["role"], row["companies"], row["details"]) == ("gateway_app", "{1,2}", {"ключ": [1, None]})
    assert row["now"].tzinfo == datetime.UTC


async def test_reads_see_the_rows_of_their_tenant_only(own_notes: None, narrow: Database) -> None:
    assert await seen(narrow, ONE) == ["one"]
    assert await seen(narrow, TWO) == ["two"]
    assert await seen(narrow, Tenant((1, 2))) == ["one", "two"]
    assert await seen(narrow, Tenant()) == []


async def test_a_connection_whose_last_statement_failed_serves_the_next_tenant(
    own_notes: None, narrow: Database
) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await narrow.fetch(ONE, Statement(text("SELECT 1 / 0")))

    assert await seen(narrow, TWO) == ["two"]


async def cancel_at_each_turn(use: Callable[[], Awaitable[object]], check: Callable[[], Awaitable[None]]) -> int:
    """Runs `use` again and again, cancelled one turn of the event loop later each time, until it gets through."""
    turns = 0
    while True:
        task = asyncio.ensure_future(use())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        await check()
        if not isinstance(outcome, asyncio.CancelledError):
            return turns
        turns += 1


async def test_reads_cancelled_at_any_moment_leave_no_tenant_behind(own_notes: None, narrow: Database) -> None:
    async def check() -> None:
        assert await seen(narrow, ONE) == ["one"]

    await check()
    assert await cancel_at_each_turn(lambda: seen(narrow, TWO), check) > 3


async def test_a_read_cancelled_while_it_runs_is_stopped_in_the_server(own_notes: None, narrow: Database) -> None:
    task = asyncio.create_task(narrow.fetch(ONE, Statement(text("SELECT pg_sleep(60)"))))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.05)

    async with asyncio.timeout(10):
        assert await seen(narrow, TWO) == ["two"]


async def test_a_tenant_gets_its_own_connection_back(dsn: str) -> None:
    database = Database(dsn, readers=2)
    async with asyncio.timeout(10):
        await asyncio.gather(*(database.fetch(tenant, SESSION) for tenant in (ONE, TWO)))

    pids = [(await database.fetch(tenant, SESSION))[0]["pid"] for tenant in (ONE, TWO, ONE, TWO, ONE, ONE, TWO)]

    one, two = pids[:2]
    assert one != two
    assert pids == [one, two, one, two, one, one, two]
    await database.close()


async def test_a_terminated_connection_is_replaced(narrow: Database, owner_connection: asyncpg.Connection) -> None:
    (before,) = await narrow.fetch(ONE, SESSION)
    async with narrow.transaction(ONE) as session:
        writer = await session.scalar(text("SELECT pg_backend_pid()"))
    for pid in (before["pid"], writer):
        assert await owner_connection.fetchval("SELECT pg_terminate_backend($1, 10000)", pid)

    (after,) = await narrow.fetch(ONE, SESSION)
    async with narrow.transaction(ONE) as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) != writer

    assert after["pid"] != before["pid"]


async def test_a_transaction_commits_what_it_wrote_as_its_tenant(own_notes: None, narrow: Database) -> None:
    async with narrow.transaction(ONE) as session:
        await session.execute(insert(notes).values(company_id=1, note="three", details={"a": [1]}))
        await session.execute(text("CREATE TEMPORARY TABLE sent (note text, details jsonb) ON COMMIT DROP"))
        await (await raw(session)).copy_records_to_table("sent", records=[("four", {"b": None})])
        await session.execute(text("INSERT INTO notes (company_id, note, details) SELECT 1, note, details FROM sent"))

    assert await seen(narrow, ONE) == ["one", "three", "four"]
    assert await seen(narrow, TWO) == ["two"]
    details = await narrow.fetch(ONE, Statement(select(notes.c.details).where(notes.c.details.is_not(None))))
    assert [row["details"] for row in details] == [{"a": [1]}, {"b": None}]


async def test_a_transaction_cannot_write_for_another_tenant(own_notes: None, narrow: Database) -> None:
    with pytest.raises(Exception, match="row-level security"):
        async with narrow.transaction(ONE) as session:
            await session.execute(insert(notes).values(company_id=2, note="forged", rank=None))

    assert await seen(narrow, TWO) == ["two"]


async def test_an_exception_rolls_everything_back(own_notes: None, narrow: Database) -> None:
    async def write_and_fail(session: AsyncSession) -> None:
        await session.execute(update(notes).values(note="lost"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with narrow.transaction(ONE) as session:
            await write_and_fail(session)

    assert await seen(narrow, ONE) == ["one"]
    assert await seen_in_transaction(narrow, TWO) == ["two"]


async def test_transactions_cancelled_at_any_moment_leave_neither_rows_nor_tenant(
    own_notes: None, narrow: Database, owner_connection: asyncpg.Connection
) -> None:
    async def overwrite() -> None:
        async with narrow.transaction(TWO) as session:
            await session.execute(update(notes).values(note="lost"))
            await session.rollback()

    async def check() -> None:
        assert await seen_in_transaction(narrow, ONE) == ["one"]
        assert await seen_in_transaction(narrow, TWO) == ["two"]

    assert await cancel_at_each_turn(overwrite, check) > 10
    assert await owner_connection.fetchval("SELECT array_agg(note ORDER BY note) FROM notes") == ["one", "two"]


async def test_notifications_arrive_over_a_lost_connection(dsn: str, owner_connection: asyncpg.Connection) -> None:
    database = Database(dsn, application_name="listening")
    catalogue: asyncio.Queue[str | None] = asyncio.Queue()
    access: asyncio.Queue[str | None] = asyncio.Queue()
    async with asyncio.timeout(20):
        await database.listen("catalogue", catalogue.put_nowait)
        await database.listen("access", access.put_nowait)

        await owner_connection.execute("SELECT pg_notify('catalogue', 'a'), pg_notify('access', 'b')")
        assert (await catalogue.get(), await access.get()) == ("a", "b")

        await owner_connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listening'"
        )
        assert (await catalogue.get(), await access.get()) == (None, None)

        await owner_connection.execute("SELECT pg_notify('catalogue', 'c'), pg_notify('access', 'd')")
        assert (await catalogue.get(), await access.get()) == ("c", "d")
    await database.close()
