"""XLSX: numbers, dates, texts, and the ways of writing them that are not Excel's own."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sheets.limits import SheetLimits
from gateway.sheets.problems import SheetError
from gateway.sheets.styles import show_number
from gateway.sheets.table import Row, read_table
from tests.unit.sheets.workbook import MAIN, OFFICE, PARTS, RELATIONSHIP, RELATIONSHIPS, archive, sheet, workbook

SAMPLES = Path(__file__).parents[2] / "samples"


def read(content: bytes) -> list[Row]:
    return list(read_table(io.BytesIO(content), SheetLimits()))


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("79261234567", "79261234567"),
        ("7.9261234567E10", "79261234567"),
        ("7.9261234567E+10", "79261234567"),
        ("79261234567.0", "79261234567"),
        ("89701012345678901234", "89701012345678901234"),
        ("8.9701012345678901E+19", "8.9701012345678901E+19"),
        ("1E15", "1E15"),
        ("-5", "-5"),
        ("0.10000000000000001", "0.1"),
        ("1234.5", "1234.5"),
        ("0.30000000000000004", "0.3"),
        ("1E999", "1E999"),
        ("nan", "nan"),
        ("x", "x"),
    ],
)
def test_numbers(stored: str, shown: str) -> None:
    assert show_number(stored) == shown
    assert read(workbook(f'<row r="1"><c r="A1"><v>{stored}</v></c></row>')) == [(1, [shown])]


FORMATS = f"""<styleSheet xmlns="{MAIN}">
  <numFmts>
    <numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy;@"/><numFmt numFmtId="165" formatCode="000000"/>
    <numFmt numFmtId="166" formatCode='#,##0.00" дней"'/><numFmt numFmtId="167" formatCode="+0 (000) 000-00-00"/>
    <numFmt numFmtId="168" formatCode="[$-419]D MMMM YYYY"/><numFmt numFmtId="169" formatCode="[Red]0.0\\d"/>
  </numFmts>
  <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
  <cellXfs>
    <xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/>
    <xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="169"/><xf numFmtId="22"/><xf/>
  </cellXfs>
