"""Registers as files, taken over into the fleet of these tests."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import asyncpg

from gateway.db import Database
from gateway.services.registers import Imported, import_register
from tests.services.fleet import ADMINISTRATOR, COMPANY, ORIGIN, arrange
from tests.unit.operations.catalogues import catalogue

SIM, OTHER_SIM = "89701010040000000001", "89701010040000000373"


async def arrange_register(connection: asyncpg.Connection) -> None:
    """The fleet, with the next ids beyond those that it has."""
    await arrange(connection)
    for table in ("departments", "employees", "numbers"):
        await connection.fetchval("SELECT setval(pg_get_serial_sequence($1, 'id'), 1000)", table)


def csv_file(*rows: Sequence[str]) -> bytes:
    """UTF-8 with semicolons; the first row is the header."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue().encode()


async def take_over(database: Database, *rows: Sequence[str], dry_run: bool = False, **options: Any) -> Imported:
    return await take_over_file(database, csv_file(*rows), dry_run=dry_run, **options)


async def take_over_file(database: Database, content: Any, *, dry_run: bool = False, **options: Any) -> Imported:
    """As the administrator of the first company, if not said otherwise."""
    given: dict[str, Any] = {"catalogue": catalogue(), "origin": ORIGIN, "dry_run": dry_run} | options
    principal, company_id = given.pop("principal", ADMINISTRATOR), given.pop("company_id", COMPANY)
    return await import_register(database, principal, company_id, content, **given)


def told(imported: Imported) -> list[tuple[int, str, str | None, str]]:
    """Errors without their messages."""
    return [(error.row, error.column, error.value, error.code.value) for error in imported.errors]


async def number(connection: asyncpg.Connection, msisdn: str) -> dict[str, Any]:
    """What an import sets of a live number of the first company, with names instead of ids."""
    rows = await connection.fetch(
        """
        SELECT n.iccid, n.kind, n.label, n.tariff_id AS tariff, e.name AS employee, d.path AS department
        FROM numbers n
        LEFT JOIN employees e ON e.company_id = n.company_id AND e.id = n.employee_id
        LEFT JOIN departments d ON d.company_id = n.company_id AND d.id = n.department_id
        WHERE n.company_id = $1 AND n.msisdn = $2 AND n.status <> 'CLOSED'
        """,
        COMPANY,
        msisdn,
    )
    (row,) = rows
    return dict(row)


async def employees(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    """Name, personnel number and position of the first company's employees but for Ivan and Olga as they were."""
    rows = await connection.fetch(
        """
        SELECT name, personnel_number, position FROM employees WHERE company_id = $1
        AND (personnel_number IS NOT NULL OR position IS NOT NULL OR name NOT IN ('Ivan', 'Olga'))
        ORDER BY name, personnel_number
        """,
        COMPANY,
    )
    return [tuple(row) for row in rows]
