"""CSV as offices save it: UTF-8, UTF-16 or cp1251, separated by semicolons, commas or tabs."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import Problem, SheetError

_DELIMITERS = (";", ",", "\t")
_SAMPLE_LINES = 100
# Three Cyrillic letters in UTF-8 on end; in cp1251 they would be a capital Er or Es before a punctuation mark, thrice.
_UTF8_WORD = re.compile(rb"(?:[\xd0\xd1][\x80-\xbf]){3}")


def read_delimited(file: BinaryIO, limits: SheetLimits) -> Iterator[tuple[int, list[str]]]:
    """Row numbers and cells. Raises `SheetError`."""
    encoding = _encoding(file)
    file.seek(0)
    lines = _lines(io.TextIOWrapper(file, encoding, newline=""), limits)
    sample = list(islice(lines, _SAMPLE_LINES))
    csv.field_size_limit(limits.cell_characters)
    if sample and sample[0].lower().startswith("sep=") and len(sample[0].strip("\r\n")) == len("sep=;"):
        delimiter = sample.pop(0)[len("sep=")]
    else:
        delimiter = max(_DELIMITERS, key=lambda candidate: _fit(sample, candidate))
    number = 0
    try:
        for number, cells in enumerate(csv.reader(chain(sample, lines), delimiter=delimiter), 1):
            yield number, cells
    except csv.Error:
        raise SheetError(Problem.LONG_CELL, row=number + 1, limit=limits.cell_characters) from None


def _encoding(file: BinaryIO) -> str:
    head = file.read(len(codecs.BOM_UTF8))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    file.seek(0)
    modern = other = 0
    if head == codecs.BOM_UTF8:
        modern = 1
    for number, line in enumerate(file, 1):
        if b"\0" in line:
            raise SheetError(Problem.NO_TABLE)
        if not modern and _UTF8_WORD.search(line):
            modern = number
        if not other and not _is_utf8(line):
            other = number
        if modern and other:
            raise SheetError(Problem.MIXED_ENCODING, line=max(modern, other))
    return "cp1251" if other else "utf-8-sig"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines(text: io.TextIOWrapper, limits: SheetLimits) -> Iterator[str]:
    number = 0
    try:
        while line := text.readline(limits.line_characters + 1):
            number += 1
            if len(line) > limits.line_characters:
                raise SheetError(Problem.LONG_CELL, row=number, limit=limits.cell_characters)
            if "\0" in line:
                raise SheetError(Problem.NO_TABLE)
            yield line
    except UnicodeDecodeError:
        raise SheetError(Problem.UNKNOWN_ENCODING) from None


def _fit(sample: Iterable[str], delimiter: str) -> int:
    """How much of a table the delimiter makes: separators in the rows of the commonest width."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(sample, delimiter=delimiter))
    except csv.Error:
        return 0
    return max(((width - 1) * count for width, count in widths.items()), default=0)
