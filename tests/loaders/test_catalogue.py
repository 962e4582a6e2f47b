"""The catalogue in the process: what the tables say, today's prices, and changes within a second."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import DatabaseAway
from gateway.listener import Callback
from gateway.loaders.catalogue import CatalogueCache, read_tables
from gateway.operations.catalogue import Catalogue
from gateway.statements import Statement, Tenant
from tests.services.fleet import insert, insert_catalogue
from tests.unit.operations.catalogues import BASIC, BUSINESS, DAILY, PLAIN, catalogue

DAY = date(2026, 3, 31)
TABLES = 7


@pytest.fixture(autouse=True)
async def _catalogue(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await insert_catalogue(owner_connection, catalogue())


class Calendar:
    """A day that tests turn."""

    day = DAY

    def today(self) -> date:
        return self.day


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


class Gated(Database):
    """A database whose reads wait at a gate, or fail when told to; it notifies when told to, or of real changes."""

    def __init__(self, inner: Database, *, hears: bool = False) -> None:
        self._inner, self._hears = inner, hears
        self._gate = asyncio.Event()
        self.notify: Callback = lambda _: None
        self.asked, self.all_read = asyncio.Event(), asyncio.Event()
        self.failures = self.reads = 0
        self.failure: Exception = DatabaseAway()
        self._gate.set()

    async def listen(self, channel: str, callback: Callback) -> None:
        self.notify = callback
        if self._hears:
            await self._inner.listen(channel, callback)

    async def fetch(self, tenant: Tenant, statement: Statement, **parameters: object) -> list[asyncpg.Record]:
        self.asked.set()
        await self._gate.wait()
        if self.failures:
            self.failures -= 1
            raise self.failure
        rows = await self._inner.fetch(tenant, statement, **parameters)
        self.reads += 1
        if self.reads % TABLES == 0:
            self.all_read.set()
        return rows

    def close_gate(self) -> None:
        self._gate.clear()
        self.asked.clear()

    async def read_all(self) -> None:
        """Opens the gate until all tables have been read once."""
        self.all_read.clear()
        self._gate.set()
        await self.all_read.wait()


@pytest.fixture
def gated(database: Database) -> Gated:
    return Gated(database)


@pytest.fixture
async def cache(gated: Gated, calendar: Calendar) -> AsyncIterator[CatalogueCache]:
    cache = CatalogueCache(gated, calendar.today)
    await cache.open()
    yield cache
    await cache.close()


def plain(items: Catalogue) -> dict[str, Any]:
    """All that a catalogue says, with ids in the place of options."""
    return {
        "day": items.day,
        "tariffs": [dict(each) for each in items.tariffs.values()],
        "options": [
            dict(each) | {name: [other.id for other in each[name]] for name in ("requires", "excludes")}
            for each in items.options.values()
        ],
        "switch_fees": {
            (before, after.id): items.switch_fee(before, after)
            for before in items.tariffs
            for after in items.tariffs.values()
        },
    }


async def test_the_tables_make_the_catalogue(cache: CatalogueCache) -> None:
    assert plain(cache.current()) == plain(catalogue())


async def test_packages_stand_in_the_order_of_their_units(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    packages = [("BYTES", None), ("SMS", 300), ("SECONDS", 18_000), ("MMS", 5)]
    rows = [{"tariff_id": BASIC, "unit": unit, "amount": amount} for unit, amount in packages]
    await insert(owner_connection, "tariff_packages", *rows)

    items = (await read_tables(database)).on(DAY)

    assert [(each["unit"], each["amount"]) for each in items.tariffs[BASIC]["packages"]] == [
        ("SECONDS", 18_000),
        ("SMS", 300),
        ("MMS", 5),
        ("BYTES", None),
    ]
    assert items.tariffs[BUSINESS].packages == ()


async def test_a_price_is_valid_from_its_day_until_the_next_one(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    for valid_from, fee in ((date(2026, 3, 1), 111), (date(2026, 4, 1), 222)):
        await insert(
            owner_connection, "tariff_prices", {"tariff_id": BASIC, "valid_from": valid_from, "fee_kopecks": fee}
        )

    tables = await read_tables(database)

    fees = [
        tables.on(day).tariffs[BASIC].fee_kopecks
        for day in (date(2026, 2, 28), date(2026, 3, 1), DAY, date(2026, 4, 1))
    ]
    assert fees == [30_000, 111, 111, 222]


async def test_an_item_enters_with_its_first_price(database: Database, owner_connection: asyncpg.Connection) -> None:
    await owner_connection.execute("DELETE FROM option_prices WHERE option_id = $1 OR option_id = 12", PLAIN)
    price = {"option_id": PLAIN, "valid_from": date(2026, 4, 1), "connection_fee_kopecks": 0, "fee_kopecks": 5}
    await insert(owner_connection, "option_prices", price)

    tables = await read_tables(database)

    assert PLAIN not in tables.on(DAY).options
    assert tables.on(date(2026, 4, 1)).options[PLAIN].fee_kopecks == 5


async def test_a_new_day_brings_its_prices_without_reading(cache: CatalogueCache, calendar: Calendar) -> None:
    assert cache.current() is cache.current()

    calendar.day = date(2019, 12, 31)

    assert cache.current().day == date(2019, 12, 31)
    assert cache.current().tariffs == {}


async def test_a_change_is_seen_within_a_second(
    database: Database, owner_connection: asyncpg.Connection, calendar: Calendar
) -> None:
    watched = Gated(database, hears=True)
    cache = CatalogueCache(watched, calendar.today)
    await cache.open()

    await owner_connection.execute("UPDATE tariffs SET name = 'Renamed' WHERE id = $1", DAILY)
    async with asyncio.timeout(1):
        while cache.current().tariffs[DAILY].name != "Renamed":
            watched.all_read.clear()
            await watched.all_read.wait()

    await cache.close()


async def test_until_a_change_is_read_the_one_before_serves(
    gated: Gated, owner_connection: asyncpg.Connection, cache: CatalogueCache
) -> None:
    before = cache.current()
    await owner_connection.execute("UPDATE tariffs SET name = 'Renamed' WHERE id = $1", DAILY)
    gated.close_gate()
    gated.notify(None)
    await gated.asked.wait()
    assert cache.current() is before

    await gated.read_all()

    assert cache.current().tariffs[DAILY].name == "Renamed"
    assert before.tariffs[DAILY].name == "Daily"


async def test_changes_while_it_is_read_are_read_once_more(gated: Gated, cache: CatalogueCache) -> None:
    gated.close_gate()
    gated.notify("")
    await gated.asked.wait()
    for _ in range(5):
        gated.notify("")

    await gated.read_all()
    await gated.read_all()
    gated.close_gate()
    gated.notify("")
    await gated.asked.wait()

    assert gated.reads == 3 * TABLES


@pytest.mark.parametrize("failure", [DatabaseAway(), asyncpg.InterfaceError("another operation is in progress")])
async def test_while_the_database_cannot_be_read_the_last_catalogue_serves(
    gated: Gated,
    owner_connection: asyncpg.Connection,
    cache: CatalogueCache,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
) -> None:
    monkeypatch.setattr("gateway.loaders.catalogue._RETRY_AFTER", 0)
    await owner_connection.execute("UPDATE tariffs SET name = 'Renamed' WHERE id = $1", DAILY)
    gated.failures, gated.failure = 3, failure
    gated.notify("")

    await gated.read_all()

    assert (gated.failures, cache.current().tariffs[DAILY].name) == (0, "Renamed")
