"""CSV: encodings, delimiters, quotes."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.table import Row, read_table


def read(content: bytes, limits: SheetLimits | None = None) -> list[Row]:
    return list(read_table(io.BytesIO(content), limits or SheetLimits()))


TABLE = "Номер;Имя\n79261234567;Ёлкина, Анна\n79261234568;«Ромашка» №5\n"


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_newlines(encoding: str, delimiter: str, newline: str) -> None:
    table = TABLE.replace("Ёлкина, Анна", '"Ёлкина, Анна"').replace(";", delimiter).replace("\n", newline)
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert read((mark + table).encode(encoding)) == [
        (1, ["Номер", "Имя"]),
        (2, ["79261234567", "Ёлкина, Анна"]),
        (3, ["79261234568", "«Ромашка» №5"]),
    ]


def test_the_delimiter_makes_the_widest_regular_table() -> None:
    content = "Реестр номеров, ООО «Ромашка», 2024\n\nНомер;Тариф;Цена\n926;A, B;1,5\n927;C;2,5\n"
    assert read(content.encode()) == [
        (1, ["Реестр номеров, ООО «Ромашка», 2024"]),
        (3, ["Номер", "Тариф", "Цена"]),
        (4, ["926", "A, B", "1,5"]),
        (5, ["927", "C", "2,5"]),
    ]


def test_a_line_for_the_spreadsheet_names_the_delimiter() -> None:
    assert read(b"sep=,\r\na,b;c\r\n") == [(1, ["a", "b;c"])]
    assert read(b"sep=|\r\na|b\r\n") == [(1, ["a", "b"])]


def test_one_column() -> None:
    assert read(b"8 926 123-45-67\n\n+7 926 123-45-68") == [(1, ["8 926 123-45-67"]), (3, ["+7 926 123-45-68"])]


def test_quotes_newlines_spaces_and_apostrophes() -> None:
    content = '"a ""b""\r\nc";\u00a0 d \u00a0;\'+7926;\'=1;\'s-Gravenhage;;\r\n;;;\r\n"";e;"f'
    assert read(content.encode()) == [
        (1, ['a "b"\r\nc', "d", "+7926", "=1", "'s-Gravenhage"]),
        (3, ["", "e", "f"]),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"\n;;;\n  \n", Problem.EMPTY),
        (b"\xef\xbb\xbf", Problem.EMPTY),
        (b"a;b\n1;\x00\n", Problem.NO_TABLE),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Problem.NO_TABLE),
        (b"%PDF-1.7\n", Problem.OTHER_FORMAT),
        (b"{\\rtf1\\ansi", Problem.OTHER_FORMAT),
        (b"\xef\xbb\xbf <html><table>", Problem.OTHER_FORMAT),
        (b'<?xml version="1.0"?><Workbook/>', Problem.OTHER_FORMAT),
        (b"\xff\xfea\x00;\x00\x00\xd8a\x00", Problem.UNKNOWN_ENCODING),
        (b"a;b\n1;\x98\n", Problem.UNKNOWN_ENCODING),
        ("Имя;Номер\n".encode() + "Анна;1\n".encode("cp1251"), Problem.MIXED_ENCODING),
        ("Имя;Номер\n".encode("cp1251") + "Анна;1\n".encode(), Problem.MIXED_ENCODING),
        ("\ufeffИмя;Номер\n".encode() + "Анна;1\n".encode("cp1251"), Problem.MIXED_ENCODING),
        (b";" * 256 + b"x", Problem.TOO_MANY_COLUMNS),
        (b"x;" * 400_000, Problem.TOO_MANY_COLUMNS),
        (b"x;" * 2_000_000, Problem.LONG_CELL),
        (b"x" * 32_768, Problem.LONG_CELL),
        (b'a;b\n"' + b"x\n" * 20_000, Problem.LONG_CELL),
        (b"x" * 5_000_000, Problem.LONG_CELL),
    ],
)
def test_what_is_refused(content: bytes, problem: Problem) -> None:
    with pytest.raises(SheetError) as refused:
        read(content)
    assert refused.value.problem is problem


def test_refusals_name_the_place() -> None:
    with pytest.raises(SheetError, match="Line 3 is in another encoding"):
        read("Имя\nАнна\n".encode() + "Пётр\n".encode("cp1251"))
    with pytest.raises(SheetError, match="A cell in row 2"):
        read(b"a\n" + b"x" * 40_000)
    with pytest.raises(SheetError, match="Row 2 has more than 256 columns"):
        read(b"a\n" + b";" * 300 + b"a")


def test_as_much_as_the_limits_allow() -> None:
    assert len(read(b";" * 255 + b"x")[0].cells) == 256
    assert len(read(b"x" * 32_767)[0].cells[0]) == 32_767
    limits = SheetLimits(rows=3, file_bytes=100)
    assert len(read(b"a\nb\n\n\nc", limits)) == 3
    with pytest.raises(SheetError, match="more than 3 rows"):
        read(b"a\nb\nc\nd", limits)
    with pytest.raises(SheetError) as refused:
        read(b"a" * 101, limits)
    assert refused.value.problem is Problem.TOO_MANY_BYTES


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        rows = read(content)
    except SheetError:
        return
    assert all(row.cells and row.cells[-1] for row in rows)


@given(
    st.lists(st.lists(st.text("абвЯёa1;,\t\"'\n №", max_size=6), min_size=2, max_size=5), min_size=1, max_size=10),
    st.sampled_from(["utf-8-sig", "utf-16", "cp1251"]),
)
def test_what_a_csv_writer_wrote_is_read(table: list[list[str]], encoding: str) -> None:
    content = "sep=;\n" + "".join(
        ";".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n" for cells in table
    )
    expected = []
    for number, cells in enumerate(table, 1):
        tidy = [cell.strip() for cell in cells]
        tidy = [cell[1:] if cell[:2] == "'1" else cell for cell in tidy]
        while tidy and not tidy[-1]:
            tidy.pop()
        if tidy:
            expected.append((number, tidy))
    if expected:
        assert read(content.encode(encoding)) == expected
