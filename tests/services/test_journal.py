"""The journal: one chain for each company, in the order of commits, and every way to tamper with it found."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from hashlib import sha256

import asyncpg
import pytest

from authz.principal import Principal
from gateway.db import Database, run
from gateway.kit.texts import Language
from gateway.models.journal import ActorKind, Channel
from gateway.services.journal import BEGINNING, COLUMNS, NewEntry, Origin, append, entry_hash
from gateway.services.journal_verification import Fault, FaultKind, verify
from gateway.services.summaries import summary
from gateway.statements import Tenant
from tests.services.fleet import AUDITOR, COMPANY, ORIGIN, OTHER_COMPANY

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=3)))
TENANT = Tenant((COMPANY, OTHER_COMPANY))
pytestmark = pytest.mark.usefixtures("fleet")


async def write(database: Database, *actions: str, company_id: int = COMPANY) -> list[int]:
    entries = [NewEntry(action=action, after={"приём": [1, None, "\\", {"z": "ё", "a": True}]}) for action in actions]
    async with database.transaction(TENANT) as session:
        return await append(partial(run, session), company_id, ORIGIN, MOMENT, entries)


async def tamper(connection: asyncpg.Connection, statement: str, *arguments: object) -> None:
    """What nobody can do through the gateway: past row-level security, past the trigger."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(statement, *arguments)


