"""Registers that are refused, cell by cell, in the words of the file."""

from collections.abc import Sequence
from datetime import date

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language
from gateway.operations.catalogue import Catalogue
from tests.services.register_files import (
    OTHER_SIM,
    SIM,
    csv_file,
    number,
    take_over,
    take_over_file,
    told,
)
from tests.unit.operations.catalogues import BASIC, BUSINESS, tariff

pytestmark = pytest.mark.usefixtures("fleet_for_registers")


CASES: dict[str, tuple[Sequence[Sequence[str]], list[tuple[int, str, str | None, str]]]] = {
    "values": (
        [
            ("Номер", "ICCID", "Вид", "Тариф", "ФИО", "E-mail", "Дата рождения", "Отдел", "Доп. телефон"),
            ("8926", "8970", "факс", "Нет", "A", "@", "вчера", "/", "0"),
        ],
        [
            (2, "Номер", "8926", "INVALID"),
            (2, "ICCID", "8970", "INVALID"),
            (2, "Вид", "факс", "INVALID"),
            (2, "Тариф", "Нет", "NOT_FOUND"),
            (2, "E-mail", "@", "INVALID"),
            (2, "Дата рождения", "вчера", "INVALID"),
            (2, "Отдел", "/", "INVALID"),
            (2, "Доп. телефон", "0", "INVALID"),
        ],
    ),
    "long texts": (
        [("Номер", "Метка", "ФИО"), ("89260000101", "я" * 101, "я" * 201)],
        [(2, "Метка", "я" * 40 + "…", "TOO_LARGE"), (2, "ФИО", "я" * 40 + "…", "TOO_LARGE")],
    ),
    "headers": (
        [("Лимит", "Phone", "Номер"), ("1", "89260000101", "89260000101")],
        [(1, "Лимит", "Лимит", "INVALID"), (1, "Номер", "Номер", "CONFLICT")],
    ),
    "no number": (
        [("Метка", "Номер"), ("A",), ("B", "-")],
        [(2, "Номер", None, "REQUIRED"), (3, "Номер", None, "REQUIRED")],
    ),
    "repeated": (
        [("Номер", "ICCID"), ("89260000101", SIM), ("79260000101", ""), ("89260000102", SIM)],
        [(3, "Номер", "79260000101", "CONFLICT"), (4, "ICCID", SIM, "CONFLICT")],
    ),
    "of another company": (
        [("Номер", "Тариф"), ("8 926 000-02-01", "T1")],
        [(2, "Номер", "8 926 000-02-01", "NOT_AVAILABLE")],
    ),
    "no tariff": ([("Phone", "Label"), ("89261000001", "A")], [(2, "Tariff", None, "REQUIRED")]),
    "other tariff": ([("Phone", "Tariff"), ("89260000101", "t2")], [(2, "Tariff", "t2", "CONFLICT")]),
    "tariffs that are not sold so": (
        [
            ("Номер", "Тариф", "Вид"),
            ("89261000001", "Old", ""),
            ("89261000002", "Southern", ""),
            ("89261000003", "Machine", "голос"),
            ("89261000004", "Machine", ""),
        ],
        [
            (2, "Тариф", "Old", "NOT_AVAILABLE"),
            (3, "Тариф", "Southern", "NOT_AVAILABLE"),
            (4, "Тариф", "Machine", "NOT_AVAILABLE"),
            (5, "Тариф", "Machine", "NOT_AVAILABLE"),
        ],
    ),
    "nobody's data": (
        [("Номер", "Должность"), ("89260000101", "Повар")],
        [(2, "Сотрудник", None, "REQUIRED")],
    ),
    "nobody with this personnel number": (
        [("Номер", "Табельный номер", "ФИО"), ("89260000101", "5", ""), ("89260000102", "5", "Пётр")],
        [(2, "ФИО", None, "REQUIRED")],
    ),
    "two people with one personnel number": (
        [("Номер", "Табельный номер", "ФИО"), ("89260000101", "5", "Пётр"), ("89260000102", "05", "Павел")],
        [(3, "ФИО", "Павел", "CONFLICT")],
    ),
    "two people with one name": (
        [
            ("Номер", "ФИО", "Должность", "E-mail", "Дата рождения"),
            ("89260000101", "Пётр", "", "a@b.example", "01.02.1990"),
            ("89260000102", "петр", "Повар", "", ""),
            ("89260000103", "Пётр", "Сторож", "c@b.example", "1990-02-01"),
        ],
        [(4, "Должность", "Сторож", "CONFLICT"), (4, "E-mail", "c@b.example", "CONFLICT")],
    ),
    "namesakes in the file": (
        [
            ("Номер", "ФИО", "Таб. №"),
            ("89260000101", "Пётр", "1"),
            ("89260000102", "Пётр", "2"),
            ("89260000103", "Петр", ""),
        ],
        [(4, "ФИО", "Петр", "CONFLICT")],
    ),
}


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(("rows", "errors"), CASES.values(), ids=CASES.keys())
async def test_cells_are_refused(
    database: Database,
    rows: Sequence[Sequence[str]],
    errors: list[tuple[int, str, str | None, str]],
    dry_run: bool,
) -> None:
    imported = await take_over(database, *rows, dry_run=dry_run)

    assert told(imported) == errors
    assert (imported.row_count, imported.added, imported.changed) == (len(rows) - 1, 0, 0)


