"""The catalogue in the process: read with a few statements, kept, and read again when somebody changes it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from gateway.db import Database
from gateway.kit.rows import Row
from gateway.models import metadata
from gateway.models.catalogue import AllowanceUnit, OptionRuleKind
from gateway.operations.catalogue import Catalogue, OptionItem, Package, TariffItem
from gateway.statements import Statement, Tenant

TIME_ZONE = ZoneInfo("Europe/Moscow")
"""Where the days are counted on which prices begin."""

_RETRY_AFTER = 0.5  # seconds

# Items come last: what names an item is never committed before it.
_READ = {
    name: Statement(select(metadata.tables[name]).order_by(*metadata.tables[name].primary_key))
    for name in (
        *("tariff_prices", "tariff_packages", "tariff_switch_fees", "option_prices", "option_rules"),
        *("tariffs", "options"),
    )
}

log = structlog.get_logger(__name__)


def today() -> date:
    """The day whose prices are valid now."""
    return datetime.now(TIME_ZONE).date()


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of the catalogue's tables by name of the table: prices of all days, earliest first."""

    rows: Mapping[str, Sequence[Row]]

    def on(self, day: date) -> Catalogue:
        """The catalogue of a day. An item is in it from the first day on for which it has a price."""
        tariff_prices = _valid(self.rows["tariff_prices"], "tariff_id", day)
        option_prices = _valid(self.rows["option_prices"], "option_id", day)
        packages: defaultdict[int, list[Package]] = defaultdict(list)
        for row in sorted(self.rows["tariff_packages"], key=lambda row: list(AllowanceUnit).index(row["unit"])):
            packages[row["tariff_id"]].append(Package(unit=row["unit"], amount=row["amount"]))
        only_for: defaultdict[int, set[int]] = defaultdict(set)
        pairs: Mapping[str, list[tuple[int, int]]] = {OptionRuleKind.REQUIRES: [], OptionRuleKind.EXCLUDES: []}
        for row in self.rows["option_rules"]:
            if row["kind"] == OptionRuleKind.ONLY_FOR_TARIFF:
                only_for[row["option_id"]].add(row["tariff_id"])
            else:
                pairs[row["kind"]].append((row["option_id"], row["other_option_id"]))
        return Catalogue(
            day,
            [
                TariffItem(
                    **_card(row, tariff_prices[row["id"]]),
                    switch_fee_kopecks=row["switch_fee_kopecks"],
                    packages=tuple(packages[row["id"]]),
                )
                for row in self.rows["tariffs"]
                if row["id"] in tariff_prices
            ],
            [
                OptionItem(
                    **_card(row, option_prices[row["id"]]),
                    theme=row["theme"],
                    connection_fee_kopecks=option_prices[row["id"]]["connection_fee_kopecks"],
                    promo_days=row["promo_days"],
                    tariff_ids=frozenset(only_for[row["id"]]),
                    services=frozenset(row["services"]),
                )
                for row in self.rows["options"]
                if row["id"] in option_prices
            ],
            switch_fees={
                (row["from_tariff_id"], row["to_tariff_id"]): row["fee_kopecks"]
                for row in self.rows["tariff_switch_fees"]
            },
            requires=pairs[OptionRuleKind.REQUIRES],
            excludes=pairs[OptionRuleKind.EXCLUDES],
        )


async def read_tables(db: Database) -> Tables:
    """Everything that the catalogue is made of; one statement for each table, however much is in them."""
    return Tables({name: await db.fetch(Tenant(), statement) for name, statement in _READ.items()})


class CatalogueCache:
    """The catalogue of a process: current within a second of any change, and never waited for once it is open.

    While it is read again, and while the database can't be reached, the one before serves. A new day's prices need no
    reading: those of all days are kept.
    """

    def __init__(self, db: Database, today: Callable[[], date] = today) -> None:
        self._db = db
        self._today = today
        self._stale = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Reads the catalogue, and again after each notice that it changed."""
        await self._db.listen("catalogue", lambda _: self._stale.set())
        self._tables = await read_tables(self._db)
        self._catalogue = self._tables.on(self._today())
        self._reloading = asyncio.create_task(self._reload())

    async def close(self) -> None:
        if self._reloading is not None:
            self._reloading.cancel()
            await asyncio.gather(self._reloading, return_exceptions=True)

    def current(self) -> Catalogue:
        """The catalogue of today."""
        day = self._today()
        if self._catalogue.day != day:
            self._catalogue = self._tables.on(day)
        return self._catalogue

    async def _reload(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                self._tables = await read_tables(self._db)
                self._catalogue = self._tables.on(self._today())
            except Exception as error:  # whatever it is: nobody would begin this task again
                log.warning("catalogue.not_read", error=repr(error), retry_in=_RETRY_AFTER)
                self._stale.set()
                await asyncio.sleep(_RETRY_AFTER)


def _valid(prices: Iterable[Row], key: str, day: date) -> dict[int, Row]:
    """The price of each item that is valid on a day: the last one that has begun."""
    return {row[key]: row for row in prices if row["valid_from"] <= day}


def _card(row: Row, price: Row) -> dict[str, Any]:
    columns = ("id", "code", "name", "description", "region", "fee_period", "archived")
    return {name: row[name] for name in columns} | {
        "kinds": frozenset(row["kinds"]),
        "fee_kopecks": price["fee_kopecks"],
    }
