"""The columns of a register: how their headers are recognised, and what may stand in their cells."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from gateway.kit.emails import parse_email
from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.identifiers import parse_iccid
from gateway.kit.phones import parse_msisdn
from gateway.kit.texts import Text, excerpt
from gateway.loaders.search import fold
from gateway.models.numbers import NumberKind

NO_KIND = Text(
    en="“{given}” is no kind of number. Write VOICE, MODEM or IOT.",
    ru="«{given}» — не вид номера. Напишите «голос», «модем» или «IoT».",
)
NO_DATE = Text(
    en="“{given}” is not a date. Write it as 31.12.2005 or 2005-12-31.",
    ru="«{given}» — не дата. Напишите её как 31.12.2005 или 2005-12-31.",
)
FUTURE = Text(en="“{given}” is in the future.", ru="Дата «{given}» ещё не наступила.")
TOO_LONG = Text(
    en="The text has {length:,} characters; {longest:,} are allowed.",
    ru="В тексте {length:,} {length:символ|символа|символов}; допустимо {longest:,}.",
)
TOO_DEEP = Text(
    en="A department stands at most {deepest} levels deep; levels are divided by “/”.",
    ru="Глубина подразделений — не больше {deepest}; уровни разделяются знаком «/».",
)
EMPTY_LEVEL = Text(en="“{given}” has a level without a name.", ru="В «{given}» есть уровень без названия.")

Path: TypeAlias = tuple[str, ...]
"""Names of a department and of those above it, from the top down."""

_LONGEST, _LONGEST_LABEL, _DEEPEST, _EARLIEST = 200, 100, 10, date(1900, 1, 1)
_NOTHING = frozenset({"-", "–", "—"})
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4})(?: .*)?")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[ T].*)?")
_KINDS = {
    **{kind.value.lower(): kind.value for kind in NumberKind},
    **dict.fromkeys(("голос", "голосовой", "телефон", "phone"), NumberKind.VOICE.value),
    **dict.fromkeys(("модем", "планшет", "интернет", "tablet"), NumberKind.MODEM.value),
    **dict.fromkeys(("m2m", "машина", "устройство", "machine", "device"), NumberKind.IOT.value),
}


def tidy(cell: str) -> str:
    """The cell in one line, without characters that nobody sees; empty for a dash, which says that there is nothing."""
    if not cell.isprintable() or "  " in cell:
        seen = "".join(character for character in cell if character.isprintable() or character.isspace())
        cell = " ".join(seen.split())
    return "" if cell in _NOTHING else cell


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the register: its name, other headers that mean it, and what its tidy cells hold.

    `parse` raises `InvalidValue`.
    """

    key: str
    title: Text
    others: tuple[str, ...]
    parse: Callable[[str], Any]


def _text(longest: int = _LONGEST) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise InvalidValue(TOO_LONG(length=len(cell), longest=longest), ErrorCode.TOO_LARGE)
        return cell

    return parse


def _kind(cell: str) -> str:
    kind = _KINDS.get(fold(cell))
    if kind is None:
        raise InvalidValue(NO_KIND(given=excerpt(cell)))
    return kind


def _date(cell: str) -> date:
    if form := _DAY_FIRST.fullmatch(cell) or _YEAR_FIRST.fullmatch(cell):
        try:
            day = date(int(form["year"]), int(form["month"]), int(form["day"]))
        except ValueError:
            day = date.min
        if day > datetime.now(UTC).date():
            raise InvalidValue(FUTURE(given=excerpt(cell)))
        if day >= _EARLIEST:
            return day
    raise InvalidValue(NO_DATE(given=excerpt(cell)))


def _department(cell: str) -> Path:
    path = tuple(level.strip() for level in cell.split("/"))
    if not all(path):
        raise InvalidValue(EMPTY_LEVEL(given=excerpt(cell)))
    if len(path) > _DEEPEST:
        raise InvalidValue(TOO_DEEP(deepest=_DEEPEST), ErrorCode.TOO_LARGE)
    if (longest := max(map(len, path))) > _LONGEST:
        raise InvalidValue(TOO_LONG(length=longest, longest=_LONGEST), ErrorCode.TOO_LARGE)
    return path


COLUMNS = (
    Column(
        "msisdn",
        Text(en="Phone number", ru="Номер телефона"),
        (
            *("msisdn", "phone", "number", "mobile", "mobile phone", "mobile number", "номер", "телефон"),
            *("мобильный телефон", "мобильный номер", "сотовый телефон", "абонентский номер", "номер абонента"),
        ),
        parse_msisdn,
    ),
    Column(
        "iccid",
        Text(en="ICCID", ru="ICCID"),
        ("icc id", "sim", "sim card", "sim number", "sim карта", "номер sim карты", "сим карта", "номер сим карты"),
        parse_iccid,
    ),
    Column("kind", Text(en="Kind", ru="Вид"), ("number kind", "type", "вид номера", "тип", "тип номера"), _kind),
    Column(
        "tariff",
        Text(en="Tariff", ru="Тариф"),
        ("tariff plan", "tariff code", "rate plan", "тарифный план", "код тарифа"),
        _text(),
    ),
    Column(
        "label",
        Text(en="Label", ru="Метка"),
        ("comment", "note", "комментарий", "примечание"),
        _text(_LONGEST_LABEL),
    ),
    Column(
        "employee",
        Text(en="Employee", ru="Сотрудник"),
        (
            *("employee name", "full name", "name", "user"),
            *("фио", "ф и о", "фио сотрудника", "пользователь", "абонент", "владелец"),
        ),
        _text(),
    ),
    Column(
        "personnel_number",
        Text(en="Personnel number", ru="Табельный номер"),
        ("employee id", "employee number", "таб номер", "табельный"),
        _text(),
    ),
    Column("position", Text(en="Position", ru="Должность"), ("job title", "title"), _text()),
    Column(
        "email",
        Text(en="E-mail", ru="Электронная почта"),
        ("email", "mail", "почта", "эл почта", "адрес электронной почты"),
        parse_email,
    ),
    Column(
        "extra_phone",
        Text(en="Extra phone", ru="Дополнительный телефон"),
        ("additional phone", "доп телефон", "другой телефон"),
        parse_msisdn,
    ),
    Column("birth_date", Text(en="Birth date", ru="Дата рождения"), ("date of birth",), _date),
    Column(
        "department",
        Text(en="Department", ru="Подразделение"),
        ("division", "отдел", "департамент", "структурное подразделение"),
        _department,
    ),
)
BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}

_WORD = re.compile(r"[^\W_]+")
_REMARK = re.compile(r"\([^)]*\)")


def _words(header: str) -> str:
    return " ".join(_WORD.findall(fold(header)))


_BY_WORDS = {
    _words(header): column for column in COLUMNS for header in (column.title.en, column.title.ru, *column.others)
}
# Columns that only count the rows: “№”, “№ п/п”.
_COUNTERS = frozenset({"", "n", "no", "п п", "пп", "n п п", "номер п п"})


def recognise(header: str) -> Column | None:
    """The column that a header names, whatever its case and punctuation: “№ телефона*”, “PHONE_NUMBER (MSISDN)”."""
    spelt = header.replace("№", " номер ")
    return (
        None if counts_rows(header) else _BY_WORDS.get(_words(spelt)) or _BY_WORDS.get(_words(_REMARK.sub("", spelt)))
    )


def counts_rows(header: str) -> bool:
    return _words(header) in _COUNTERS


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row is the header: it names the column of phone numbers. Titles above the table do not."""
    return any(recognise(cell) is BY_KEY["msisdn"] for cell in cells)