async def test_a_number_of_another_company_is_refused_without_telling_whose(database: Database) -> None:
    imported = await take_over(database, ("Номер", "Тариф"), ("89260000201", "T1"))

    assert imported.errors[0].message.render(Language.EN) == (
        "This number belongs to another contract. Ask your manager at the operator to move it first."
    )


async def test_messages_are_in_both_languages(database: Database) -> None:
    imported = await take_over(database, ("Номер", "Вид"), ("89260000101", "факс"), ("89260000101", ""))

    assert [error.message.render(Language.RU) for error in imported.errors] == [
        "«факс» — не вид номера. Напишите «голос», «модем» или «IoT»."
    ]
    assert [error.message.render(Language.EN) for error in imported.errors] == [
        "“факс” is no kind of number. Write VOICE, MODEM or IOT."
    ]


async def test_an_unknown_header_is_named_with_those_that_are_known(database: Database) -> None:
    imported = await take_over(database, ("Phone", "Limit"), ("89260000101", "5"))

    assert (
        imported.errors[0]
        .message.render(Language.EN)
        .startswith("The column “Limit” is not known. Known ones are: Phone number, ICCID, Kind, Tariff, ")
    )


async def test_a_sim_card_of_another_number_is_refused(database: Database) -> None:
    await take_over(database, ("Номер", "ICCID"), ("89260000101", SIM), ("89260000102", OTHER_SIM))

    imported = await take_over(
        database, ("Номер", "ICCID"), ("89260000103", SIM), ("89260000104", OTHER_SIM), ("89260000102", "")
    )

    assert told(imported) == [(2, "ICCID", SIM, "CONFLICT"), (3, "ICCID", OTHER_SIM, "CONFLICT")]
    assert imported.errors[0].message.render(Language.EN) == "This SIM card is that of +79260000101."


