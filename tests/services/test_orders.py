"""Changes through the operator's system: its ledger and our rows agree, whatever the network does."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.ports.bss import BssAnswer, BssOrder, HttpBss, Patience, Verdict
from gateway.services import orders
from gateway.services.endings import end_what_is_due
from gateway.services.journal_verification import verify
from gateway.services.numbers import Done, change
from gateway.services.orders import send_due
from tests.factories.operator import Operator, serving
from tests.services.fleet import ADMINISTRATOR, COMPANY, NUMBER, ORIGIN
from tests.unit.operations.catalogues import PLAIN, PROMO, RIVAL, catalogue

pytestmark = pytest.mark.usefixtures("fleet")

CATALOGUE = catalogue()
MSISDN = "+79260000101"
CONNECTED = [{"kind": "option:connect", "parameters": {"option_id": PLAIN}}]


class Nobody:
    """A sender that dies before anything is sent."""

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        raise ConnectionAbortedError


class Silent:
    """A sender that nobody answers; it keeps for how many orders it was asked each time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        self.asked.append(len(orders))
        return [BssAnswer(Verdict.UNKNOWN)] * len(orders)


class Spoiling:
    """A sender that does all, while the order of a number gets lost in its row."""

    def __init__(self, connection: asyncpg.Connection, number_id: int) -> None:
        self._connection, self._number_id = connection, number_id

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        await spoil(self._connection, self._number_id)
        return [BssAnswer(Verdict.DONE)] * len(orders)


@pytest.fixture
def operator() -> Operator:
    return Operator()


@pytest.fixture
async def bss(operator: Operator) -> AsyncIterator[HttpBss]:
    async with serving(operator) as url:
        bss = HttpBss(url, patience=Patience(first_pause=0.001, failures=1_000))
        yield bss
        await bss.close()


async def make(database: Database, bss: Any, operation: Operation, number_id: int = NUMBER, **options: Any) -> Done:
    return await change(
        database, ADMINISTRATOR, number_id, operation, catalogue=CATALOGUE, origin=ORIGIN, bss=bss, **options
    )


async def options_of(connection: asyncpg.Connection, number_id: int = NUMBER) -> set[int]:
    rows = await connection.fetch("SELECT option_id FROM connected_options WHERE number_id = $1", number_id)
    return {row["option_id"] for row in rows}


async def changes(connection: asyncpg.Connection) -> list[tuple[str, bool]]:
    """How each change ended, and whether the journal tells of it."""
    rows = await connection.fetch("SELECT status, journal_id FROM number_changes ORDER BY id")
    return [(row["status"], row["journal_id"] is not None) for row in rows]


async def open_orders(connection: asyncpg.Connection) -> list[int]:
    return [row["number_id"] for row in await connection.fetch("SELECT number_id FROM orders ORDER BY 1")]


