"""Why a table can't be read, and what its sender can do about it."""

from enum import Enum

from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.texts import Text


class Problem(Enum):
    """The reasons, each with its code and its text."""

    EMPTY = (
        ErrorCode.INVALID,
        Text(en="The file holds no rows.", ru="В файле нет строк."),
    )
    OTHER_FORMAT = (
        ErrorCode.INVALID,
        Text(
            en="The file is {format}. Save it as XLSX or CSV.",
            ru="Это файл {format}. Сохраните его как XLSX или CSV.",
        ),
    )
    NO_TABLE = (
        ErrorCode.INVALID,
        Text(
            en="The file is not a table. Save the table as XLSX or CSV.",
            ru="Файл не содержит таблицы. Сохраните таблицу как XLSX или CSV.",
        ),
    )
    PASSWORD = (
        ErrorCode.INVALID,
        Text(
            en="The file is locked with a password. Save it without one.",
            ru="Файл защищён паролем. Сохраните его без пароля.",
        ),
    )
    DAMAGED = (
        ErrorCode.INVALID,
        Text(
            en="The file is damaged. Open it in a spreadsheet and save it anew as XLSX.",
            ru="Файл повреждён. Откройте его в табличном редакторе и сохраните заново как XLSX.",
        ),
    )
    MIXED_ENCODING = (
        ErrorCode.INVALID,
        Text(
            en="Line {line} is in another encoding than the lines before it. Save the file anew as CSV UTF-8.",
            ru="Строка {line} записана в другой кодировке, чем строки до неё. Сохраните файл заново как CSV UTF-8.",
        ),
    )
    UNKNOWN_ENCODING = (
        ErrorCode.INVALID,
        Text(
            en="The text of the file can't be decoded. Save it anew as CSV UTF-8.",
            ru="Не удалось определить кодировку текста. Сохраните файл заново как CSV UTF-8.",
        ),
    )
    TOO_MANY_BYTES = (
        ErrorCode.TOO_LARGE,
        Text(
            en="The file is larger than {limit:,} MB. Split it.",
            ru="Файл больше {limit:,} МБ. Разделите его на части.",
        ),
    )
    TOO_MANY_ROWS = (
        ErrorCode.TOO_LARGE,
        Text(
            en="The table has more than {limit:,} rows. Split it.",
            ru="В таблице больше {limit:,} {limit:строки|строк|строк}. Разделите её на части.",
        ),
    )
    TOO_MANY_COLUMNS = (
        ErrorCode.TOO_LARGE,
        Text(
            en="Row {row} has more than {limit:,} columns. Delete what stands to the right of the table.",
            ru="В строке {row} больше {limit:,} {limit:столбца|столбцов|столбцов}. Удалите всё, что правее таблицы.",
        ),
    )
    LONG_CELL = (
        ErrorCode.TOO_LARGE,
        Text(
            en="A cell in row {row} is longer than {limit:,} characters, or its quotation mark is never closed.",
            ru="Ячейка в строке {row} длиннее {limit:,} {limit:символа|символов|символов} "
            "или в ней не закрыта кавычка.",
        ),
    )
    TOO_DEMANDING = (
        ErrorCode.TOO_LARGE,
        Text(
            en="Reading the file takes too much time or memory. Copy the table into a new file, or save it as CSV.",
            ru="Чтение файла требует слишком много времени или памяти. Скопируйте таблицу в новый файл или сохраните "
            "её как CSV.",
        ),
    )


class SheetError(InvalidValue):
    """A table that can't be read."""

    def __init__(self, problem: Problem, **values: str | int) -> None:
        code, text = problem.value
        super().__init__(text(**values), code)
        self.problem = problem
        self.values = values