async def test_a_number_does_not_become_of_a_kind_that_its_tariff_is_not_for(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await take_over(database, ("Номер", "Тариф", "Вид"), ("89261000001", "Machine", "IOT"))

    refused = await take_over(database, ("Номер", "Вид"), ("89261000001", "голос"))
    changed = await take_over(database, ("Номер", "Вид"), ("89261000001", "модем"), ("89260000101", "модем"))

    assert told(refused) == [(2, "Вид", "VOICE", "NOT_AVAILABLE")]
    assert (changed.changed, changed.errors) == (2, ())
    assert (await number(owner_connection, "79261000001"))["kind"] == "MODEM"


async def test_numbers_keep_archived_tariffs_and_those_of_other_regions(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE numbers SET tariff_id = 4 WHERE id = 101")
    await owner_connection.execute("UPDATE numbers SET tariff_id = 6 WHERE id = 102")

    imported = await take_over(
        database, ("Номер", "Тариф", "Вид"), ("89260000101", "Old", "модем"), ("89260000102", "T6", "модем")
    )

    assert (imported.changed, imported.errors) == (2, ())


async def test_namesakes_in_the_company_need_personnel_numbers(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute(
        "INSERT INTO employees (company_id, name, personnel_number) VALUES (1, 'IVAN', '7'), (2, 'Olga', NULL)"
    )

    imported = await take_over(database, ("Номер", "ФИО"), ("89260000101", "Ivan"), ("89260000102", "Olga"))

    assert told(imported) == [(2, "ФИО", "Ivan", "CONFLICT")]


async def test_rows_in_error_hide_no_errors_of_others(database: Database) -> None:
    rows = (("89261000001", "T1", "x"), ("89260000201", "T1", ""), ("89261000002", "", ""))

    imported = await take_over(database, ("Номер", "Тариф", "ICCID"), *rows)

    assert told(imported) == [
        (2, "ICCID", "x", "INVALID"),
        (3, "Номер", "89260000201", "NOT_AVAILABLE"),
        (4, "Тариф", None, "REQUIRED"),
    ]


async def test_a_thousand_errors_are_told_and_reading_ends(database: Database) -> None:
    rows = [("x",)] * 30_000

    imported = await take_over(database, ("Номер",), *rows)

    assert (len(imported.errors), imported.errors[-1].row, imported.row_count) == (1_000, 1_001, 1_000)


async def test_a_thousand_errors_are_told_of_those_found_in_the_database(database: Database) -> None:
    rows = [(f"8926200{each:04}",) for each in range(1_500)]

    imported = await take_over(database, ("Номер",), ("x",), *rows)

    assert (len(imported.errors), imported.errors[-1].row, imported.row_count) == (1_000, 1_001, 1_501)


async def test_too_many_departments_are_the_wrong_column(database: Database) -> None:
    rows = [(f"8926{each:07}", f"D{each}") for each in range(10_001)]

    imported = await take_over(database, ("Номер", "Отдел"), *rows)

    assert (10_002, "Отдел", "D10000", "TOO_LARGE") in told(imported)


@pytest.mark.parametrize(
    ("content", "code", "beginning"),
    [
        (csv_file(("89260000101",), ("89260000102",)), "INVALID", "No header was found"),
        (csv_file(*[("x",)] * 10, ("Номер",)), "INVALID", "No header was found"),
        (b"", "INVALID", "The file holds no rows"),
        (b"%PDF-1.7", "INVALID", "The file is PDF"),
        (b"PK\x03\x04rubbish", "INVALID", "The file is damaged"),
        ("Номер".encode() + b"\n\xff\xfe", "INVALID", "Line 2 is in another encoding"),
        (b"phone\n" + b'"' + b"9" * 2_000_000, "TOO_LARGE", "A cell in row 2"),
    ],
)
async def test_files_that_are_no_registers(database: Database, content: bytes, code: str, beginning: str) -> None:
    with pytest.raises(Refusal) as refused:
        await take_over_file(database, content)

    assert (refused.value.code, refused.value.field) == (ErrorCode(code), ("uploadId",))
    assert refused.value.message.render(Language.EN).startswith(beginning)


async def test_titles_may_take_nine_rows(database: Database) -> None:
    imported = await take_over(database, *[("Реестр",)] * 9, ("Номер",), ("89260000101",))

    assert (imported.row_count, imported.errors) == (1, ())


async def test_a_company_without_contract_is_refused(database: Database, owner_connection: asyncpg.Connection) -> None:
    await owner_connection.execute("UPDATE companies SET status = 'CLOSED' WHERE id = 1")

    with pytest.raises(Refusal) as refused:
        await take_over(database, ("Номер",), ("89260000101",), dry_run=True)

    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_AVAILABLE, ("companyId",))


@pytest.mark.parametrize("sold", [BASIC, BUSINESS])
async def test_of_tariffs_with_one_name_that_which_is_sold_is_meant(
    database: Database, owner_connection: asyncpg.Connection, sold: int
) -> None:
    items = Catalogue(
        date(2026, 3, 31), [tariff(each, "Same", 1, archived=each != sold) for each in (BASIC, BUSINESS)], []
    )

    await take_over(database, ("Номер", "Тариф"), ("89261000001", "same"), catalogue=items)

    assert (await number(owner_connection, "79261000001"))["tariff"] == sold
