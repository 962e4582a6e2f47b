"""Rows of a register: from cells to values, with an error for each cell that does not hold what it should."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.texts import Language, Message, Text, excerpt
from gateway.loaders.search import fold
from gateway.operations.catalogue import Catalogue
from gateway.services.register_columns import BY_KEY, COLUMNS, Column, Path, counts_rows, is_header, recognise, tidy
from gateway.sheets.table import Row

NO_HEADER = Text(
    en="No header was found among the first {rows} rows. One cell of it must be “Phone number”.",
    ru="Среди первых {rows} строк нет заголовка. В одной из его ячеек должно быть «Номер телефона».",
)
UNKNOWN_HEADER = Text(
    en="The column “{given}” is not known. Known ones are: {known}. Rename or delete it.",
    ru="Столбец «{given}» неизвестен. Известны: {known}. Переименуйте или удалите его.",
)
KNOWN = Text(
    en=", ".join(column.title.en for column in COLUMNS),
    ru=", ".join(column.title.ru for column in COLUMNS),
)
REPEATED_HEADER = Text(
    en="Two columns mean the same: “{other}” and “{given}”. Delete one of them.",
    ru="Два столбца значат одно и то же: «{other}» и «{given}». Удалите один из них.",
)
NO_NUMBER = Text(en="The phone number is missing.", ru="Не указан номер телефона.")
NO_TARIFF = Text(
    en="There is no tariff “{given}” in the catalogue. Write its code or its exact name.",
    ru="Тарифа «{given}» нет в каталоге. Напишите его код или точное название.",
)
NO_EMPLOYEE = Text(en="Whose is it? The employee's name is missing.", ru="Чьё это? Не указано имя сотрудника.")
MANY_DEPARTMENTS = Text(
    en="More than {most:,} departments. Is this the right column?",
    ru="Больше {most:,} подразделений. Тот ли это столбец?",
)

MOST_ERRORS = 1_000
"""Errors that are told of one file."""

_ROWS_BEFORE_HEADER = 10
_LONGEST_HEADER = 100
_MOST_DEPARTMENTS = 10_000
_OF_EMPLOYEE = ("position", "email", "extra_phone", "birth_date")


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with a cell. `row` counts from 1 with the header, `column` is the header as it stands there."""

    row: int
    column: str
    value: str | None
    code: ErrorCode
    message: Message


class RegisterReader:
    """Turns the rows of one file into values by column; what is wrong with them gathers in `errors`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.errors: list[CellError] = []
        self.count = 0
        self.departments: dict[Path, int] = {}
        """A key for each department that the file names."""
        self._columns: list[tuple[int, Column]] = []
        self._titles: dict[str, str] = {}
        self._rows_before = 0
        self._tariffs = _tariffs(catalogue)
        self._relations: Mapping[str, Callable[[dict[str, Any], str], None]] = {
            "msisdn": self._relate_msisdn,
            "personnel_number": self._relate_personnel_number,
            "tariff": self._relate_tariff,
            "department": self._relate_department,
        }
        """What else follows from a cell, by column."""

    @property
    def full(self) -> bool:
        """Whether there are as many errors as are told: what follows need not be read."""
        return len(self.errors) >= MOST_ERRORS

    def read(self, row: Row) -> dict[str, Any] | None:
        """The values of a row by column, absent where the cell is empty; None for the header and for a row in error."""
        if not self._columns:
            self._find_header(row)
            return None
        self.count += 1
        values: dict[str, Any] = {"row": row.number}
        found = len(self.errors)
        width = len(row.cells)
        for place, column in self._columns:
            if place < width and (cell := tidy(row.cells[place])):
                try:
                    values[column.key] = column.parse(cell)
                except InvalidValue as error:
                    self.refuse(row.number, column.key, cell, error.code, error.message)
                else:
                    if column.key in self._relations:
                        self._relations[column.key](values, cell)
            elif column.key == "msisdn":
                self.refuse(row.number, "msisdn", None, ErrorCode.REQUIRED, NO_NUMBER())
        if "employee" not in values and "personnel_number" not in values and any(key in values for key in _OF_EMPLOYEE):
            self.refuse(row.number, "employee", None, ErrorCode.REQUIRED, NO_EMPLOYEE())
        return values if len(self.errors) == found else None

    def refuse(self, row: int, key: str, value: str | None, code: ErrorCode, message: Message) -> None:
        """Notes an error at the column `key` of a row, up to those that are told."""
        if not self.full:
            self.errors.append(CellError(row, self._title(key), excerpt(value) if value else None, code, message))

    def close(self) -> None:
        """At the end of the file: raises `InvalidValue` when there was no header."""
        if not self._columns:
            raise InvalidValue(NO_HEADER(rows=_ROWS_BEFORE_HEADER))

    def _relate_msisdn(self, values: dict[str, Any], cell: str) -> None:
        values["given"] = excerpt(cell)

    def _relate_personnel_number(self, values: dict[str, Any], cell: str) -> None:
        # Spreadsheets turn 000107 into 107.
        values["person"] = f" {cell.lstrip('0')}"

    def _relate_tariff(self, values: dict[str, Any], cell: str) -> None:
        values["tariff_id"] = self._tariffs.get(fold(cell))
        if values["tariff_id"] is None:
            message = NO_TARIFF(given=excerpt(cell))
            self.refuse(values["row"], "tariff", cell, ErrorCode.NOT_FOUND, message)

    def _relate_department(self, values: dict[str, Any], cell: str) -> None:
        values["department_key"] = self.departments.setdefault(values["department"], len(self.departments))
        if len(self.departments) > _MOST_DEPARTMENTS:
            message = MANY_DEPARTMENTS(most=_MOST_DEPARTMENTS)
            self.refuse(values["row"], "department", cell, ErrorCode.TOO_LARGE, message)

    def _find_header(self, row: Row) -> None:
        if not is_header(row.cells):
            self._rows_before += 1
            if self._rows_before == _ROWS_BEFORE_HEADER:
                self.close()
            return
        for place, cell in enumerate(row.cells):
            header, column = excerpt(tidy(cell), _LONGEST_HEADER), recognise(cell)
            if column is None:
                if not counts_rows(cell):
                    message = UNKNOWN_HEADER(given=header, known=KNOWN())
                    self.errors.append(CellError(row.number, header, header, ErrorCode.INVALID, message))
            elif column.key in self._titles:
                message = REPEATED_HEADER(other=self._titles[column.key], given=header)
                self.errors.append(CellError(row.number, header, header, ErrorCode.CONFLICT, message))
            else:
                self._columns.append((place, column))
                self._titles[column.key] = header

    def _title(self, key: str) -> str:
        """The header of a column as it stands in the file; for one that is not there, as it could."""
        if key in self._titles:
            return self._titles[key]
        language = Language.EN if self._titles["msisdn"].isascii() else Language.RU
        return BY_KEY[key].title.render(language)


def _tariffs(catalogue: Catalogue) -> dict[str, int]:
    """Ids of tariffs by folded name and code; of several with one name that of one that is still sold."""
    tariffs = sorted(catalogue.tariffs.values(), key=lambda tariff: not tariff.archived)
    words = {fold(tidy(tariff.name)): tariff.id for tariff in tariffs}
    return words | {fold(tariff.code): tariff.id for tariff in tariffs}
