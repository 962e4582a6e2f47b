"""Cells of a worksheet, row by row out of its XML stream."""

import re
from collections.abc import Iterator, Sequence
from typing import IO

from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.styles import Show, show_number
from gateway.sheets.xml import Attributes, parse

_LAST_ROW = 2**20
_REFERENCE = re.compile("[A-Z]{1,3}")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class _Text:
    """The characters of one cell, which may come in pieces and in several runs of one format."""

    def __init__(self, limit: int) -> None:
        self.open = False
        self._limit = limit
        self._pieces: list[str] = []
        self._length = 0

    def clear(self) -> None:
        self._pieces, self._length = [], 0

    def add(self, characters: str) -> None:
        # One piece beyond the limit tells that it was passed; more would only take memory.
        if self.open and self._length <= self._limit:
            self._pieces.append(characters)
            self._length += len(characters)

    def __str__(self) -> str:
        return "".join(self._pieces)


def read_shared_strings(part: IO[bytes], limits: SheetLimits) -> list[str]:
    """The table of texts that cells refer to by number. Raises `SheetError`."""
    strings: list[str] = []
    text = _Text(limits.cell_characters)
    phonetic = False

    def start(name: str, _attributes: Attributes) -> None:
        nonlocal phonetic
        if name == "t":
            text.open = not phonetic
        elif name == "si":
            text.clear()
        elif name == "rPh":
            phonetic = True

    def end(name: str) -> None:
        nonlocal phonetic
        if name == "t":
            text.open = False
        elif name == "si":
            strings.append(_unescaped(str(text)))
        elif name == "rPh":
            phonetic = False

    for _ in parse(part, start, end, text.add):
        pass
    return strings


class Worksheet:
    """The rows of one worksheet; `read` yields them while it parses."""

    def __init__(self, strings: Sequence[str], styles: Sequence[Show], limits: SheetLimits) -> None:
        self._strings = strings
        self._styles = styles
        self._limits = limits
        self._columns: dict[str, int] = {}
        self._rows: list[tuple[int, list[str]]] = []
        self._row = 0
        self._cells: list[str] = []
        self._column = 0
        self._type = ""
        self._style = 0
        self._in_cell = False
        self._text = _Text(limits.cell_characters)

    def read(self, part: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
        """Row numbers and cells. Raises `SheetError`."""
        for _ in parse(part, self._start, self._end, self._text.add):
            yield from self._rows
            self._rows.clear()

    def _start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            reference = attributes.get("r")
            self._column = self._column + 1 if reference is None else self._column_of(reference)
            self._type = attributes.get("t", "n")
            self._style = int(attributes.get("s", 0))
            self._text.clear()
            self._in_cell = True
        elif name in ("v", "t"):
            self._text.open = self._in_cell
        elif name == "row":
            row = int(attributes.get("r", self._row + 1))
            if not self._row < row <= _LAST_ROW:
                raise SheetError(Problem.DAMAGED)
            self._row, self._column, self._cells = row, 0, []
        elif name == "rPh":
            self._in_cell = False

    def _end(self, name: str) -> None:
        if name in ("v", "t"):
            self._text.open = False
        elif name == "c":
            self._in_cell = False
            if stored := str(self._text):
                self._place(self._value(stored))
        elif name == "row":
            self._rows.append((self._row, self._cells))

    def _value(self, stored: str) -> str:
        if self._type == "s":
            return self._strings[int(stored)]
        if self._type == "n":
            return (self._styles[self._style] if self._style < len(self._styles) else show_number)(stored)
        if self._type == "b":
            return "TRUE" if stored == "1" else "FALSE"
        return _unescaped(stored)

    def _place(self, value: str) -> None:
        if self._column > self._limits.columns:
            raise SheetError(Problem.TOO_MANY_COLUMNS, row=self._row, limit=self._limits.columns)
        if len(value) > self._limits.cell_characters:
            raise SheetError(Problem.LONG_CELL, row=self._row, limit=self._limits.cell_characters)
        missing = self._column - len(self._cells)
        if missing > 0:
            self._cells.extend([""] * missing)
        self._cells[self._column - 1] = value

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            if _REFERENCE.fullmatch(letters) is None:
                raise SheetError(Problem.DAMAGED)
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - ord("A") + 1
            self._columns[letters] = column
        return column


def _unescaped(text: str) -> str:
    """Control characters, which XML can't hold, stand as _x000D_."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text