async def test_a_line_says_who_did_what_through_which_channel(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    entry = NewEntry(
        action="label:set",
        subject="num_101",
        number_id=101,
        bulk_change_id=4,
        before={"label": None},
        after={"label": "Ы"},
        details={"names": {"msisdn": "+79260000101"}},
    )
    async with database.transaction(TENANT) as session:
        ids = await append(partial(run, session), COMPANY, ORIGIN, MOMENT, [entry])

    (row,) = await owner_connection.fetch("SELECT * FROM journal_entries")
    assert dict(row) == {
        "company_id": COMPANY,
        "id": ids[0],
        "at": datetime(2026, 3, 1, 9, 30, 15, 123456, tzinfo=UTC),
        "actor_kind": "ADMINISTRATOR",
        "actor_id": 5,
        "actor_name": "Anna Petrova",
        "channel": "PORTAL",
        "action": "label:set",
        "subject": "num_101",
        "number_id": 101,
        "bulk_change_id": 4,
        "before": '{"label": null}',
        "after": '{"label": "Ы"}',
        "details": '{"names": {"msisdn": "+79260000101"}}',
        "correlation_id": "c0ffee",
        "previous_hash": BEGINNING,
        "hash": row["hash"],
    }


def test_a_hash_is_sha_256_over_the_hash_before_and_canonical_json() -> None:
    moment = MOMENT.astimezone(UTC)
    line: dict[str, object] = dict.fromkeys(COLUMNS) | {"id": 7, "after": {"b": "ё", "a": [1]}, "at": moment}
    written = (
        '{"action":null,"actor_id":null,"actor_kind":null,"actor_name":null,"after":{"a":[1],"b":"ё"},'
        '"at":"2026-03-01T09:30:15.123456+00:00","before":null,"bulk_change_id":null,"channel":null,"company_id":null,'
        '"correlation_id":null,"details":null,"id":7,"number_id":null,"subject":null}'
    )

    assert entry_hash(b"before", line) == sha256(b"before" + written.encode()).digest()


@pytest.mark.parametrize("name", COLUMNS)
def test_a_hash_covers_every_column(name: str) -> None:
    line = dict.fromkeys(COLUMNS, "x")

    assert entry_hash(BEGINNING, line) != entry_hash(BEGINNING, line | {name: "y"})


def test_an_origin_is_the_principal_as_it_was_then() -> None:
    assert Origin(ActorKind.ADMINISTRATOR, 5, "Anna Petrova", Channel.PORTAL, "c0ffee") == ORIGIN
    assert Origin.of(AUDITOR, Channel.API, None).actor_kind is ActorKind.API_KEY
    assert Origin.of(Principal("system", 0, "Timer", ()), Channel.SYSTEM, None).actor_kind is ActorKind.SYSTEM


async def test_a_chain_runs_through_all_transactions_of_a_company(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    first = await write(database, "label:set", "ban:set")
    await write(database, "ban:set", company_id=OTHER_COMPANY)
    second = await write(database, "ban:lift")

    rows = await owner_connection.fetch("SELECT * FROM journal_entries WHERE company_id = 1 ORDER BY id")
    assert [row["id"] for row in rows] == first + second
    assert [row["action"] for row in rows] == ["label:set", "ban:set", "ban:lift"]
    assert [row["previous_hash"] for row in rows] == [BEGINNING, rows[0]["hash"], rows[1]["hash"]]
    (head,) = await owner_connection.fetch("SELECT entry_id, hash FROM journal_heads WHERE company_id = 1")
    assert (head["entry_id"], head["hash"]) == (second[0], rows[2]["hash"])


async def test_many_at_once_make_one_chain(database: Database) -> None:
    written = await asyncio.gather(*(write(database, *["label:set"] * (1 + turn % 3)) for turn in range(30)))

    verification = await verify(database, COMPANY)

    assert (verification.lines, verification.faults) == (sum(map(len, written)), ())
    assert all(ids == list(range(ids[0], ids[0] + len(ids))) for ids in written)


async def test_what_is_rolled_back_leaves_no_line(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.transaction(TENANT) as session:
            await append(partial(run, session), COMPANY, ORIGIN, MOMENT, [NewEntry(action="ban:set")])
            raise TimeoutError

    await write(database, "label:set")
    with pytest.raises(TimeoutError):
        await write_and_fail()

    await write(database, "ban:lift")
    verification = await verify(database, COMPANY)
    assert (verification.lines, verification.faults) == (2, ())


async def test_nobody_changes_or_removes_a_line_through_the_gateway(database: Database) -> None:
    await write(database, "label:set")

    async with database.transaction(TENANT) as session:
        connection = await (await session.connection()).get_raw_connection()
        for statement in ("UPDATE journal_entries SET action = 'x'", "DELETE FROM journal_entries"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.driver_connection.transaction():  # type: ignore[union-attr]  # it is connected
                    await connection.driver_connection.execute(statement)  # type: ignore[union-attr]  # it is connected


async def test_an_empty_journal_is_whole(database: Database) -> None:
    verification = await verify(database, COMPANY)

    assert (verification.lines, verification.end, verification.faults) == (0, BEGINNING, ())


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        ("UPDATE journal_entries SET actor_name = 'Nobody' WHERE id = 3", [(FaultKind.ALTERED, 3)]),
        (
            "UPDATE journal_entries SET after = '{}' WHERE id IN (2, 5)",
            [(FaultKind.ALTERED, 2), (FaultKind.ALTERED, 5)],
        ),
        ("UPDATE journal_entries SET at = at + interval '1 microsecond' WHERE id = 1", [(FaultKind.ALTERED, 1)]),
        ("DELETE FROM journal_entries WHERE id = 1", [(FaultKind.OUT_OF_PLACE, 2)]),
        ("DELETE FROM journal_entries WHERE id IN (3, 4)", [(FaultKind.OUT_OF_PLACE, 5)]),
        ("DELETE FROM journal_entries WHERE id = 5", [(FaultKind.CUT_OFF, 5)]),
        ("DELETE FROM journal_entries", [(FaultKind.CUT_OFF, 5)]),
        (
            "UPDATE journal_heads SET hash = previous_hash, entry_id = 4 FROM journal_entries WHERE id = 5",
            [(FaultKind.FORGED, 5)],
        ),
        ("DELETE FROM journal_heads", [(FaultKind.FORGED, each) for each in range(1, 6)]),
        ("UPDATE journal_heads SET hash = '\\x00'", [(FaultKind.ALTERED, 5)]),
        (
            "UPDATE journal_entries SET id = CASE id WHEN 2 THEN 103 ELSE 102 END WHERE id IN (2, 3);"
            "UPDATE journal_entries SET id = id - 100 WHERE id IN (102, 103)",
            [(FaultKind.ALTERED, 2), (FaultKind.ALTERED, 3), (FaultKind.OUT_OF_PLACE, 4)],
        ),
    ],
)
async def test_tampering_is_found_where_it_was_done(
    database: Database, owner_connection: asyncpg.Connection, statement: str, faults: list[tuple[FaultKind, int]]
) -> None:
    assert await write(database, *["label:set"] * 3) + await write(database, *["ban:set"] * 2) == [1, 2, 3, 4, 5]

    await tamper(owner_connection, statement)

    assert (await verify(database, COMPANY)).faults == tuple(Fault(*fault) for fault in faults)


async def test_a_line_rewritten_with_its_hash_no_longer_fits_the_next(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await write(database, *["label:set"] * 5)

    for entry_id in (3, 5):
        (row,) = await owner_connection.fetch("SELECT * FROM journal_entries WHERE id = $1", entry_id)
        forged = {**row, "actor_name": "Nobody"} | {
            name: row[name] and json.loads(row[name]) for name in ("before", "after", "details")
        }
        digest = entry_hash(row["previous_hash"], forged)
        await tamper(
            owner_connection,
            "UPDATE journal_entries SET actor_name = 'Nobody', hash = $1 WHERE id = $2",
            digest,
            entry_id,
        )

    assert (await verify(database, COMPANY)).faults == (Fault(FaultKind.OUT_OF_PLACE, 4), Fault(FaultKind.ALTERED, 5))


async def test_the_search_ends_at_a_hundred_faults(database: Database, owner_connection: asyncpg.Connection) -> None:
    await write(database, *["label:set"] * 120)
    await tamper(owner_connection, "UPDATE journal_entries SET actor_name = 'Nobody'")

    assert len((await verify(database, COMPANY)).faults) == 100


async def test_progress_is_told_a_page_at_a_time(database: Database) -> None:
    await write(database, *["label:set"] * 2_500)
    heard: list[int] = []

    await verify(database, COMPANY, progress=heard.append)

    assert heard == [2_000, 2_500]


@pytest.mark.parametrize(
    ("action", "details", "language", "words"),
    [
        (
            "option:connect",
            {"names": {"option": "Anti-spam", "msisdn": "+79260000101"}},
            Language.EN,
            "Option “Anti-spam” connected to +79260000101",
        ),
        (
            "tariff:change",
            {"names": {"from": "S", "to": "M", "lost": {"ru": "; при этом отключены: «A»"}, "msisdn": "+79260000101"}},
            Language.RU,
            "Тариф номера +79260000101 изменён с «S» на «M»; при этом отключены: «A»",
        ),
        ("option:connect", {"names": {"option": "Anti-spam"}}, Language.EN, "Connect options."),
        ("register:import", None, Language.RU, "Загружать реестр номеров и сотрудников из файла."),
        ("teapot:boil", None, Language.EN, "teapot:boil"),
    ],
)
def test_a_line_in_words(action: str, details: dict[str, object] | None, language: Language, words: str) -> None:
    assert summary(action, details, language) == words
