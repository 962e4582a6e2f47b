"""Blocks and forwardings whose time is over: ended once, by the system, and in nobody's way."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from gateway.db import Database
from gateway.models.numbers import BlockReason, ForwardingCondition
from gateway.operations.blocks import Block
from gateway.operations.catalogue import Catalogue
from gateway.operations.forwardings import ForwardingSet
from gateway.operations.operation import Operation
from gateway.services.endings import end_what_is_due
from gateway.services.journal_verification import verify
from gateway.services.numbers import Done, change
from tests.services.fleet import (
    ADMINISTRATOR,
    BRANCH_NUMBER,
    COMPANY,
    FOREIGN_NUMBER,
    NUMBER,
    ORIGIN,
    OTHER_COMPANY,
    insert,
)
from tests.unit.operations.catalogues import PROMO, catalogue

CATALOGUE = catalogue()
PAST, FUTURE = datetime(2026, 3, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)
pytestmark = pytest.mark.usefixtures("fleet")


async def make(database: Database, operation: Operation) -> Done:
    return await change(database, ADMINISTRATOR, NUMBER, operation, catalogue=CATALOGUE, origin=ORIGIN)


async def block(connection: asyncpg.Connection, *number_ids: int, until: datetime | None = PAST) -> None:
    await connection.execute(
        "UPDATE numbers SET status = 'BLOCKED', block_reason = 'LOST', blocked_until = $1 WHERE id = ANY ($2)",
        until,
        list(number_ids),
    )


async def forward(connection: asyncpg.Connection, condition: str, until: datetime | None, company_id: int = 1) -> None:
    number_id = NUMBER if company_id == COMPANY else FOREIGN_NUMBER
    row = {"company_id": company_id, "number_id": number_id, "condition": condition, "target": "79261112233"}
    await insert(connection, "forwardings", row | {"until": until})


async def lines(connection: asyncpg.Connection) -> list[Any]:
    rows = await connection.fetch("SELECT * FROM journal_entries ORDER BY id")
    return [(row["company_id"], row["number_id"], row["action"], row["actor_kind"], row["channel"]) for row in rows]


async def test_what_is_over_ends_and_is_written_down(database: Database, owner_connection: asyncpg.Connection) -> None:
    await block(owner_connection, NUMBER, FOREIGN_NUMBER)
    await block(owner_connection, BRANCH_NUMBER, until=FUTURE)
    await block(owner_connection, 103, until=None)
    for condition, until in (("ALWAYS", PAST), ("BUSY", PAST), ("NO_ANSWER", FUTURE), ("UNREACHABLE", None)):
        await forward(owner_connection, condition, until)

    assert await end_what_is_due(database, catalogue=CATALOGUE) == 2
    assert await end_what_is_due(database, catalogue=CATALOGUE) == 0

    still = await owner_connection.fetch("SELECT id FROM numbers WHERE status = 'BLOCKED' ORDER BY id")
    assert [row["id"] for row in still] == [BRANCH_NUMBER, 103]
    kept = await owner_connection.fetch("SELECT condition FROM forwardings ORDER BY condition")
    assert [row["condition"] for row in kept] == ["NO_ANSWER", "UNREACHABLE"]
    assert await lines(owner_connection) == [
        (COMPANY, NUMBER, "forwarding:clear", "SYSTEM", "SYSTEM"),
        (COMPANY, NUMBER, "forwarding:clear", "SYSTEM", "SYSTEM"),
        (COMPANY, NUMBER, "number:unblock", "SYSTEM", "SYSTEM"),
        (OTHER_COMPANY, FOREIGN_NUMBER, "number:unblock", "SYSTEM", "SYSTEM"),
    ]
    after = await owner_connection.fetch("SELECT before, after FROM journal_entries ORDER BY id")
    assert json.loads(after[2]["before"]) == {
        "status": "BLOCKED",
        "blockReason": "LOST",
        "blockedUntil": "2026-03-01T00:00:00+00:00",
    }
    assert json.loads(after[2]["after"]) == {"status": "ACTIVE", "blockReason": None, "blockedUntil": None}


async def test_what_ends_by_itself_names_the_line_that_asked_for_it(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, unanswered, soon = ForwardingCondition.BUSY, ForwardingCondition.NO_ANSWER, FUTURE - timedelta(hours=1)
    operations = (
        ForwardingSet(busy, "79261112233", FUTURE),
        ForwardingSet(unanswered, "79261112233", soon),
        ForwardingSet(unanswered, "79261112233", FUTURE),
        Block(BlockReason.VOLUNTARY, soon),
        Block(BlockReason.LOST, FUTURE),
    )
    asked = [(await make(database, operation)).journal_id for operation in operations]
    monkeypatch.setattr("gateway.services.endings.datetime", SimpleNamespace(now=lambda _: FUTURE))

    assert await end_what_is_due(database, catalogue=CATALOGUE) == 1

    ended = await owner_connection.fetch("SELECT action, details FROM journal_entries WHERE channel = 'SYSTEM'")
    assert {(line["action"], json.loads(line["details"])["cause"]) for line in ended} == {
        ("forwarding:clear", f"jrn_{asked[0]}"),
        ("forwarding:clear", f"jrn_{asked[2]}"),
        ("number:unblock", f"jrn_{asked[4]}"),
    }


async def test_a_phone_that_is_lost_while_its_block_runs_out_stays_blocked(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await make(database, Block(BlockReason.VOLUNTARY, FUTURE))
    await owner_connection.execute("UPDATE numbers SET blocked_until = $1 WHERE id = $2", PAST, NUMBER)
    await make(database, Block(BlockReason.LOST))

    assert await end_what_is_due(database, catalogue=CATALOGUE) == 0

    [number] = await owner_connection.fetch("SELECT status, block_reason, blocked_until FROM numbers WHERE id = 101")
    assert tuple(number) == ("BLOCKED", "LOST", None)
    line = (await owner_connection.fetch("SELECT before, after FROM journal_entries ORDER BY id"))[-1]
    assert json.loads(line["before"]) == {"blockReason": "VOLUNTARY", "blockedUntil": "2026-03-01T00:00:00+00:00"}
    assert json.loads(line["after"]) == {"blockReason": "LOST", "blockedUntil": None}


async def test_many_workers_end_each_once(database: Database, owner_connection: asyncpg.Connection) -> None:
    await block(owner_connection, *range(101, 111))
    await forward(owner_connection, "ALWAYS", PAST)

    ended = await asyncio.gather(*(end_what_is_due(database, catalogue=CATALOGUE) for _ in range(6)))

    assert sum(ended) == 10
    assert len(await lines(owner_connection)) == 11
    assert (await verify(database, COMPANY)).faults == ()


@pytest.mark.parametrize(
    ("status", "left"), [("SUSPENDED", ["number:unblock"]), ("CLOSED", ["forwarding:clear", "number:unblock"])]
)
async def test_what_cannot_end_now_is_in_nobodys_way(
    database: Database,
    owner_connection: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    left: list[str],
) -> None:
    monkeypatch.setattr("gateway.services.endings.MOST", 1)
    await owner_connection.execute("UPDATE companies SET status = $1 WHERE id = 1", status)
    await block(owner_connection, NUMBER, FOREIGN_NUMBER)
    await forward(owner_connection, "ALWAYS", PAST)

    while await end_what_is_due(database, catalogue=CATALOGUE):
        pass
    other = (OTHER_COMPANY, FOREIGN_NUMBER, "number:unblock", "SYSTEM", "SYSTEM")
    ended = await lines(owner_connection)
    assert other in ended
    await owner_connection.execute("UPDATE companies SET status = 'ACTIVE' WHERE id = 1")
    while await end_what_is_due(database, catalogue=CATALOGUE):
        pass

    assert [action for _, _, action, _, _ in (await lines(owner_connection))[len(ended) :]] == left


async def test_what_goes_wrong_with_a_company_is_told_after_the_others_had_their_endings(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    guarded = {"company_id": COMPANY, "number_id": NUMBER, "option_id": PROMO, "connected_at": PAST}
    await insert(owner_connection, "connected_options", guarded | {"promo_ends_at": FUTURE, "disconnects_at": PAST})
    await block(owner_connection, FOREIGN_NUMBER)
    without_options = Catalogue(CATALOGUE.day, CATALOGUE.tariffs.values(), ())

    with pytest.raises(ExceptionGroup) as told:
        await end_what_is_due(database, catalogue=without_options)

    [failure] = told.value.exceptions
    assert (type(failure), failure.__notes__) == (KeyError, ["In company 1."])
    assert await lines(owner_connection) == [
        (OTHER_COMPANY, FOREIGN_NUMBER, "number:unblock", "SYSTEM", "SYSTEM"),
    ]
