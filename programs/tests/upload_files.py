"""Makes files for the tests of uploads: CSV, and workbooks as small as they can be."""

import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

WORKBOOK = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Points" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    '<Relationship Id="rId2" Target="styles.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
HEADER = ["recipient", "points", "reason"]


def csv_file(*rows: str, header: str = "recipient,points,reason", encoding: str = "utf-8") -> BytesIO:
    """Return a CSV file of these lines."""
    return BytesIO("\n".join([header, *rows, ""]).encode(encoding))


def cell(value: object) -> str:
    """Return a cell: text inline, a number as a number, `D<serial>` as a day, raw XML as it is."""
    if isinstance(value, str) and value.startswith("<c"):
        return value
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def day(serial: int) -> str:
    """Return a cell that Excel shows as a day: so many days after 30 December 1899."""
    return f'<c s="1"><v>{serial}</v></c>'


def sheet(rows: Sequence[Sequence[object]]) -> str:
    """Return a sheet's XML."""
    return SHEET.format("".join(f"<row>{''.join(cell(value) for value in row)}</row>" for row in rows))


def xlsx_file(
    *rows: Sequence[object], header: Sequence[object] = HEADER, parts: Mapping[str, str | bytes] | None = None
) -> BytesIO:
    """Return a workbook of these rows; `parts` are added or replace its own."""
    written = BytesIO()
    content: dict[str, str | bytes] = {**WORKBOOK, "xl/worksheets/sheet1.xml": sheet([header, *rows]), **(parts or {})}
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    written.seek(0)
    return written
