"""Registers that are taken over: numbers, employees and departments found or made, whatever the file looks like."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.db import Database
from gateway.services.journal_verification import verify
from tests.services.fleet import COMPANY
from tests.services.register_files import (
    OTHER_SIM,
    SIM,
    csv_file,
    number,
    take_over,
    take_over_file,
    told,
)
from tests.unit.operations.catalogues import BASIC, BUSINESS, MACHINE

SAMPLES = Path(__file__).parents[1] / "samples"
EMPTY = {"iccid": None, "kind": "VOICE", "label": None, "tariff": BASIC, "employee": None, "department": None}
pytestmark = pytest.mark.usefixtures("fleet_for_registers")


async def test_a_new_number_is_added_with_its_employee_and_department(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    header = (
        *("№ п/п", "Номер телефона", "ICCID", "Вид", "Тариф", "Метка", "ФИО", "Таб. №", "Должность"),
        *("E-mail", "Доп. телефон", "Дата рождения", "Подразделение"),
    )
    row = (
        *("1", "8 (926) 100-00-01", SIM, "голос", "basic", "Приёмная", "Ёлкина Анна", "007", "Секретарь"),
        *("Anna@Romashka.example", "495 123-45-67", "08.03.1979", "Headquarters / Секретариат"),
    )

    imported = await take_over(database, header, row)

    assert (imported.row_count, imported.added, imported.changed, imported.errors) == (1, 1, 0, ())
    assert await number(owner_connection, "79261000001") == {
        "iccid": SIM,
        "kind": "VOICE",
        "label": "Приёмная",
        "tariff": BASIC,
        "employee": "Ёлкина Анна",
        "department": ["Headquarters", "Секретариат"],
    }
    (employee,) = await owner_connection.fetch("SELECT * FROM employees WHERE personnel_number = '007'")
    assert {name: employee[name] for name in ("name", "position", "email", "extra_phone", "birth_date")} == {
        "name": "Ёлкина Анна",
        "position": "Секретарь",
        "email": "anna@romashka.example",
        "extra_phone": "74951234567",
        "birth_date": date(1979, 3, 8),
    }
    (department,) = await owner_connection.fetch("SELECT * FROM departments WHERE name = 'Секретариат'")
    assert (department["parent_id"], department["ancestor_ids"]) == (11, [11, department["id"]])
    assert employee["department_id"] == department["id"]


@pytest.mark.parametrize("name", ["register-cp1251.csv", "register-utf8.csv", "register-unicode.txt", "register.xlsx"])
async def test_samples_are_taken_over_once(database: Database, owner_connection: asyncpg.Connection, name: str) -> None:
    """Numbers that are there already: the samples name no tariff."""
    msisdns = [*(f"7926100000{each}" for each in (1, 2, 3, 4, 6)), "78005550105"]
    for msisdn in msisdns:
        await take_over(database, ("Номер", "Тариф"), (msisdn, "T1"))

    first = await take_over_file(database, SAMPLES / name)
    second = await take_over_file(database, (SAMPLES / name).read_bytes())

    assert (first.row_count, first.added, first.changed, first.errors) == (6, 0, 6, ())
    assert (second.row_count, second.added, second.changed, second.errors) == (6, 0, 0, ())
    assert await number(owner_connection, "79261000003") == EMPTY | {
        "iccid": "89701010040000000746",
        "employee": "О'Нил Джон",
        "department": ["Продажи", "Москва", "Группа №2"],
    }
    assert await number(owner_connection, "79261000004") == EMPTY | {
        "iccid": "89701010040000001116",
        "label": 'Шлагбаум, ворота "Север"',
        "department": ["Склад"],
    }


async def test_a_sample_with_titles_sums_and_another_column_is_refused_cell_by_cell(database: Database) -> None:
    imported = await take_over_file(database, SAMPLES / "register-titled.xlsx")

    assert told(imported) == [
        (3, "Лимит, руб.", "Лимит, руб.", "INVALID"),
        (4, "Тариф", None, "REQUIRED"),
        (5, "Тариф", None, "REQUIRED"),
        (6, "Тариф", None, "REQUIRED"),
        (7, "Номер телефона", "Итого", "INVALID"),
    ]


@pytest.mark.parametrize(
    "written", ["+7 (926) 000-01-01", "89260000101", "9260000101", "79260000101.0", "8‑926‑000‑01‑01", "'+79260000101"]
)
async def test_a_number_is_found_in_every_writing(
    database: Database, owner_connection: asyncpg.Connection, written: str
) -> None:
    imported = await take_over(database, ("Метка", "Телефон"), ("Новая", written))

    assert (imported.added, imported.changed) == (0, 1)
    assert await number(owner_connection, "79260000101") == EMPTY | {"label": "Новая"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
async def test_files_are_read_as_they_were_saved(
    database: Database, owner_connection: asyncpg.Connection, encoding: str, delimiter: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([("Номер", "Метка"), ("89260000101", "Щука; ёж, «уж»")])

    await take_over_file(database, text.getvalue().encode(encoding))

    assert (await number(owner_connection, "79260000101"))["label"] == "Щука; ёж, «уж»"


async def test_empty_cells_and_dashes_leave_what_is_there(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    header = ("Номер", "Метка", "ICCID", "Сотрудник", "Подразделение", "Вид")
    await take_over(database, header, ("89260000101", "Метка", SIM, "Ivan", "Branch", "модем"))
    before = await number(owner_connection, "79260000101")

    imported = await take_over(database, header, ("89260000101", "", "–", "", "-", ""))

    assert (imported.added, imported.changed) == (0, 0)
    assert await number(owner_connection, "79260000101") == before


async def test_only_changed_numbers_are_touched(database: Database, owner_connection: asyncpg.Connection) -> None:
    await take_over(database, ("Номер", "Метка"), ("89260000101", "A"))
    versions = "SELECT xmin::text FROM numbers WHERE company_id = 1 ORDER BY id"
    before = await owner_connection.fetch(versions)

    imported = await take_over(database, ("Номер", "Метка"), ("89260000101", "A"), ("89260000102", "B"))

    after = await owner_connection.fetch(versions)
    assert imported.changed == 1
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False] + [True] * 8


@pytest.mark.parametrize(("written", "tariff"), [("T2", BUSINESS), ("t2", BUSINESS), ("BUSINESS", BUSINESS)])
async def test_a_tariff_goes_by_code_or_name(
    database: Database, owner_connection: asyncpg.Connection, written: str, tariff: int
) -> None:
    await take_over(database, ("Номер", "Тариф"), ("89261000001", written))

    assert (await number(owner_connection, "79261000001"))["tariff"] == tariff


async def test_a_machine_gets_a_machine_tariff(database: Database, owner_connection: asyncpg.Connection) -> None:
    await take_over(database, ("Номер", "Тариф", "Вид"), ("89261000001", "Machine", "m2m"))

    assert await number(owner_connection, "79261000001") == EMPTY | {"tariff": MACHINE, "kind": "IOT"}


async def test_a_closed_number_counts_for_nothing(database: Database, owner_connection: asyncpg.Connection) -> None:
    await owner_connection.execute("UPDATE numbers SET status = 'CLOSED', iccid = $1 WHERE id IN (101, 201)", SIM)
    rows = (("89260000101", "T1", SIM), ("89260000201", "T1", OTHER_SIM))

    imported = await take_over(database, ("Номер", "Тариф", "ICCID"), *rows)

    assert (imported.added, imported.errors) == (2, ())
    statuses = "SELECT status FROM numbers WHERE msisdn = '79260000101' ORDER BY id"
    assert [row["status"] for row in await owner_connection.fetch(statuses)] == ["CLOSED", "ACTIVE"]


async def test_sim_cards_may_be_exchanged_within_a_file(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await take_over(database, ("Номер", "ICCID"), ("89260000101", SIM), ("89260000102", OTHER_SIM))

    imported = await take_over(database, ("Номер", "ICCID"), ("89260000101", OTHER_SIM), ("89260000102", SIM))

    assert (imported.changed, imported.errors) == (2, ())
    assert (await number(owner_connection, "79260000101"))["iccid"] == OTHER_SIM


async def test_departments_are_found_in_any_letter_case(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute(
        "INSERT INTO departments (company_id, id, name, ancestor_ids, path) "
        "VALUES (1, 13, 'ИТ/связь', '{13}', '{ИТ/связь}')"
    )
    rows = (("89260000101", "BRANCH"), ("89260000102", "branch / Ёлки"), ("89260000103", "Branch/елки"))

    await take_over(database, ("Номер", "Отдел"), *rows, ("89260000104", "ИТ/Связь"))

    names = await owner_connection.fetch("SELECT path FROM departments ORDER BY id")
    assert [row["path"] for row in names] == [["Headquarters"], ["Branch"], ["ИТ/связь"], ["Branch", "Ёлки"]]
    assert [(await number(owner_connection, f"7926000010{each}"))["department"] for each in (1, 2, 3, 4)] == [
        ["Branch"],
        ["Branch", "Ёлки"],
        ["Branch", "Ёлки"],
        ["ИТ/связь"],
    ]


async def test_the_journal_tells_each_number_before_and_after(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await take_over(
        database,
        ("Номер", "Метка", "Тариф", "ФИО"),
        ("89260000101", "A", "", "Ivan"),
        ("89261000001", "", "T2", ""),
        ("89260000103", "", "", ""),
    )
    await take_over(database, ("Номер", "Метка"), ("89260000101", "B"))

    lines = await owner_connection.fetch("SELECT * FROM journal_entries ORDER BY id")
    assert [(line["action"], line["subject"], line["number_id"]) for line in lines] == [
        ("register:import", "num_101", 101),
        ("register:import", "num_1001", 1001),
        ("register:import", "num_101", 101),
    ]
    assert [decoded(line["before"]) for line in lines] == [
        {"label": None, "employeeId": None},
        None,
        {"label": "A"},
    ]
    assert [decoded(line["after"]) for line in lines] == [
        {"label": "A", "employeeId": "emp_31"},
        {
            "iccid": None,
            "kind": "VOICE",
            "label": None,
            "employeeId": None,
            "departmentId": None,
            "tariffId": f"tar_{BUSINESS}",
        },
        {"label": "B"},
    ]
    assert [decoded(line["details"])["names"] for line in lines] == [
        {"msisdn": "+79260000101"},
        {"msisdn": "+79261000001"},
        {"msisdn": "+79260000101"},
    ]
    verdict = await verify(database, COMPANY)
    assert (verdict.lines, verdict.faults) == (3, ())


async def test_progress_is_told(database: Database) -> None:
    heard: list[tuple[int, int | None]] = []
    rows = [(f"8926200{each:04}", "T1") for each in range(1_200)]

    await take_over_file(
        database, csv_file(("Номер", "Тариф"), *rows), progress=lambda done, total: heard.append((done, total))
    )

    assert heard[0] == (0, None)
    assert (1_000, None) in heard
    assert heard[-1] == (1_200, 1_200)


def decoded(column: Any) -> Any:
    return None if column is None else json.loads(column)
