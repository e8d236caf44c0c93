"""The template to fill in: our columns, a row that shows what they hold, and in a workbook a sheet of explanations."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from programs.upload_files.layouts import OURS
from programs.upload_files.limits import FILE_BYTES_MAX, ROWS_MAX
from programs.upload_files.rows import EXAMPLE
from programs.upload_files.writing import csv_line

EXAMPLE_ROW = (EXAMPLE, "500", "Q3 rating 5: the person reads this", "q3-2026-0001", "2027-06-30")
EXPLANATIONS = (
    ("Column", "Needed", "What it holds"),
    ("recipient", "yes", "An employee number, with its leading zeros, or email: and the address."),
    ("points", "yes", "A whole number in digits alone: 1500."),
    ("reason", "yes", "Why, as the person reads it; at most 500 characters."),
    ("external_id", "no", "Your own name for the row. A row with the same name is never credited twice."),
    ("credit_on", "no", "The day (UTC) from which it is credited, as 2027-06-30. Empty: at once."),
    ("", "", ""),
    ("Rows", "", f"At most {ROWS_MAX:,} in a file of at most {FILE_BYTES_MAX // 1024**2} MiB; one sheet, the first."),
    ("Example", "", f"Delete the row that begins with {EXAMPLE}: it is never credited."),
    ("Twice", "", "Without external_id, the same recipient, reason and day is the same row, in any file."),
)
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{SHEET_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Target="xl/workbook.xml" Type="{OFFICE}/officeDocument"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Points" sheetId="1" r:id="rId1"/><sheet name="How to fill it in" sheetId="2" r:id="rId2"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Target="worksheets/sheet1.xml" Type="{OFFICE}/worksheet"/>'
    f'<Relationship Id="rId2" Target="worksheets/sheet2.xml" Type="{OFFICE}/worksheet"/>'
    f'<Relationship Id="rId3" Target="styles.xml" Type="{OFFICE}/styles"/></Relationships>',
    # style 1 is text (49), so that Excel keeps leading zeros; style 2 is bold
    "xl/styles.xml": f'<styleSheet xmlns="{SPREADSHEET}"><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf xfId="0"/><xf xfId="0" numFmtId="49" applyNumberFormat="1"/>'
    '<xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>',
}


def as_csv() -> bytes:
    """Return the template as CSV, with a byte order mark so that Excel reads it as UTF-8."""
    return ("\ufeff" + csv_line(OURS) + csv_line(EXAMPLE_ROW)).encode()


def as_xlsx() -> bytes:
    """Return the template as a workbook whose columns are text, so that it keeps leading zeros and dates as typed."""
    written = BytesIO()
    points = _sheet([OURS, EXAMPLE_ROW], widths=(22, 12, 44, 20, 14), is_text=True)
    explained = _sheet(EXPLANATIONS, widths=(16, 10, 90), is_text=False)
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = PARTS | {"xl/worksheets/sheet1.xml": points, "xl/worksheets/sheet2.xml": explained}
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return written.getvalue()


def _sheet(rows: Sequence[Sequence[str]], *, widths: Sequence[int], is_text: bool) -> str:
    style = ' style="1"' if is_text else ""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"{style}/>'
        for number, width in enumerate(widths, start=1)
    )
    written = "".join(_row(row, 2 if number == 0 else int(is_text)) for number, row in enumerate(rows))
    return f'<worksheet xmlns="{SPREADSHEET}"><cols>{columns}</cols><sheetData>{written}</sheetData></worksheet>'


def _row(cells: Sequence[str], style: int) -> str:
    written = "".join(f'<c s="{style}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in cells)
    return f"<row>{written}</row>"
