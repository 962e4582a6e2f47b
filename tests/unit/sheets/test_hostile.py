"""Workbooks made to hurt: each ends soon, in little memory, with a reason that helps."""

import io
import zipfile

import pytest

from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import Problem, SheetError
from gateway.sheets.table import read_table
from tests.unit.sheets.workbook import MAIN, PARTS, archive, sheet, workbook


def refusal(content: bytes, limits: SheetLimits | None = None) -> SheetError:
    with pytest.raises(SheetError) as refused:
        list(read_table(io.BytesIO(content), limits or SheetLimits()))
    return refused.value


def test_a_cell_at_the_far_corner() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    error = refusal(workbook(rows))
    assert str(error) == "Row 1048576 has more than 256 columns. Delete what stands to the right of the table."


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048577"><c><v>1</v></c></row>',
        '<row r="0"><c><v>1</v></c></row>',
        '<row r="-5"><c><v>1</v></c></row>',
        '<row r="2"><c><v>1</v></c></row><row r="2"><c><v>1</v></c></row>',
        '<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>',
        f'<row r="{"9" * 5000}"><c><v>1</v></c></row>',
        '<row r="1"><c r="AAAA1"><v>1</v></c></row>',
        '<row r="1"><c r="1"><v>1</v></c></row>',
        '<row r="1"><c r="я1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>7</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>x</v></c></row>',
        '<row r="1"><c r="A1" s="x"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></row>',
        "<row",
        "\x00",
    ],
)
def test_rows_that_make_no_sense(rows: str) -> None:
    assert refusal(workbook(rows)).problem is Problem.DAMAGED


def test_a_million_columns() -> None:
    assert refusal(workbook(f'<row r="1">{"<c><v>1</v></c>" * 1_000_000}</row>')).problem is Problem.TOO_MANY_COLUMNS


@pytest.mark.parametrize("cell", ['<c r="A7" t="inlineStr"><is><t>{}</t></is></c>', '<c r="A7"><v>{}</v></c>'])
def test_a_giant_cell(cell: str) -> None:
    error = refusal(workbook(f'<row r="7">{cell.format("9" * 20_000_000)}</row>'))
    assert error.problem is Problem.LONG_CELL
    assert error.values["row"] == 7


def test_a_giant_shared_string_hurts_only_where_it_is_used() -> None:
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 20_000_000}</t></si><si><t>да</t></si></sst>'
    used = workbook('<row r="3"><c r="A3" t="s"><v>0</v></c></row>', sharedStrings=strings)
    unused = workbook('<row r="3"><c r="A3" t="s"><v>1</v></c></row>', sharedStrings=strings)
    assert refusal(used).values["row"] == 3
    assert [row.cells for row in read_table(io.BytesIO(unused), SheetLimits())] == [["да"]]


@pytest.mark.parametrize("part", ["worksheets/sheet1", "sharedStrings", "styles", "workbook"])
@pytest.mark.parametrize(
    "declaration",
    [
        "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12)) + '<!ENTITY e0 "ha">',
        '<!ENTITY e11 SYSTEM "file:///etc/passwd">',
        '<!ENTITY e11 SYSTEM "http://127.0.0.1:9/">',
        "",
    ],
)
def test_entities_and_document_types(part: str, declaration: str) -> None:
    evil = f'<?xml version="1.0"?><!DOCTYPE x [{declaration}]><x>&e11;</x>'
    assert refusal(workbook(**{part: evil})).problem is Problem.DAMAGED


def test_a_bomb_that_admits_its_size() -> None:
    limits = SheetLimits(unpacked_bytes=1_000_000)
    assert refusal(workbook(sheet("") + " " * 1_000_000), limits).problem is Problem.TOO_DEMANDING


def test_a_bomb_that_denies_its_size() -> None:
    content = bytearray(workbook('<row r="1"><c r="A1"><v>1</v></c></row>' + " " * 3_000_000))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        size = packed.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    assert content.count(size) == 2
    lying = bytes(content).replace(size, (500).to_bytes(4, "little"))
    assert refusal(lying, SheetLimits(unpacked_bytes=10_000)).problem is Problem.DAMAGED


def test_other_formats_in_a_zip() -> None:
    assert refusal(archive({"content.xml": "", "mimetype": ""})).values == {"format": "OpenDocument"}
    binary = archive({"_rels/.rels": PARTS["_rels/.rels"].replace("workbook.xml", "workbook.bin")})
    assert refusal(binary).values == {"format": "Excel XLSB"}
    assert refusal(archive({"word/document.xml": "", "_rels/.rels": "<Relationships/>"})).problem is Problem.NO_TABLE
    assert refusal(archive({"photo.jpg": "x"})).problem is Problem.DAMAGED
    assert refusal(archive({})).problem is Problem.DAMAGED


def test_no_zip_at_all() -> None:
    assert refusal(b"PK\x03\x04" + b"garbage" * 100).problem is Problem.DAMAGED
    assert refusal(workbook("")[:-30]).problem is Problem.DAMAGED


def test_a_password() -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    assert refusal(ole + "EncryptedPackage".encode("utf-16-le")).problem is Problem.PASSWORD
    assert refusal(ole + "Workbook".encode("utf-16-le")).values == {"format": "Excel 97–2003 (XLS)"}
    content = bytearray(workbook(""))
    # Bit 0 of the flags of the first entry in the archive's directory.
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(content)).problem is Problem.PASSWORD


def test_an_odd_compression() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as packed:
        for name, part in PARTS.items():
            packed.writestr(name, part)
    assert refusal(file.getvalue()).problem is Problem.DAMAGED


def test_nothing_visible_and_nothing_in_it() -> None:
    hidden = PARTS["xl/workbook.xml"].replace("<sheet ", '<sheet state="veryHidden" ')
    assert refusal(workbook('<row r="1"><c r="A1"><v>1</v></c></row>', workbook=hidden)).problem is Problem.EMPTY
    assert refusal(workbook('<row r="1"><c r="A1" s="0"/></row>')).problem is Problem.EMPTY
    assert refusal(workbook('<row r="1"><c r="A1" t="inlineStr"><is><t> </t></is></c></row>')).problem is Problem.EMPTY
