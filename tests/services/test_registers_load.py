"""Imports beside the work of everybody else: how many at once, what they hold meanwhile, and what they cost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from authz.principal import Principal
from gateway.db import Database
from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from gateway.services import registers
from gateway.services.budgets import Budgets, Rate
from gateway.services.register_people import match_people
from gateway.services.registers import Imported, import_upload
from gateway.services.uploads import store_upload
from gateway.statements import Tenant
from tests.services.fleet import ADMINISTRATOR, COMPANY, FOREIGNER, ORIGIN, OTHER_COMPANY
from tests.services.register_files import csv_file, take_over
from tests.unit.operations.catalogues import catalogue

HEADER = ("Номер", "Тариф")
ROW, OTHER_ROW = ("89261000001", "T1"), ("89261000002", "T1")
pytestmark = pytest.mark.usefixtures("fleet_for_registers")


class Merging:
    """Imports stop in the middle of their transactions, until they may go on."""

    def __init__(self) -> None:
        self.begun, self.may_go_on = asyncio.Event(), asyncio.Event()


@pytest.fixture
def merging(monkeypatch: pytest.MonkeyPatch) -> Merging:
    merging = Merging()

    async def match_later(*arguments: Any) -> None:
        merging.begun.set()
        await merging.may_go_on.wait()
        await match_people(*arguments)

    monkeypatch.setattr(registers, "match_people", match_later)
    return merging


@pytest.fixture
async def small(dsn: str) -> AsyncIterator[Database]:
    """A process with two connections for transactions."""
    async with Database(dsn, readers=2, writers=2) as database:
        yield database


async def send(
    database: Database,
    row: tuple[str, ...] = ROW,
    principal: Principal = ADMINISTRATOR,
    company_id: int = COMPANY,
) -> Callable[[], Coroutine[Any, Any, Imported]]:
    """Sends a file; it is imported when the answer is called."""
    content = csv_file(HEADER, row)
    upload_id = await store_upload(database, principal, company_id, name="register.csv", content=content)
    options: Any = {"catalogue": catalogue(), "origin": ORIGIN, "dry_run": True}
    return partial(import_upload, database, principal, company_id, upload_id, **options)


async def test_no_connection_waits_while_a_file_is_read(database: Database) -> None:
    held: list[int] = []

    def look(done: int, total: int | None) -> None:
        held.append(database.pools()["writers"][0])

    rows = [(f"8926{each:07}",) for each in range(3_000)]
    await take_over(database, HEADER[:1], *rows, dry_run=True, progress=look)

    assert held == [0] * len(held) != []


async def test_other_tasks_run_while_rows_are_read(database: Database) -> None:
    """Turns of the event loop instead of time, which depends on the machine: a turn for 100 rows at least."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    rows = [(f"8926{each:07}",) for each in range(5_000)]
    counting = asyncio.create_task(count())
    heard: list[int] = []
    await take_over(database, ("Номер",), *rows, dry_run=True, progress=lambda done, total: heard.append(turns))
    counting.cancel()

    assert min(later - earlier for earlier, later in pairwise(heard)) >= 10


async def test_one_import_into_a_company_at_a_time_over_all_processes(database: Database, merging: Merging) -> None:
    importing = asyncio.create_task(take_over(database, HEADER, ROW))
    await merging.begun.wait()

    attempts = (take_over(database, HEADER, OTHER_ROW, dry_run=dry_run) for dry_run in (True, False))
    async with asyncio.timeout(5):
        refused = await asyncio.gather(*attempts, return_exceptions=True)

    merging.may_go_on.set()
    assert [isinstance(each, Refusal) and (each.code, each.field) for each in refused] == [
        (ErrorCode.CONFLICT, ("companyId",))
    ] * 2
    assert (await importing).added == 1
    assert (await take_over(database, HEADER, OTHER_ROW)).added == 1


async def test_who_waits_for_a_turn_keeps_others_of_the_company_out_and_holds_nothing(database: Database) -> None:
    first, second = await send(database), await send(database, OTHER_ROW)
    async with database.long_work, database.long_work:
        waiting = asyncio.create_task(first())
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await second()
        with pytest.raises(Refusal) as unknown:
            await import_upload(database, FOREIGNER, COMPANY, 1)
        held = database.pools()["writers"][0]

    assert (refused.value.code, refused.value.field) == (ErrorCode.CONFLICT, ("companyId",))
    assert (unknown.value.code, held) == (ErrorCode.NOT_FOUND, 0)
    assert (await waiting).added == 1
    assert (await second()).added == 1


async def test_others_find_a_connection_beside_all_imports(small: Database, merging: Merging) -> None:
    sent = [await send(small), await send(small, OTHER_ROW, FOREIGNER, OTHER_COMPANY)]
    imports = [asyncio.create_task(each()) for each in sent]
    await merging.begun.wait()
    await asyncio.wait(imports, timeout=0.5)  # none of them ends, however far the other one comes

    async with asyncio.timeout(5), small.transaction(Tenant((OTHER_COMPANY,))):
        held = small.pools()["writers"][0]

    merging.may_go_on.set()
    assert [each.added for each in await asyncio.gather(*imports)] == [1, 1]
    assert held == 2


async def test_each_row_costs_points(database: Database) -> None:
    rate = Rate(burst=100, per_second=0.001)
    budget = Budgets(database, callers=rate, strangers=rate).of(ADMINISTRATOR, "127.0.0.1")
    rows = [(f"8926{each:07}",) for each in range(19)]

    await take_over(database, HEADER[:1], *rows, dry_run=True, budget=budget)
    with pytest.raises(GatewayError) as refused:
        await take_over(database, HEADER[:1], *rows, dry_run=True, budget=budget)

    assert (budget.available, refused.value.code) == (5, GatewayErrorCode.RATE_LIMITED)


async def test_who_has_a_full_budget_may_import_whatever_they_may_send(database: Database) -> None:
    rate = Rate(burst=100, per_second=0.001)
    budget = Budgets(database, callers=rate, strangers=rate).of(ADMINISTRATOR, "127.0.0.1")
    rows = [(f"8926{each:07}",) for each in range(3_000)]

    imported = await take_over(database, HEADER[:1], *rows, dry_run=True, budget=budget)

    assert imported.errors
    assert budget.available == 0
