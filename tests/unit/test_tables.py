"""Tables as files: read back they are what was written, and no spreadsheet runs or rounds what stands in them."""

import zipfile
from collections.abc import AsyncIterator
from decimal import Decimal
from io import BytesIO

import orjson
import pytest

from gateway.kit.texts import Language, Text
from gateway.reports.tables import Cell, Column, Rows, TableFormat, write
from gateway.sheets.reader import open_sheet

COLUMNS = (
    Column("phone", Text(en="Phone number", ru="Номер телефона"), 14),
    Column("price", Text(en="Price", ru="Цена"), 10),
    Column("why", Text(en="Why", ru="Почему"), 40),
)
ROWS: list[list[Cell]] = [["+79260000101", Decimal("-12.50"), "занят; «=1+1»"], ["+79260000102", Decimal("0.00"), None]]
FORMULAS = ["=1+1", "+1", "+7926000010+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


async def made(format: TableFormat, *batches: Rows, language: Language = Language.EN) -> bytes:
    async def each() -> AsyncIterator[Rows]:
        for batch in batches:
            yield batch

    return b"".join([piece async for piece in write(format, COLUMNS, language, each())])


@pytest.mark.parametrize(
    ("format", "amounts"), [(TableFormat.CSV, ("-12.50", "0.00")), (TableFormat.XLSX, ("-12.5", "0"))]
)
async def test_a_spreadsheet_is_read_back_as_it_was_written(format: TableFormat, amounts: tuple[str, str]) -> None:
    content = await made(format, ROWS[:1], ROWS[1:], language=Language.RU)

    async with open_sheet(content) as rows:
        read = [list(cells) async for _, cells in rows]

    assert read[0] == ["Номер телефона", "Цена", "Почему"]
    assert read[1] == ["+79260000101", amounts[0], "занят; «=1+1»"]
    assert read[2][:2] == ["+79260000102", amounts[1]]


async def test_json_lines_are_objects_by_key() -> None:
    content = await made(TableFormat.JSONL, ROWS)

    assert [orjson.loads(line) for line in content.splitlines()] == [
        {"phone": "+79260000101", "price": "-12.50", "why": "занят; «=1+1»"},
        {"phone": "+79260000102", "price": "0.00", "why": None},
    ]


async def test_no_cell_is_a_formula() -> None:
    rows: list[list[Cell]] = [["+79260000101", Decimal(-1), each] for each in FORMULAS]

    written = (await made(TableFormat.CSV, rows)).decode("utf-8-sig")
    with zipfile.ZipFile(BytesIO(await made(TableFormat.XLSX, rows))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()

    assert [f"'{each}" in written for each in FORMULAS] == [True] * len(FORMULAS)
    assert "+79260000101,-1,'=1+1\r\n" in written
    assert ("<f>" in sheet, sheet.count('t="inlineStr"')) == (False, 3 + 2 * len(FORMULAS))
