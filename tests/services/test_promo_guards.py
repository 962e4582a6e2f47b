"""Options that turn paid unless somebody guards them: disconnected in time, once, and told who asked for it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from authz.enforcer import Effect, Rule, extended
from authz.principal import Grant
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusals
from gateway.kit.texts import Language
from gateway.loaders.number_filters import NumberFilter, PromoFilter
from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect
from gateway.operations.promo_guards import PromoGuardClear, PromoGuardSet
from gateway.ports.bss import BssAnswer, BssOrder, HttpBss, Patience
from gateway.services import bulk_changes
from gateway.services.bulk_targets import Target
from gateway.services.endings import end_what_is_due
from gateway.services.journal_verification import verify
from gateway.services.numbers import Done, change
from gateway.services.orders import send_due
from tests.factories.operator import Operator, serving
from tests.services.bulk import Bulk
from tests.services.fleet import ADMINISTRATOR, COMPANY, LAST_NUMBER, NUMBER, ORIGIN, arrange, insert
from tests.unit.operations.catalogues import ADD_ON, PLAIN, PROMO, catalogue

CATALOGUE = catalogue()
EARLIER, FUTURE = datetime(2026, 3, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=5)


class Nobody:
    """A sender that dies before anything is sent."""

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        raise ConnectionAbortedError


@pytest.fixture
async def fleet(owner_connection: asyncpg.Connection, clean_tables: None) -> asyncpg.Connection:
    await arrange(owner_connection)
    return owner_connection


async def make(database: Database, operation: Operation, number_id: int = NUMBER) -> Done:
    return await change(database, ADMINISTRATOR, number_id, operation, catalogue=CATALOGUE, origin=ORIGIN)


async def connect(
    connection: asyncpg.Connection, number_id: int, option_id: int, promo_ends_at: datetime | None = FUTURE
) -> None:
    row = {"company_id": COMPANY, "number_id": number_id, "option_id": option_id}
    await insert(connection, "connected_options", row | {"connected_at": EARLIER, "promo_ends_at": promo_ends_at})


async def let_it_come(connection: asyncpg.Connection) -> None:
    """The moment of every guard."""
    await connection.execute("UPDATE connected_options SET disconnects_at = now() WHERE disconnects_at IS NOT NULL")


async def options(connection: asyncpg.Connection) -> list[tuple[int, int]]:
    rows = await connection.fetch("SELECT number_id, option_id FROM connected_options ORDER BY 1, 2")
    return [tuple(row) for row in rows]


async def lines(connection: asyncpg.Connection) -> list[Any]:
    """Number, action, who did it, and the line that asked for it."""
    rows = await connection.fetch("SELECT * FROM journal_entries ORDER BY id")
    return [
        (row["number_id"], row["action"], row["actor_name"], json.loads(row["details"]).get("cause")) for row in rows
    ]


async def test_an_option_is_disconnected_in_time_and_the_journal_tells_who_asked(
    database: Database, fleet: asyncpg.Connection
) -> None:
    await connect(fleet, NUMBER, PROMO)
    await connect(fleet, NUMBER + 1, PROMO)

    asked = await make(database, PromoGuardSet(PROMO))

    [guarded, free] = await fleet.fetch(
        "SELECT disconnects_at, guard_journal_id FROM connected_options ORDER BY number_id"
    )
    assert tuple(guarded) == (FUTURE - timedelta(hours=3), asked.journal_id)
    assert tuple(free) == (None, None)
    assert await end_what_is_due(database, catalogue=CATALOGUE) == 0
    await let_it_come(fleet)
    assert await end_what_is_due(database, catalogue=CATALOGUE) == 1
    assert await end_what_is_due(database, catalogue=CATALOGUE) == 0
    assert await options(fleet) == [(NUMBER + 1, PROMO)]
    assert await lines(fleet) == [
        (NUMBER, "promo_guard:set", "Anna Petrova", None),
        (NUMBER, "option:disconnect", "gateway", f"jrn_{asked.journal_id}"),
    ]
    assert await fleet.fetchval("SELECT option_id FROM used_promotions") == PROMO


async def test_what_works_only_with_the_option_is_disconnected_before_it(
    database: Database, fleet: asyncpg.Connection
) -> None:
    await connect(fleet, NUMBER, PLAIN)
    await connect(fleet, NUMBER, ADD_ON, None)
    await connect(fleet, NUMBER, PROMO)
    asked = await make(database, PromoGuardSet(PLAIN))
    await let_it_come(fleet)

    assert await end_what_is_due(database, catalogue=CATALOGUE) == 1

    assert await options(fleet) == [(NUMBER, PROMO)]
    [_, *ended] = await fleet.fetch("SELECT details FROM journal_entries ORDER BY id")
    details = [json.loads(row["details"]) for row in ended]
    assert [each["parameters"] for each in details] == [{"option_id": ADD_ON}, {"option_id": PLAIN}]
    assert {each["cause"] for each in details} == {f"jrn_{asked.journal_id}"}


async def test_who_may_not_disconnect_options_has_none_disconnected_by_a_guard(
    database: Database, fleet: asyncpg.Connection
) -> None:
    await connect(fleet, NUMBER, PROMO)
    rules = frozenset({Rule("rol_1", "option:disconnect", Effect.DENY)})
    tied = replace(ADMINISTRATOR, grants=(*ADMINISTRATOR.grants, Grant(9, COMPANY, "rol_1")), policy=extended(rules))

    with pytest.raises(Refusals) as refused:
        await change(database, tied, NUMBER, PromoGuardSet(PROMO), catalogue=CATALOGUE, origin=ORIGIN)

    told = [(each.code, each.field, each.hint and each.hint.render(Language.EN)) for each in refused.value.refusals]
    hint = (
        "Your role rol_1 denies option:disconnect there, and a deny beats what other roles allow: ask an owner to take "
        "that role from you. explainAccess tells its name."
    )
    assert told == [(ErrorCode.FORBIDDEN, ("change", "promoGuardSet"), hint)]
    assert await fleet.fetchval("SELECT count(disconnects_at) FROM connected_options") == 0


async def test_a_guard_that_was_taken_back_disconnects_nothing(database: Database, fleet: asyncpg.Connection) -> None:
    await connect(fleet, NUMBER, PROMO)
    await make(database, PromoGuardSet())
    await let_it_come(fleet)

    await make(database, PromoGuardClear())

    assert await end_what_is_due(database, catalogue=CATALOGUE) == 0
    [row] = await fleet.fetch("SELECT disconnects_at, guard_journal_id FROM connected_options")
    assert tuple(row) == (None, None)


async def test_many_workers_disconnect_each_once(database: Database, fleet: asyncpg.Connection) -> None:
    for number_id in range(NUMBER, LAST_NUMBER + 1):
        await connect(fleet, number_id, PROMO)
        await make(database, PromoGuardSet(PROMO), number_id)
    await let_it_come(fleet)

    ended = await asyncio.gather(*(end_what_is_due(database, catalogue=CATALOGUE) for _ in range(6)))

    assert sum(ended) == 10
    assert await options(fleet) == []
    assert [action for _, action, _, _ in await lines(fleet)].count("option:disconnect") == 10
    assert (await verify(database, COMPANY)).faults == ()


@pytest.mark.parametrize(
    ("statement", "ended"),
    [
        ("UPDATE companies SET status = 'SUSPENDED'", 1),
        ("UPDATE companies SET status = 'CLOSED'", 0),
        ("UPDATE numbers SET status = 'SUSPENDED'", 1),
        ("UPDATE numbers SET status = 'CLOSED'", 0),
    ],
)
async def test_what_saves_money_is_done_as_long_as_there_is_a_contract(
    database: Database, fleet: asyncpg.Connection, statement: str, ended: int
) -> None:
    await connect(fleet, NUMBER, PROMO)
    await make(database, PromoGuardSet(PROMO))
    await let_it_come(fleet)
    await fleet.execute(statement)

    assert await end_what_is_due(database, catalogue=CATALOGUE) == ended


async def test_a_worker_that_dies_leaves_the_order_to_another_and_the_operator_does_it_once(
    database: Database, fleet: asyncpg.Connection
) -> None:
    await connect(fleet, NUMBER, PROMO)
    asked = await make(database, PromoGuardSet(PROMO))
    await let_it_come(fleet)

    operator = Operator()
    with pytest.raises(ConnectionAbortedError):
        await end_what_is_due(database, catalogue=CATALOGUE, bss=Nobody())
    assert await options(fleet) == [(NUMBER, PROMO)]
    async with serving(operator) as url:
        bss = HttpBss(url, patience=Patience(first_pause=0.001, failures=1_000))
        assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 0
        await fleet.execute("UPDATE orders SET due_at = now()")
        assert await send_due(database, bss) == 1
        assert await end_what_is_due(database, catalogue=CATALOGUE, bss=bss) == 0
        await bss.close()

    assert operator.ledger == {"+79260000101": [{"kind": "option:disconnect", "parameters": {"option_id": PROMO}}]}
    assert await options(fleet) == []
    assert (await lines(fleet))[1:] == [(NUMBER, "option:disconnect", "gateway", f"jrn_{asked.journal_id}")]


async def test_many_numbers_are_guarded_by_a_bulk_change_over_the_calendar(bulk: Bulk) -> None:
    for number_id, ends_at in ((103, FUTURE), (105, FUTURE + timedelta(days=9)), (107, EARLIER), (109, None)):
        await connect(bulk.connection, number_id, PROMO, ends_at)
    wanted = PromoFilter(option_ids=[PROMO], until=(FUTURE + timedelta(days=2)).date(), guarded=False)

    change_id = await bulk.done(PromoGuardSet(), target=Target(filter=NumberFilter(promo=wanted)))

    assert await bulk.errors(change_id) == {103: None}
    [row] = await bulk.connection.fetch("SELECT * FROM connected_options WHERE disconnects_at IS NOT NULL")
    [line] = await bulk.connection.fetch("SELECT * FROM journal_entries WHERE number_id = 103")
    assert (row["number_id"], row["guard_journal_id"]) == (103, line["id"])
    assert (line["action"], line["bulk_change_id"]) == ("promo_guard:set", change_id)


async def test_a_bulk_change_is_undone_but_for_the_guard_that_did_its_work(bulk: Bulk) -> None:
    await connect(bulk.connection, NUMBER, PLAIN)
    await connect(bulk.connection, NUMBER, PROMO)
    change_id = await bulk.done(PromoGuardSet(), LabelSet("Guarded"), target=[NUMBER])
    await bulk.connection.execute("UPDATE connected_options SET disconnects_at = now() WHERE option_id = $1", PLAIN)
    assert await end_what_is_due(bulk.database, catalogue=CATALOGUE) == 1

    undo = await bulk.make(await bulk_changes.undo(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))
    await bulk.apply(undo)
    await bulk.work(undo)

    assert await bulk.errors(undo) == {NUMBER: None}
    [left] = await bulk.connection.fetch("SELECT option_id, disconnects_at FROM connected_options")
    assert tuple(left) == (PROMO, None)
    assert await bulk.connection.fetchval("SELECT label FROM numbers WHERE id = $1", NUMBER) is None


async def test_an_option_is_connected_and_guarded_in_one_change(bulk: Bulk) -> None:
    change_id = await bulk.done(OptionConnect(PROMO), PromoGuardSet(PROMO), target=[NUMBER])

    assert await bulk.counts(change_id) == {"APPLIED": 1}
    [row] = await bulk.connection.fetch("SELECT * FROM connected_options")
    connected, guarded = [
        each["id"]
        for each in await bulk.connection.fetch("SELECT id FROM journal_entries WHERE number_id = 101 ORDER BY id")
    ]
    assert (row["journal_id"], row["guard_journal_id"]) == (connected, guarded)
    assert row["disconnects_at"] == row["promo_ends_at"] - timedelta(hours=3)