async def make_due(connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE orders SET due_at = now()")


async def spoil(connection: asyncpg.Connection, number_id: int) -> None:
    await connection.execute("UPDATE orders SET task = '{}' WHERE number_id = $1", number_id)


async def test_a_change_is_applied_when_the_operator_has_done_it(
    database: Database, owner_connection: asyncpg.Connection, operator: Operator, bss: HttpBss
) -> None:
    done = await make(database, bss, OptionConnect(PLAIN))

    assert operator.ledger == {MSISDN: CONNECTED}
    assert await options_of(owner_connection) == {PLAIN}
    assert await changes(owner_connection) == [("APPLIED", True)]
    assert await open_orders(owner_connection) == []
    (line,) = await owner_connection.fetch("SELECT id, action, actor_name, before, after FROM journal_entries")
    assert (line["action"], line["actor_name"]) == ("option:connect", "Anna Petrova")
    assert (json.loads(line["before"]), len(json.loads(line["after"])["options"])) == ({"options": []}, 1)
    (option,) = await owner_connection.fetch("SELECT journal_id FROM connected_options")
    assert option["journal_id"] == line["id"]
    assert (done.journal_id, done.one_off_kopecks) == (None, 5_000)


async def test_what_the_operator_refuses_changes_nothing(
    database: Database, owner_connection: asyncpg.Connection, operator: Operator, bss: HttpBss
) -> None:
    operator.refusing.add(MSISDN)

    await make(database, bss, OptionConnect(PLAIN))

    assert await options_of(owner_connection) == set()
    (row,) = await owner_connection.fetch("SELECT status, error FROM number_changes")
    assert (row["status"], json.loads(row["error"])) == (
        "FAILED",
        {
            "code": "UPSTREAM_REFUSED",
            "field": [],
            "message": {
                "en": "The operator's systems refused: no such subscriber",
                "ru": "Системы оператора отказали: no such subscriber",
            },
            "hint": None,
        },
    )
    assert await owner_connection.fetchval("SELECT count(*) FROM journal_entries") == 0
    operator.refusing.clear()
    await make(database, bss, OptionConnect(PLAIN))
    assert await changes(owner_connection) == [("FAILED", False), ("APPLIED", True)]


async def test_a_number_that_waits_takes_no_other_change(
    database: Database, owner_connection: asyncpg.Connection, operator: Operator, bss: HttpBss
) -> None:
    operator.status = 503
    first = await make(database, bss, OptionConnect(PLAIN), idempotency_key="k")

    with pytest.raises(Refusal) as told:
        await make(database, bss, OptionConnect(PROMO))
    assert told.value.code is ErrorCode.CONFLICT
    assert await make(database, bss, OptionConnect(PLAIN), idempotency_key="k") == first
    await make(database, bss, LabelSet("Desk"))  # the company's own, of which the operator knows nothing
    assert await changes(owner_connection) == [("PENDING", False), ("APPLIED", True)]

    operator.status = None
    await make_due(owner_connection)
    assert await send_due(database, bss) == 1

    assert await changes(owner_connection) == [("APPLIED", True), ("APPLIED", True)]
    assert len(set(operator.requests)) == 1
    (row,) = await owner_connection.fetch("SELECT label FROM numbers WHERE id = $1", NUMBER)
    assert (row["label"], await options_of(owner_connection)) == ("Desk", {PLAIN})
    await make(database, bss, OptionConnect(PROMO))


async def test_an_order_whose_sender_died_is_sent_by_another_once(
    database: Database, owner_connection: asyncpg.Connection, operator: Operator, bss: HttpBss
) -> None:
    with pytest.raises(ConnectionAbortedError):
        await make(database, Nobody(), OptionConnect(PLAIN))
    assert await send_due(database, bss) == 0  # the sender may be alive
    await make_due(owner_connection)

    assert sum(await asyncio.gather(*(send_due(database, bss) for _ in range(5)))) == 1

    assert (operator.ledger, await changes(owner_connection)) == ({MSISDN: CONNECTED}, [("APPLIED", True)])


async def test_an_order_that_is_being_sent_is_not_taken_from_its_sender(
    database: Database, owner_connection: asyncpg.Connection, bss: HttpBss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "RENEW_EVERY", 0.01)

    class Slow:
        async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
            await make_due(owner_connection)
            async with asyncio.timeout(10):
                while not await owner_connection.fetchval("SELECT due_at > now() FROM orders"):
                    pass
            assert await send_due(database, Nobody()) == 0
            return await bss.carry_out(orders)

    await make(database, Slow(), OptionConnect(PLAIN))

    assert await changes(owner_connection) == [("APPLIED", True)]


async def test_two_senders_of_one_order_have_one_effect(
    database: Database, owner_connection: asyncpg.Connection, operator: Operator, bss: HttpBss
) -> None:
    """The first one was frozen when its time was over."""

    class Frozen:
        async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
            answers = await bss.carry_out(orders)
            await make_due(owner_connection)
            assert await send_due(database, bss) == 1
            return answers

    await make(database, Frozen(), OptionConnect(PLAIN))

    assert (operator.ledger, len(operator.requests)) == ({MSISDN: CONNECTED}, 2)
    assert await changes(owner_connection) == [("APPLIED", True)]
    assert await owner_connection.fetchval("SELECT count(*) FROM journal_entries") == 1


async def test_what_ends_by_itself_ends_at_the_operator_too(
    database: Database, owner_connection: asyncpg.Connection, operator: Operator, bss: HttpBss
) -> None:
    await owner_connection.execute(
        "UPDATE numbers SET status = 'BLOCKED', blocked_until = now() WHERE id = ANY ('{101, 102}')"
    )
    operator.status = 503
    assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 2
    assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 0
    operator.status = None
    await make_due(owner_connection)
    await send_due(database, bss)

    ended = [{"kind": "number:unblock", "parameters": {"comment": None}}]
    assert operator.ledger == {MSISDN: ended, "+79260000102": ended}
    assert await owner_connection.fetchval("SELECT count(*) FROM numbers WHERE status = 'BLOCKED'") == 0
    assert await owner_connection.fetchval("SELECT count(*) FROM journal_entries WHERE actor_kind = 'SYSTEM'") == 2


async def test_a_silent_operator_is_waited_for_once_whatever_ends_in_how_many_companies(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute(
        "UPDATE numbers SET status = 'BLOCKED', blocked_until = now() WHERE id = ANY ('{101, 102, 201}')"
    )
    silent = Silent()

    await end_what_is_due(database, catalogue=CATALOGUE, bss=silent)

    assert silent.asked == [3]
    assert await open_orders(owner_connection) == [101, 102, 201]


async def test_an_order_that_cannot_be_settled_is_in_no_other_companys_way(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute(
        "UPDATE numbers SET status = 'BLOCKED', blocked_until = now() WHERE id = ANY ('{101, 201}')"
    )

    with pytest.raises(ExceptionGroup):
        await end_what_is_due(database, catalogue=CATALOGUE, bss=Spoiling(owner_connection, 101))

    assert await open_orders(owner_connection) == [101]


async def test_an_order_that_cannot_be_read_is_in_no_other_companys_way(
    database: Database, owner_connection: asyncpg.Connection, bss: HttpBss
) -> None:
    await owner_connection.execute(
        "UPDATE numbers SET status = 'BLOCKED', blocked_until = now() WHERE id = ANY ('{101, 201}')"
    )
    with pytest.raises(ConnectionAbortedError):
        await end_what_is_due(database, catalogue=CATALOGUE, bss=Nobody())
    await spoil(owner_connection, 101)
    await make_due(owner_connection)

    with pytest.raises(ExceptionGroup):
        await send_due(database, bss)

    assert await open_orders(owner_connection) == [101]


async def test_endings_that_the_operator_refuses_are_in_no_other_companys_way(
    database: Database,
    owner_connection: asyncpg.Connection,
    operator: Operator,
    bss: HttpBss,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.services.endings.MOST", 2)
    await owner_connection.execute("UPDATE numbers SET status = 'BLOCKED', blocked_until = now()")
    operator.refusing.update(f"+79260000{number_id}" for number_id in range(101, 111))

    assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 1
    assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 0

    still = await owner_connection.fetch("SELECT id FROM numbers WHERE status = 'BLOCKED' ORDER BY id")
    assert [row["id"] for row in still] == list(range(101, 111))


async def test_ledger_and_rows_agree_when_a_third_of_all_requests_goes_wrong(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, operator = random.Random(seed), Operator(faults=0.3, seed=seed)
    operator.refusing.add("+79260000110")
    async with serving(operator) as url:
        bss = HttpBss(url, patience=Patience(answer=0.1, tries=2, first_pause=0.001, failures=8, rest=0.01))

        async def work(number_id: int) -> None:
            for _ in range(8):
                sender: Any = Nobody() if chance.random() < 0.1 else bss
                operation = chance.choice([OptionConnect, OptionDisconnect])(chance.choice([PLAIN, PROMO, RIVAL]))
                with contextlib.suppress(Refusal, Refusals, ConnectionAbortedError):
                    await make(database, sender, operation, number_id)

        await asyncio.gather(*(work(number_id) for number_id in range(101, 111)))
        while await open_orders(owner_connection):
            await make_due(owner_connection)
            await asyncio.gather(*(send_due(database, bss) for _ in range(3)))
        await bss.close()

    rows = await owner_connection.fetch(
        "SELECT number_id, operation, parameters FROM number_changes WHERE status = 'APPLIED' ORDER BY id"
    )
    ours: dict[str, list[Any]] = {}
    for row in rows:
        asked = {"kind": row["operation"], "parameters": json.loads(row["parameters"])}
        ours.setdefault(f"+79260000{row['number_id']}", []).append(asked)
    assert ours == operator.ledger
    assert len(rows) == len(operator.keys)
    for number_id in range(101, 111):
        expected: set[int] = set()
        for asked in operator.ledger.get(f"+79260000{number_id}", []):
            option = {asked["parameters"]["option_id"]}
            expected = expected | option if asked["kind"] == "option:connect" else expected - option
        assert await options_of(owner_connection, number_id) == expected
    states = {status for status, _ in await changes(owner_connection)}
    assert states == {"APPLIED", "FAILED"}
    assert await owner_connection.fetchval("SELECT count(*) FROM journal_entries") == len(rows)
    assert (await verify(database, COMPANY)).faults == ()
