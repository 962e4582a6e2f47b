"""The rows of a register in a temporary table, so that a few statements match, check and merge them, however many."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable

from gateway.db import raw
from gateway.services.budgets import Budget
from gateway.services.register_rows import RegisterReader
from gateway.sheets.reader import open_sheet

Source: TypeAlias = Path | bytes
"""The file, or what is in it."""

Progress: TypeAlias = Callable[[int, int | None], None]
"""Hears of rows that are done, and of how many there are: None until all have been read."""

COMPANY = bindparam("company_id", type_=BigInteger)

_C = String(collation="C")
_GIVEN: tuple[Column[Any], ...] = (
    *(Column(name, Integer) for name in ("row", "department_key")),
    *(Column(name, _C) for name in ("msisdn", "iccid", "label")),
    *(Column(name, String) for name in ("given", "kind", "tariff", "employee", "personnel_number", "person")),
    *(Column(name, String) for name in ("position", "email", "extra_phone")),
    Column("tariff_id", BigInteger),
    Column("birth_date", Date),
)
STAGED = Table(
    "register_rows",
    MetaData(),
    *_GIVEN,
    Column("employee_key", _C, Computed("fold(employee)", persisted=True)),
    Column("number_id", BigInteger),
    Column("employee_id", BigInteger),
    Column("department_id", BigInteger),
    Column("added", Boolean, nullable=False, server_default=false()),
    Column("before", JSONB),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
"""What the file says, null where a cell is empty, and what it was matched with.

`given` is the phone number as it was written, `person` stands for the personnel number: a space, which no name begins
with, and the number without leading zeros. `employee_key` is folded by the database as its names are.
"""

POINTS_PER_ROW = 5
"""What reading costs its caller for each row."""

_COLUMNS = tuple(column.name for column in _GIVEN)
_ANALYZE = text("ANALYZE register_rows")
_REPORTED_EVERY = 1_000
_AT_ONCE = 100  # rows, of a tenth of a millisecond or less each


@asynccontextmanager
async def read_rows(
    source: Source, reader: RegisterReader, progress: Progress, budget: Budget | None
) -> AsyncIterator[BinaryIO]:
    """The rows without errors as a file that `stage` takes, so that no connection waits while they are read.

    Raises `InvalidValue` for a file that is no register, `GatewayError` RATE_LIMITED when the budget lacks the points
    for its rows.
    """
    paid = 0

    async def pay() -> None:
        nonlocal paid
        if budget is not None and (due := min(POINTS_PER_ROW * reader.count, budget.rate.burst) - paid):
            await budget.spend(due)
            paid += due

    with tempfile.TemporaryFile() as file:
        lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(lines)
        async with open_sheet(source) as rows:
            async for row in rows:
                values = reader.read(row)
                if values is not None:
                    writer.writerow(map(values.get, _COLUMNS))
                if reader.full:
                    break
                if reader.count % _REPORTED_EVERY == 0:
                    progress(reader.count, None)
                    await pay()
                if reader.count % _AT_ONCE == 0:
                    await asyncio.sleep(0)  # rows that have come already are read without waiting
        reader.close()
        await pay()
        lines.flush()
        file.seek(0)
        yield file


async def stage(session: AsyncSession, rows: BinaryIO) -> None:
    """Copies what `read_rows` gave into the table."""
    await session.execute(CreateTable(STAGED))
    await (await raw(session)).copy_to_table(STAGED.name, source=rows, columns=_COLUMNS, format="csv")
    await analyze(session)


async def analyze(session: AsyncSession) -> None:
    """Lets the planner know what the table holds now: it takes a table that nobody analyzed for a small one."""
    await session.execute(_ANALYZE)
