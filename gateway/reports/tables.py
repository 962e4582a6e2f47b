"""Tables as JSONL, CSV and XLSX, written as rows come, so that a long one takes no more memory than a short one.

What stands in a cell stays what it was: a spreadsheet takes none for a formula, and no phone number for a quantity.
"""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Self, TypeAlias

import orjson
from xlsxwriter import Workbook

from gateway.kit.texts import Language, Text

Cell: TypeAlias = str | Decimal | None
"""A text, an amount in roubles, or nothing."""
Rows: TypeAlias = Sequence[Sequence[Cell]]

_BLOCK = 2**16
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_PHONE = re.compile(r"\+[0-9]{7,15}")


class TableFormat(StrEnum):
    """The value ends the names of such files."""

    _value_: str
    media_type: str

    def __new__(cls, value: str, media_type: str) -> Self:
        format = str.__new__(cls, value)
        format._value_ = value
        format.media_type = media_type
        return format

    JSONL = "jsonl", "application/jsonl"
    CSV = "csv", "text/csv; charset=utf-8"
    XLSX = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in JSON, its header for people, and how many characters wide it is shown."""

    key: str
    title: Text
    width: int


async def write(
    format: TableFormat, columns: Sequence[Column], language: Language, batches: AsyncIterable[Rows]
) -> AsyncGenerator[bytes, None]:
    """The file in pieces; threads write them, so that nobody else waits."""
    match format:
        case TableFormat.JSONL:
            keys = [column.key for column in columns]
            async for rows in batches:
                yield await asyncio.to_thread(_jsonl, keys, rows)
        case TableFormat.CSV:
            # By the mark spreadsheets know that it is UTF-8.
            yield b"\xef\xbb\xbf" + _csv([[column.title.render(language) for column in columns]])
            async for rows in batches:
                yield await asyncio.to_thread(_csv, rows)
        case TableFormat.XLSX:
            with tempfile.TemporaryDirectory() as folder:
                sheet = _Sheet(Path(folder), columns, language)
                async for rows in batches:
                    await asyncio.to_thread(sheet.add, rows)
                with await asyncio.to_thread(sheet.close) as file:
                    while block := await asyncio.to_thread(file.read, _BLOCK):
                        yield block


def _jsonl(keys: Sequence[str], rows: Rows) -> bytes:
    lines = (dict(zip(keys, row, strict=True)) for row in rows)
    return b"".join(orjson.dumps(line, str, orjson.OPT_APPEND_NEWLINE) for line in lines)


def _csv(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_unread(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _unread(cell: Cell) -> Cell:
    """An apostrophe before what a spreadsheet would take for a formula, but for a phone number, which does no harm."""
    if isinstance(cell, str) and cell.startswith(_FORMULAS) and not _PHONE.fullmatch(cell):
        return f"'{cell}"
    return cell


class _Sheet:
    """A workbook of one sheet, whose rows are on the disk as soon as the next ones come."""

    def __init__(self, folder: Path, columns: Sequence[Column], language: Language) -> None:
        self._path, self._count = folder / "table.xlsx", 0
        self._book = Workbook(str(self._path), {"constant_memory": True, "tmpdir": str(folder)})
        self._sheet = self._book.add_worksheet()
        self._money = self._book.add_format({"num_format": "#,##0.00"})
        for place, column in enumerate(columns):
            self._sheet.set_column(place, place, column.width)
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self.add([[column.title.render(language) for column in columns]])

    def add(self, rows: Rows) -> None:
        for row in rows:
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    self._sheet.write_string(self._count, place, cell)
                elif cell is not None:
                    self._sheet.write_number(self._count, place, float(cell), self._money)
            self._count += 1

    def close(self) -> io.BufferedReader:
        """The file, to be read from its beginning."""
        self._book.close()
        return self._path.open("rb")
