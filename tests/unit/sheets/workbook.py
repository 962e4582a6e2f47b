"""Workbooks made by hand, part by part, for what no library would write."""

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

RELATIONSHIPS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
RELATIONSHIP = f'<Relationship Id="{{}}" Type="{OFFICE}/{{}}" Target="{{}}"/>'

PARTS = {
    "_rels/.rels": RELATIONSHIPS.format(RELATIONSHIP.format("rId1", "officeDocument", "xl/workbook.xml")),
    "xl/_rels/workbook.xml.rels": RELATIONSHIPS.format(
        RELATIONSHIP.format("rId1", "worksheet", "worksheets/sheet1.xml")
        + RELATIONSHIP.format("rId2", "styles", "styles.xml")
        + RELATIONSHIP.format("rId3", "sharedStrings", "sharedStrings.xml")
    ),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>',
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"></sst>',
}


def sheet(rows: str) -> str:
    """A worksheet of these `<row>` elements."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def workbook(rows: str = "", **parts: str | bytes) -> bytes:
    """A workbook of one worksheet; `parts` replace others: `styles="…"` is xl/styles.xml."""
    contents: dict[str, str | bytes] = {**PARTS, "xl/worksheets/sheet1.xml": sheet(rows)}
    contents |= {f"xl/{name}.xml": content for name, content in parts.items()}
    return archive(contents)


def archive(contents: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    return file.getvalue()