</styleSheet>"""


@pytest.mark.parametrize(
    ("style", "stored", "shown"),
    [
        (0, "45291", "45291"),
        (1, "45291", "2023-12-31"),
        (2, "45291.5", "2023-12-31 12:00:00"),
        (6, "45291", "2023-12-31"),
        (8, "45291.999999999", "2024-01-01"),
        (1, "0.75", "18:00:00"),
        (1, "1", "1900-01-01"),
        (1, "59", "1900-02-28"),
        (1, "61", "1900-03-01"),
        (1, "2958465", "9999-12-31"),
        (1, "79261234567", "79261234567"),
        (1, "-1", "-1"),
        (1, "soon", "soon"),
        (3, "107", "000107"),
        (3, "1234567", "1234567"),
        (4, "5", "5"),
        (5, "79261234567", "79261234567"),
        (7, "5.5", "5.5"),
        (9, "5", "5"),
        (99, "5", "5"),
    ],
)
def test_formats(style: int, stored: str, shown: str) -> None:
    row = f'<row r="1"><c r="A1" s="{style}"><v>{stored}</v></c></row>'
    assert read(workbook(row, styles=FORMATS)) == [(1, [shown])]


def test_the_calendar_of_1904() -> None:
    content = workbook(
        '<row r="1"><c r="A1" s="1"><v>43829</v></c></row>',
        styles=FORMATS,
        workbook=PARTS["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>'),
    )
    assert read(content) == [(1, ["2023-12-31"])]


def test_types_of_cells() -> None:
    row = """<row r="2">
      <c r="A2" t="s"><v>1</v></c>
      <c r="B2" t="inlineStr"><is><t>Анна</t></is></c>
      <c r="C2" t="inlineStr"><is><r><t>кра</t></r><r><rPr><b/></rPr><t>сный</t></r><rPh><t>нет</t></rPh></is></c>
      <c r="D2" t="str"><f>A1&amp;B1</f><v>8 926</v></c>
      <c r="E2" t="b"><v>1</v></c>
      <c r="F2" t="e"><v>#N/A</v></c>
      <c r="G2" t="d"><v>2024-05-17</v></c>
      <c r="H2"><f>SUM(A1:A2)</f><v>42</v></c>
      <c r="I2" s="0"/>
      <c r="J2" t="inlineStr"><is><t>a_x000D_b_x005F_c</t></is></c>
    </row>"""
    strings = f"""<sst xmlns="{MAIN}"><si><t>ноль</t></si>
      <si><r><t>Склад </t></r><r><t xml:space="preserve">№1</t></r><rPh sb="0" eb="1"><t>нет</t></rPh></si></sst>"""
    assert read(workbook(row, sharedStrings=strings)) == [
        (2, ["Склад №1", "Анна", "красный", "8 926", "TRUE", "#N/A", "2024-05-17", "42", "", "a\rb_c"])
    ]


def test_missing_references_gaps_and_empty_ends() -> None:
    rows = """<row><c><v>1</v></c><c><v>2</v></c></row><row r="5" hidden="1"><c r="C5"><v>3</v></c><c><v>4</v></c></row>
      <row r="6"><c r="A6"/><c r="XFD6" s="0"/></row><row r="1048576"><c r="B1048576"><v>5</v></c></row>"""
    assert read(workbook(rows)) == [(1, ["1", "2"]), (5, ["", "", "3", "4"]), (1048576, ["", "5"])]


def test_names_with_prefix() -> None:
    def prefixed(xml: str) -> str:
        return xml.replace("xmlns=", "xmlns:x=").replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")

    content = workbook(
        worksheets="",
        workbook=prefixed(PARTS["xl/workbook.xml"]),
        styles=prefixed(PARTS["xl/styles.xml"]),
        sharedStrings=prefixed(f'<sst xmlns="{MAIN}"><si><t>да</t></si></sst>'),
        **{"worksheets/sheet1": prefixed(sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'))},
    )
    assert read(content) == [(1, ["да"])]


def test_parts_whose_names_differ_in_case_or_slashes() -> None:
    parts: dict[str, str | bytes] = {**PARTS}
    parts["xl/SharedStrings.xml"] = f'<sst xmlns="{MAIN}"><si><t>1С</t></si></sst>'
    del parts["xl/sharedStrings.xml"]
    parts["xl\\Worksheets\\sheet1.xml"] = sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
    assert read(archive(parts)) == [(1, ["1С"])]


def test_no_styles_and_no_strings() -> None:
    parts: dict[str, str | bytes] = {
        "_rels/.rels": RELATIONSHIPS.format(RELATIONSHIP.format("a", "officeDocument", "/book.xml")),
        "_rels/book.xml.rels": RELATIONSHIPS.format(RELATIONSHIP.format("b", "worksheet", "/data/1.xml")),
        "book.xml": PARTS["xl/workbook.xml"].replace("rId1", "b"),
        "data/1.xml": sheet('<row r="1"><c r="A1" s="3"><v>5</v></c></row>'),
    }
    assert read(archive(parts)) == [(1, ["5"])]


def test_the_first_visible_worksheet_is_read() -> None:
    sheets = """<sheet name="a" sheetId="1" r:id="rId9" state="hidden"/><sheet name="b" sheetId="2" r:id="rId8"/>
      <sheet name="c" sheetId="3" r:id="rId1"/><sheet name="d" sheetId="4" r:id="rId7"/>"""
    related = PARTS["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        RELATIONSHIP.format("rId9", "worksheet", "worksheets/hidden.xml")
        + RELATIONSHIP.format("rId8", "chartsheet", "chartsheets/sheet1.xml")
        + RELATIONSHIP.format("rId7", "worksheet", "worksheets/other.xml")
        + "</Relationships>",
    )
    parts = PARTS | {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": related,
        "xl/worksheets/sheet1.xml": sheet('<row r="1"><c r="A1"><v>1</v></c></row>'),
    }
    assert read(archive(parts)) == [(1, ["1"])]


def test_a_merged_title_above_the_header() -> None:
    rows = read((SAMPLES / "register-titled.xlsx").read_bytes())
    assert rows[:3] == [
        (1, ["Реестр номеров ООО «Ромашка» на 01.06.2024"]),
        (3, ["№", "Номер телефона", "ФИО", "Лимит, руб."]),
        (4, ["1", "79261000001", "Иванов Пётр Сергеевич", "1500.5"]),
    ]
    assert rows[-1] == (7, ["", "Итого", "", "3500.5"])


@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray((SAMPLES / "register.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(100, len(content))) :]
    try:
        rows = read(bytes(content))
    except SheetError:
        return
    assert all(row.cells and row.cells[-1] for row in rows)


FRAGMENTS = [
    "<row>",
    "</row>",
    "<c>",
    "</c>",
    "<v>",
    "</v>",
    "<c/>",
    '<c r="B1">',
    '<c t="s">',
    '<row r="3">',
    "1",
    "é",
    "&",
]


@given(
    st.lists(st.sampled_from([*FRAGMENTS, '<c t="b">', "<is>", "</is>", "<t>", "</t>", '<c s="1">', "<rPh>", "</rPh>"]))
)
def test_any_elements_are_read_or_refused(elements: list[str]) -> None:
    try:
        rows = read(workbook("".join(elements)))
    except SheetError:
        return
    assert all(row.cells and row.cells[-1] for row in rows)
