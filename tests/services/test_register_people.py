"""People of registers: employees found by name or personnel number, made, or told from their namesakes."""

import asyncpg
import pytest

from gateway.db import Database
from tests.services.register_files import employees, number, take_over

pytestmark = pytest.mark.usefixtures("fleet_for_registers")


async def test_an_employee_of_several_numbers_is_one(database: Database, owner_connection: asyncpg.Connection) -> None:
    header = ("Номер", "ФИО", "Должность", "Отдел")
    rows = (("89260000101", "Пётр", "Инженер", "Branch"), ("89260000102", "петр", "", "Headquarters"))

    await take_over(database, header, *rows)

    assert await employees(owner_connection) == [("Пётр", None, "Инженер")]
    places = "SELECT department_id FROM employees WHERE name = 'Пётр'"
    assert await owner_connection.fetchval(places) == 12
    assert (await number(owner_connection, "79260000102"))["department"] == ["Headquarters"]


async def test_employees_are_found_by_name_in_any_letters(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await take_over(database, ("Номер", "ФИО"), ("89260000101", "ФЁДОР Ёж"))

    imported = await take_over(database, ("Номер", "ФИО", "Должность"), ("89260000101", "Федор ЕЖ", "Сторож"))

    assert imported.changed == 0
    assert await employees(owner_connection) == [("ФЁДОР Ёж", None, "Сторож")]


@pytest.mark.parametrize("name", ["ΟΔΥΣΣΕΥΣ", "İbrahim", "Straße"])
async def test_names_are_folded_by_the_database(
    database: Database, owner_connection: asyncpg.Connection, name: str
) -> None:
    for _ in range(2):
        await take_over(database, ("Номер", "ФИО"), ("89260000101", name), ("89260000102", name))

    assert await employees(owner_connection) == [(name, None, None)]


async def test_a_personnel_number_tells_namesakes_apart(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    rows = (("89260000101", "Пётр", "1", "Повар"), ("89260000102", "Пётр", "2", "Сторож"))

    for _ in range(2):
        await take_over(database, ("Номер", "ФИО", "Табельный номер", "Должность"), *rows)

    assert await employees(owner_connection) == [("Пётр", "1", "Повар"), ("Пётр", "2", "Сторож")]


async def test_leading_zeros_of_personnel_numbers_do_not_count(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    header = ("Номер", "ФИО", "Табельный номер")
    await take_over(database, header, ("89260000101", "Пётр", "000107"))

    imported = await take_over(database, header, ("89260000101", "Пётр", "107"), ("89260000102", "Пётр", "0107"))

    assert imported.changed == 1
    assert await employees(owner_connection) == [("Пётр", "000107", None)]


async def test_a_personnel_number_that_is_known_exactly_goes_before_zeros(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute(
        "INSERT INTO employees (company_id, name, personnel_number) VALUES (1, 'A', '07'), (1, 'B', '7')"
    )

    await take_over(database, ("Номер", "Табельный номер"), ("89260000101", "7"), ("89260000102", "07"))

    assert (await number(owner_connection, "79260000101"))["employee"] == "B"
    assert (await number(owner_connection, "79260000102"))["employee"] == "A"


async def test_a_personnel_number_is_given_to_the_employee_who_had_none(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    rows = (("89260000101", "IVAN", "5"), ("89260000102", "ivan", ""))

    await take_over(database, ("Номер", "ФИО", "Табельный номер"), *rows)

    assert await employees(owner_connection) == [("Ivan", "5", None)]
    assert (
        await owner_connection.fetchval("SELECT array_agg(employee_id) FROM numbers WHERE id IN (101, 102)") == [31] * 2
    )


async def test_two_personnel_numbers_for_one_name_are_two_new_people(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await take_over(
        database, ("Номер", "ФИО", "Табельный номер"), ("89260000101", "Ivan", "5"), ("89260000102", "Ivan", "6")
    )

    assert await employees(owner_connection) == [("Ivan", "5", None), ("Ivan", "6", None)]
    assert await owner_connection.fetchval("SELECT personnel_number FROM employees WHERE id = 31") is None


async def test_an_employee_who_is_called_otherwise_now_is_renamed(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    header = ("Номер", "ФИО", "Табельный номер")
    await take_over(database, header, ("89260000101", "Анна Белова", "5"))

    await take_over(database, header, ("89260000102", "Анна Чернова", "5"))
    await take_over(database, header, ("89260000102", "АННА ЧЕРНОВА", "5"))

    assert await employees(owner_connection) == [("Анна Чернова", "5", None)]
    keys = "SELECT employee_key FROM numbers WHERE id IN (101, 102)"
    assert [row["employee_key"] for row in await owner_connection.fetch(keys)] == ["анна чернова"] * 2


async def test_of_namesakes_the_one_who_has_the_number_keeps_it(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    header = ("Номер", "ФИО", "Табельный номер")
    rows = [("89260000101", "Пётр", "1"), ("89260000102", "Пётр", "2")]
    await take_over(database, header, *rows)

    imported = await take_over(database, header[:2], *(row[:2] for row in rows))

    assert (imported.changed, imported.errors) == (0, ())
