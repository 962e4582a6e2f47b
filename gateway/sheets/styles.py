"""How a workbook shows its numbers: dates, codes with leading zeros, everything else."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import IO

from gateway.sheets.xml import Attributes, parse

Show = Callable[[str], str]
"""From the stored form of a number to the text that a person means."""

# Numbers of formats that every spreadsheet knows: dates and times, also the East Asian ones.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(50, 59)])
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_ZEROS = re.compile("0{2,30}")
_EXACT = 10**15
_END_OF_TIME = 2_958_466  # Excel's serial number of the day after 9999-12-31
_FALSE_LEAP_DAY = 60  # Excel believes in 29 February 1900, Lotus 1-2-3 did


def read_styles(part: IO[bytes], *, since_1904: bool) -> list[Show]:
    """For each style of cells, in the order of their numbers, how it shows a number."""
    codes: dict[int, str] = {}
    formats: list[int] = []
    within = ""

    def start(name: str, attributes: Attributes) -> None:
        nonlocal within
        if name in ("numFmts", "cellXfs", "cellStyleXfs", "dxfs"):
            within = name
        elif name == "numFmt" and within == "numFmts":
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "xf" and within == "cellXfs":
            formats.append(int(attributes.get("numFmtId", "0")))

    for _ in parse(part, start):
        pass
    return [_show(number, codes.get(number, ""), since_1904) for number in formats]


def show_number(stored: str) -> str:
    """
    The stored number as a person typed it: 7.9261234567E10 is 79261234567.

    What had more than 15 digits and went through a spreadsheet's arithmetic is rounded; it stays in the exponential
    form, so that nobody takes it for a SIM card.
    """
    if stored.isascii() and stored.isdigit():
        return stored
    try:
        number = float(stored)
    except ValueError:
        return stored
    if not math.isfinite(number) or abs(number) >= _EXACT:
        return stored
    return str(int(number)) if number.is_integer() else format(number, ".15g")


def _show(number: int, code: str, since_1904: bool) -> Show:
    bare = _LITERALS.sub("", code.partition(";")[0])
    if number in _DATE_FORMATS or re.search("[dmyhs]", bare, re.IGNORECASE):
        return partial(_show_date, since_1904=since_1904)
    if _ZEROS.fullmatch(bare):
        return partial(_show_padded, width=len(bare))
    return show_number


def _show_padded(stored: str, width: int) -> str:
    return show_number(stored).zfill(width)


def _show_date(stored: str, since_1904: bool) -> str:
    """ISO form of Excel's count of days: a date, a time of day, or both."""
    try:
        serial = float(stored)
    except ValueError:
        return stored
    if not 0 <= serial < _END_OF_TIME:
        return show_number(stored)
    days, seconds = divmod(round(serial * 86_400), 86_400)
    time = (datetime.min + timedelta(seconds=seconds)).time().isoformat()
    if days == 0:
        return time
    epoch = date(1904, 1, 1) if since_1904 else date(1899, 12, 31 if days < _FALSE_LEAP_DAY else 30)
    day = (epoch + timedelta(days=days)).isoformat()
    return f"{day} {time}" if seconds else day
