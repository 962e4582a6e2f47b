"""A table in a file of either format, cell by cell as a person sees it."""

import codecs
import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from gateway.sheets.delimited import read_delimited
from gateway.sheets.limits import MEBIBYTE, SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.xlsx import read_xlsx

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_FOREIGN = {b"%PDF": "PDF", b"{\\rtf": "RTF", b"<": "HTML/XML", b'{"': "JSON"}
_TEXT_MARK = b"\xef\xbb\xbf"
# What a spreadsheet would take for a formula or a number, so that people put an apostrophe before it.
_AFTER_APOSTROPHE = frozenset("=+-@0123456789")


class Row(NamedTuple):
    """A row that holds anything: its number, counted from 1, and its cells up to the last one that does."""

    number: int
    cells: list[str]


def read_table(file: BinaryIO, limits: SheetLimits) -> Iterator[Row]:
    """The rows of a CSV or XLSX file. Raises `SheetError`."""
    count = 0
    for number, cells in _read(file, limits):
        tidy = [_tidy(cell) for cell in cells]
        while tidy and not tidy[-1]:
            tidy.pop()
        if not tidy:
            continue
        count += 1
        if len(tidy) > limits.columns:
            raise SheetError(Problem.TOO_MANY_COLUMNS, row=number, limit=limits.columns)
        if count > limits.rows:
            raise SheetError(Problem.TOO_MANY_ROWS, limit=limits.rows)
        yield Row(number, tidy)
    if count == 0:
        raise SheetError(Problem.EMPTY)


def is_workbook(file: BinaryIO) -> bool:
    """Whether a file is XLSX by how it begins, else it is text. Raises `SheetError` for what is plainly neither."""
    file.seek(0)
    head = file.read(64)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return True
    if head.startswith(_OLE):
        # Excel puts an encrypted workbook into the container of its old format.
        if _ENCRYPTED_PACKAGE in file.read():
            raise SheetError(Problem.PASSWORD)
        raise SheetError(Problem.OTHER_FORMAT, format="Excel 97–2003 (XLS)")
    start = head.removeprefix(_TEXT_MARK).lstrip()
    for mark, name in _FOREIGN.items():
        if start.startswith(mark):
            raise SheetError(Problem.OTHER_FORMAT, format=name)
    if b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SheetError(Problem.NO_TABLE)
    return False


def _read(file: BinaryIO, limits: SheetLimits) -> Iterator[tuple[int, list[str]]]:
    if file.seek(0, os.SEEK_END) > limits.file_bytes:
        raise SheetError(Problem.TOO_MANY_BYTES, limit=limits.file_bytes // MEBIBYTE)
    read = read_xlsx if is_workbook(file) else read_delimited
    file.seek(0)
    return read(file, limits)


def _tidy(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _AFTER_APOSTROPHE else cell
