"""Fills an empty database with the demo, in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import asyncpg
from sqlalchemy import text

from gateway.db import Database
from gateway.demo import access, catalogue, companies
from gateway.demo.batches import Batch, Calendar, Ids
from gateway.demo.departments import places, tree
from gateway.demo.employees import posts, staff
from gateway.demo.events import Events
from gateway.demo.journal import journal
from gateway.demo.loading import load
from gateway.demo.number_settings import Settings
from gateway.demo.numbers import Fleet
from gateway.services.passwords import hash_password
from gateway.statements import Statement, Tenant

_DEFAULT_NUMBERS = 2_000
_EMPLOYEES_PER_NUMBER = 0.55

# The demo is marked by a comment on a table: no request can change it, everybody can read it, and a dump keeps it.
_MARK = "SELECT format('COMMENT ON TABLE companies IS %L', format('demo of %s numbers', $1::int))"
_MARKED = """
    SELECT substring(obj_description('companies'::regclass) FROM '^demo of ([0-9]+) numbers$')::int AS numbers
    WHERE EXISTS (SELECT FROM tariffs)
"""
_FIND_MARK = Statement(text(_MARKED))


class OtherDataError(Exception):
    """The database holds other data than the demo that was asked for; the message says what to do."""


@dataclass(frozen=True)
class Summary:
    """What there is: `numbers` in the demo, and whether it was made just now."""

    numbers: int
    made: bool


async def fill(dsn: str, *, numbers: int | None = None, today: date | None = None) -> Summary:
    """
    Fills the migrated database at `dsn`, as the owner of its tables, with a demo of so many numbers, ten at
    least. Without a count it takes the demo that is there, or makes one of 2,000.

    The same count on the same day (`today`, UTC) gives the same rows, but for the salt of the password. Nothing is done
    when the demo is there already; `OtherDataError` when there is another one, or data that are no demo.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE companies IN SHARE ROW EXCLUSIVE MODE")
            found = await connection.fetchval(_MARKED)
            if found is not None:
                if numbers not in (None, found):
                    raise OtherDataError(
                        f"This database holds a demo of {found:,} numbers. For one of {numbers:,} "
                        "take an empty database, or another GATEWAY_DATA_DIR."
                    )
                return Summary(found, made=False)
            if await connection.fetchval("SELECT EXISTS (SELECT FROM companies) OR EXISTS (SELECT FROM tariffs)"):
                raise OtherDataError("This database holds data that are no demo: take an empty one for the demo.")
            wanted = numbers or _DEFAULT_NUMBERS
            day = today or datetime.now(UTC).date()
            await load(connection, batches(wanted, day, await hash_password(access.PASSWORD)))
            await connection.execute(await connection.fetchval(_MARK, wanted))
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
    return Summary(wanted, made=True)


async def is_demo(db: Database) -> bool:
    """Whether this database was filled with the demo, whose log-ins everybody knows."""
    rows = await db.fetch(Tenant(), _FIND_MARK)
    return any(row["numbers"] is not None for row in rows)


def batches(numbers: int, today: date, password_hash: str) -> Iterator[Batch]:
    """All rows of the demo, in an order that foreign keys allow; a few thousand at a time."""
    calendar, ids = Calendar(today), Ids()
    items = catalogue.catalogue(today)
    bundles = catalogue.Bundles(items)
    yield from catalogue.batches(items, calendar)
    customers = list(companies.customers(numbers))
    yield companies.cards(customers, calendar)
    for customer in customers:
        departments = places(customer.id, customer.units, ids.departments)
        yield tree(departments)
        if customer.id == companies.HEAD:
            yield from access.batches(password_hash, departments, calendar)
        count = round(customer.numbers * _EMPLOYEES_PER_NUMBER)
        people = posts(departments, count, customer.random("posts"), ids.employees)
        yield staff(people, customer.domain, customer.random("staff"))
        fleet = Fleet(customer, departments, people, items, calendar).numbers(ids.numbers)
        for place, chunk in enumerate(Settings(customer, bundles, calendar).chunks(fleet)):
            if place == 0:
                yield from journal(customer.id, Events(customer, items, calendar, chunk), chunk, ids.journal)
            yield from chunk.batches()
