"""What the operator's system refuses to end in time: told once, asked for again after pauses, in nothing else's way."""

import json
import math
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.texts import Language
from gateway.ports.bss import BssAnswer, BssOrder, Verdict
from gateway.services.endings import end_what_is_due
from gateway.services.summaries import summary
from gateway.telemetry.metrics import REFUSED_ENDINGS
from tests.services.fleet import NUMBER, arrange
from tests.unit.operations.catalogues import PROMO, catalogue

CATALOGUE = catalogue()


@pytest.fixture(autouse=True)
async def _fleet(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await arrange(owner_connection)


class Refusing:
    """A sender whose operator does all but one kind of operation; it keeps what it was asked for."""

    def __init__(self, kind: str) -> None:
        self.kind: str | None = kind
        self.asked: list[str] = []

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        kinds = [operation["kind"] for order in orders for operation in order.operations]
        self.asked += kinds
        refused = BssAnswer(Verdict.REFUSED, "Audit")
        return [refused if kind == self.kind else BssAnswer(Verdict.DONE) for kind in kinds]


async def refused_endings(connection: asyncpg.Connection) -> list[tuple[str, int, timedelta]]:
    """What was refused, how often, and how long nobody asks again, to the second."""
    rows = await connection.fetch("SELECT ending, tries, due_at - now() AS pause FROM refused_endings ORDER BY 1")
    return [(row["ending"], row["tries"], timedelta(seconds=math.ceil(row["pause"].total_seconds()))) for row in rows]


async def test_a_refused_ending_is_told_once_and_asked_for_again_after_pauses_that_grow(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE numbers SET status = 'BLOCKED', blocked_until = now() WHERE id = 101")
    bss, counted = Refusing("number:unblock"), REFUSED_ENDINGS.values.get(("number:unblock",), [0])[0]

    pauses = []
    for tries in (0, 1, 2, 20):
        await owner_connection.execute("UPDATE refused_endings SET tries = $1, due_at = now()", tries)
        for _ in range(3):
            assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 0
        pauses += await refused_endings(owner_connection)

    assert pauses == [
        ("number:unblock", 1, timedelta(seconds=30)),
        ("number:unblock", 2, timedelta(minutes=1)),
        ("number:unblock", 3, timedelta(minutes=2)),
        ("number:unblock", 21, timedelta(hours=1)),
    ]
    assert bss.asked == ["number:unblock"] * 4
    assert REFUSED_ENDINGS.values["number:unblock",] == [counted + 4]
    [line] = await owner_connection.fetch("SELECT action, number_id, subject, details FROM journal_entries")
    assert (line["action"], line["number_id"], line["subject"]) == ("ending:refuse", NUMBER, "num_101")
    assert [summary(line["action"], json.loads(line["details"]), language) for language in Language] == [
        "The operator's systems refused to end the block of +79260000101: Audit",
        "Системы оператора отказались завершить: блокировка номера +79260000101: Audit",
    ]


async def test_what_the_operator_ends_after_all_is_forgotten(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE numbers SET status = 'BLOCKED', blocked_until = now() WHERE id = 101")
    bss = Refusing("number:unblock")
    await end_what_is_due(database, catalogue=CATALOGUE, bss=bss)
    await owner_connection.execute("UPDATE refused_endings SET due_at = now()")
    bss.kind = None

    assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 1

    assert await refused_endings(owner_connection) == []
    lines = await owner_connection.fetch("SELECT action FROM journal_entries ORDER BY id")
    assert [line["action"] for line in lines] == ["ending:refuse", "number:unblock"]


async def test_a_block_that_is_set_anew_was_not_refused(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    bss = Refusing("number:unblock")
    for minutes in (2, 1):
        await owner_connection.execute(
            "UPDATE numbers SET status = 'BLOCKED', blocked_until = now() - $1::interval WHERE id = 101",
            timedelta(minutes=minutes),
        )
        await end_what_is_due(database, catalogue=CATALOGUE, bss=bss)

    assert bss.asked == ["number:unblock"] * 2
    assert await refused_endings(owner_connection) == [("number:unblock", 1, timedelta(seconds=30))]
    assert await owner_connection.fetchval("SELECT count(*) FROM journal_entries") == 2


async def test_what_is_refused_keeps_nothing_else_from_ending(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE numbers SET status = 'BLOCKED', blocked_until = now() WHERE id = 101")
    await owner_connection.execute("""
        INSERT INTO forwardings (company_id, number_id, condition, target, until)
        SELECT 1, 101, condition, '79261112233', now() FROM unnest(ARRAY['ALWAYS', 'BUSY']) condition
    """)
    await owner_connection.execute(
        "INSERT INTO connected_options (company_id, number_id, option_id, disconnects_at) VALUES (1, 101, $1, now())",
        PROMO,
    )
    bss = Refusing("forwarding:clear")

    for _ in range(5):
        await end_what_is_due(database, catalogue=CATALOGUE, bss=bss)

    assert bss.asked == ["forwarding:clear", "forwarding:clear", "number:unblock", "option:disconnect"]
    assert await owner_connection.fetchval("SELECT count(*) FROM connected_options") == 0
    assert await owner_connection.fetchval("SELECT status FROM numbers WHERE id = 101") == "ACTIVE"
    assert [ending for ending, _, _ in await refused_endings(owner_connection)] == [
        "forwarding:clear ALWAYS",
        "forwarding:clear BUSY",
    ]
