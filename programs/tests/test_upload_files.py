"""Files of points: what is read, what is refused row by row, and what is refused as a whole, before it can do harm."""

import resource
import subprocess
import sys
import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest

from programs import upload_files
from programs.errors import UnreadableUpload
from programs.tests.upload_files import SHEET, csv_file, day, xlsx_file
from programs.upload_files import (
    Layout,
    Line,
    WrittenDays,
    WrittenNumbers,
    WrittenPeople,
    csv_line,
    layouts,
    limits,
    template,
    xlsx_rows,
)

NOT_WHOLE = "Points must be a whole number from 1, in digits alone, such as 1500."
LINE_BREAK = "The reason holds a line break or a control character. Write it in one line."
UNSEEN = "The {} holds characters that cannot be seen ({}). Type it again."
MIXED = "The file mixes UTF-8 with another encoding, so its letters cannot be trusted. Save it as “CSV UTF-8”."
NO_UTF_16 = "The file is no valid UTF-16. Save it as “CSV UTF-8”."
NO_END = "What ends in line {} is too long to be a row. A quotation mark may lack its partner."
NUL = "The file is not text: line {} holds NUL. Save it as “CSV UTF-8”."
NOT_CSV = "The file is not CSV at line {}: {}. Mend it, save it as “CSV UTF-8”."
OLD = "The file is an old workbook (.xls). Save it as “Excel workbook (.xlsx)”."
PASSWORD = "The workbook has a password. Save it without one."
PARTS = "The workbook has more than 200 parts. Copy the rows into a new workbook."
INSIDE = "The workbook is too large inside. Copy the rows into a new workbook, or split it."
MACROS = "The workbook holds macros. Save it as .xlsx without them."
LINKS = "The workbook links to other files. Copy the rows, as values, into a new workbook."
SHEET1 = "xl/worksheets/sheet1.xml"
COLUMNS = "recipient, points, reason and, if wanted, external_id, credit_on"


def read(file: BytesIO) -> list[Line]:
    return list(upload_files.read(file))


def plain(lines: list[Line]) -> list[tuple[object, ...]]:
    return [(line.number, line.recipient, line.points, line.reason, line.external_id, line.credit_on) for line in lines]


def refusal(file: BytesIO) -> str:
    with pytest.raises(UnreadableUpload) as refused:
        read(file)
    return refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        'recipient,points,reason,external_id,credit_on\n00123,500,Q3,a,2027-06-30\n\nE2,20,"Well, done",,\n',
        "\ufeffrecipient;points;reason;external_id;credit_on\r\n00123;500;Q3;a;2027-06-30\r\n;;\r\n"
        "E2;20;Well, done;;\r\n",
        "Reason\tPoints\tRecipient\tCredit on\tExternal ID\t\nQ3\t500\t00123\t2027-06-30\ta\t\n\t\n"
        "Well, done\t20\tE2\n",
    ],
)
def test_csv_is_read_in_any_order_and_dialect(text: str) -> None:
    assert plain(read(BytesIO(text.encode()))) == [
        (2, "00123", 500, "Q3", "a", date(2027, 6, 30)),
        (4, "E2", 20, "Well, done", "", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_in_the_common_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    rows = [["recipient", "points", "reason"], ["E1", "5", "Für Zoë"]]
    table = upload_files.opened(BytesIO("\r\n".join(delimiter.join(row) for row in rows).encode(encoding)))

    shown = {"utf-16": "UTF-16", "latin-1": "Windows-1252", "cp1252": "Windows-1252"}.get(encoding, "UTF-8")
    layout = layouts.own(table.headings)
    assert layout is not None
    assert ([line.reason for line in table.lines(layout)], table.encoding) == (["Für Zoë"], shown)


LIKE_A_TITLE = "Row 1 holds “Q3 bonuses” alone, like a title. Delete what stands above the row of headings."


@pytest.mark.parametrize("file", [csv_file, xlsx_file])
def test_title_above_the_headings(file: Any) -> None:
    made = {
        csv_file: lambda: csv_file("recipient,points,reason", "E1,5,Q3", header="Q3 bonuses,,"),
        xlsx_file: lambda: xlsx_file(["recipient", "points", "reason"], ["E1", 5, "Q3"], header=["Q3 bonuses"]),
    }
    assert refusal(made[file]()) == LIKE_A_TITLE


@pytest.mark.parametrize("second", ["recipient,points,reason", "Employee ID,Award,Why", "employee number,amount,"])
def test_second_row_of_headings(second: str) -> None:
    detail = "Row 2 names columns again. Keep one row of headings, row 1."
    assert refusal(csv_file(second, "E1,5,Q3")) == detail
    assert refusal(xlsx_file(second.split(","), ["E1", 5, "Q3"])) == detail


def test_merged_cells_are_named() -> None:
    merged = SHEET.format("<row/>").replace(
        "</worksheet>", '<mergeCells><mergeCell ref="{}"/></mergeCells></worksheet>'
    )
    for ref in ("A2:A5", "AB3:AC3"):
        assert refusal(xlsx_file(parts={SHEET1: merged.format(ref)})) == xlsx_rows.MERGED_CELLS.format(ref)


AWARDS = "Employee ID;Award;Why;Ref;On"


def mapped(**options: Any) -> Layout:
    headings = dict(zip(layouts.OURS, AWARDS.split(";"), strict=True))
    return Layout(columns=headings, **options)


def test_file_with_other_headings_is_read_as_somebody_says() -> None:
    file = csv_file("E1;1.500,00;Q3;r-1;30.06.2027;1200", header=AWARDS + ";Cost centre")
    layout = mapped(numbers=WrittenNumbers.POINT, days=WrittenDays.DAY_FIRST)

    assert plain(list(upload_files.read(file, layout))) == [(2, "E1", 1500, "Q3", "r-1", date(2027, 6, 30))]
    assert Layout.of_json(layout.as_json()) == layout


@pytest.mark.parametrize(
    ("written", "cell", "points"),
    [
        (WrittenNumbers.COMMA, "1,500", 1500),
        (WrittenNumbers.COMMA, "1,500.00", 1500),
        (WrittenNumbers.COMMA, "1500", 1500),
        (WrittenNumbers.COMMA, "1.500", None),
        (WrittenNumbers.COMMA, "15,00", None),
        (WrittenNumbers.POINT, "1.500", 1500),
        (WrittenNumbers.POINT, "1.500,0", 1500),
        (WrittenNumbers.POINT, "1,5", None),
        (WrittenNumbers.SPACE, "1 500", 1500),
        (WrittenNumbers.SPACE, "1\u202f500,00", 1500),
        (WrittenNumbers.SPACE, "1'500", 1500),
        (WrittenNumbers.SPACE, "1.500", None),
        (WrittenNumbers.POINT, "-1.500", None),
        (WrittenNumbers.POINT, "0.500", None),
        (WrittenNumbers.COMMA, "99,999,999", None),
    ],
)
def test_numbers_are_read_as_somebody_said(written: WrittenNumbers, cell: str, points: int | None) -> None:
    [line] = upload_files.read(csv_file(f"E1;{cell};Q3;;", header=AWARDS), mapped(numbers=written))

    assert (line.points, bool(line.problem)) == (points, points is None)


@pytest.mark.parametrize("number", [1.125, 1.5])
def test_number_that_a_workbook_keeps_is_never_read_as_text(number: float) -> None:
    """1.125 shown with a point would be 1125 to whoever writes thousands with points."""
    layout = Layout(columns={name: name for name in layouts.REQUIRED}, numbers=WrittenNumbers.POINT)
    file = xlsx_file(["E1", number, "Q3"], ["E1", 1500, "Q4"], ["E1", "1.500", "Q5"])

    assert [line.points for line in upload_files.read(file, layout)] == [None, 1500, 1500]


@pytest.mark.parametrize(
    ("written", "cell", "day"),
    [
        (WrittenDays.DAY_FIRST, "1/2/2027", date(2027, 2, 1)),
        (WrittenDays.MONTH_FIRST, "1/2/2027", date(2027, 1, 2)),
        (WrittenDays.MONTH_FIRST, "30/06/2027", None),
        (WrittenDays.DAY_FIRST, "2027-06-30", None),
        (WrittenDays.DAY_FIRST, "1/2/27", None),
    ],
)
def test_days_are_read_as_somebody_said(written: WrittenDays, cell: str, day: date | None) -> None:
    [line] = upload_files.read(csv_file(f"E1;5;Q3;;{cell}", header=AWARDS), mapped(days=written))

    assert (line.credit_on, bool(line.problem)) == (day, day is None)


def test_column_of_addresses_names_people_by_them() -> None:
    file = csv_file("ana@acme.example;5;Q3;;", "email:ben@acme.example;5;Q3;;", "E1;5;Q3;;", header=AWARDS)
    lines = list(upload_files.read(file, mapped(people=WrittenPeople.EMAIL)))

    assert [line.recipient for line in lines] == ["email:ana@acme.example", "email:ben@acme.example", "E1"]


@pytest.mark.parametrize(
    ("columns", "detail"),
    [
        ({"reason": None}, f"No column is named for reason. Name {COLUMNS}."),
        ({"points": "Wage"}, "Row 1 has no column “Wage”. It names Employee ID, Award, Why, Ref, On, Ref."),
        ({"points": "Why"}, "“Why” is named for points and another. Name one for each."),
        ({"external_id": "Ref"}, "Row 1 names “Ref” twice. Give the two columns names of their own."),
        ({"colour": "On"}, f"There is no column colour here. Name {COLUMNS}."),
    ],
)
def test_layout_that_does_not_fit(columns: dict[str, str | None], detail: str) -> None:
    named = {"recipient": "Employee ID", "points": "Award", "reason": "Why"} | columns
    layout = Layout(columns={name: heading for name, heading in named.items() if heading})
    with pytest.raises(UnreadableUpload) as refused:
        list(upload_files.read(csv_file("E1;5;Q3;;;", header=f"{AWARDS};Ref"), layout))

    assert refused.value.detail == detail


def test_columns_are_guessed_by_what_others_call_them() -> None:
    guessed = layouts.guess(["Work e-mail", "E-Mail", "Reward points", "Comment", "ID", "Date", "Cost centre"])

    assert dict(guessed.columns) == {
        "recipient": "E-Mail",
        "points": "Reward points",
        "reason": "Comment",
        "external_id": "ID",
        "credit_on": "Date",
    }
    assert guessed.people == WrittenPeople.EMAIL
    assert layouts.guess(["Employee ID", "Award", "Why"]).people == WrittenPeople.NUMBER


@pytest.mark.parametrize("file", [template.as_csv(), template.as_xlsx()])
def test_template_can_be_read_and_its_example_is_refused(file: bytes) -> None:
    [line] = read(BytesIO(file))

    assert (line.points, line.external_id, line.problem) == (
        None,
        "q3-2026-0001",
        "This is the example of the template. Delete the row.",
    )


def test_workbook_is_read_with_its_days_and_texts() -> None:
    file = xlsx_file(
        ["00123", 500, "Q3", "a", day(46568)],
        [],
        ["E2", "20", "=1+1"],
        header=["Recipient", "points", "reason", "external_id", "credit_on"],
    )

    assert plain(read(file)) == [(2, "00123", 500, "Q3", "a", date(2027, 6, 30)), (4, "E2", 20, "=1+1", "", None)]


def test_number_of_a_workbook_says_that_it_was_one() -> None:
    file = xlsx_file([10482, 500, "Q3"], ["10482", 500, "Q3"])

    assert [(line.recipient, line.is_number) for line in read(file)] == [("10482", True), ("10482", False)]


def test_formula_of_a_workbook_counts_as_the_value_it_showed() -> None:
    file = xlsx_file(["E1", "<c><f>250*2</f><v>500</v></c>", "Q3"], ["E2", "<c><f>250*2</f></c>", "Q3"])

    assert [(line.points, line.problem) for line in read(file)] == [(500, ""), (None, "Points are missing.")]


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ("1.500", "Points must be a whole number in digits alone, such as 1500."),
        ('"1,500"', "Points must be a whole number in digits alone, such as 1500."),
        ("1 500", "Points must be a whole number in digits alone, such as 1500."),
        *[(points, NOT_WHOLE) for points in ("1.5", "5e2", "-5", "+5", "0", "007", "0x10", "٥", "five", "1500.0")],
        ("", "Points are missing."),
        ("10000001", "Points must be at most 10,000,000."),
        ("9" * 30, NOT_WHOLE),
    ],
)
def test_points_that_are_no_whole_number(points: str, problem: str) -> None:
    assert [line.problem for line in read(csv_file(f"E1,{points},Q3"))] == [problem]


@pytest.mark.parametrize("points", [1.5, -5, 0, 1e300])
def test_points_of_a_workbook_that_are_no_whole_number(points: float) -> None:
    assert [line.points for line in read(xlsx_file(["E1", points, "Q3"]))] == [None]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",5,Q3", "A recipient is needed: an employee number, or email: and the address."),
        ("E1,5,", "A reason is needed: the person reads it."),
        ("E1,5,Well, done", "The row has more cells than row 1 has columns. Put text with a comma in quotes."),
        (
            "email:an\u202ea@acme.example,5,Q3",
            UNSEEN.format("recipient", "U+202E"),
        ),
        ("E1\u200d0,5,Q3", UNSEEN.format("recipient", "U+200D")),
        ("E1,5,Q\u20663", UNSEEN.format("reason", "U+2066")),
        ("E1,5,Q\u200b3", UNSEEN.format("reason", "U+200B")),
        ('E1,5,"Q3\nrating"', LINE_BREAK),
        (f"E1,5,{'x' * 501}", "The reason is longer than 500 characters. Shorten it."),
        (f"{'E' * 301},5,Q3", "The recipient is longer than 300 characters. Shorten it."),
    ],
)
def test_row_that_cannot_be_taken_says_what_to_do(row: str, problem: str) -> None:
    lines = read(csv_file(row, "E2,5,Q3"))

    assert [line.problem for line in lines] == [problem, ""]
    assert "\u202e" not in lines[0].recipient


@pytest.mark.parametrize("text", ["30.06.2027", "06/30/2027", "2027-02-30", "2027-6-3", "tomorrow"])
def test_day_is_written_one_way_only(text: str) -> None:
    [line] = read(csv_file(f"E1,5,Q3,{text}", header="recipient,points,reason,credit_on"))

    assert line.problem == f"“{text}” is not a day. Write it as 2027-06-30."


def test_reason_in_hindi_keeps_its_joiners() -> None:
    assert [line.problem for line in read(csv_file("E1,5,क्\u200dष धन्यवाद"))] == [""]


def test_rows_to_mend_come_back_with_their_last_column() -> None:
    [line] = read(csv_file("E1,5,Q3,Points are missing.", header="recipient,points,reason,what_to_do"))

    assert (line.points, line.problem) == (5, "")


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("", f"Row 1 is empty. It must name {COLUMNS}."),
        ("recipient,points", f"Row 1 lacks reason. It must name {COLUMNS}."),
        ("recipient,points,reason,colour", f"“colour” is no column here. Row 1 must name {COLUMNS}."),
        ("recipient,points,reason,Points", "Row 1 names points twice. Keep one of the two columns."),
        ("recipient,,points,reason", f"Row 1 has a column without a name. Row 1 must name {COLUMNS}."),
        ("recipient,points,reason" + "," * 1000, f"Row 1 has more than 60 columns. Keep {COLUMNS}."),
        ("=cmd|' /C calc'!A0,points,reason", f"Row 1 lacks recipient. It must name {COLUMNS}."),
    ],
)
def test_header_that_is_not_ours(header: str, detail: str) -> None:
    assert refusal(csv_file("E1,5,Q3", header=header)) == detail


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", f"Row 1 is empty. It must name {COLUMNS}."),
        (b"recipient,points,reason\nE1,5,caf\xc3\xa9\nE2,5,caf\xe9\n", MIXED),
        (b"recipient,points,reason\nE1,5,\x81\n", MIXED),
        ("recipient,points,reason\n".encode("utf-16-le"), NUL.format(1)),
        (b"\xff\xfer\x00e", NO_UTF_16),
        (b"recipient,points,reason\nE1,5,Q\x003\n", NUL.format(2)),
        (b'recipient,points,reason\nE1,5,"Q3"x\n', NOT_CSV.format(2, "',' expected after '\"'")),
        (b'recipient,points,reason\nE1,5,"Q3\nE2,5,Q3\n', NOT_CSV.format(4, "unexpected end of data")),
        (b"," * 1_000_000, NO_END.format(1)),
        (b'recipient,points,reason\nE1,5,"' + b"x\n" * 60_000, NO_END.format("32,767")),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, OLD),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), PASSWORD),
        (b"PK\x03\x04 and no more", xlsx_rows.DAMAGED),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_as_a_whole(raw: bytes, detail: str) -> None:
    assert refusal(BytesIO(raw)) == detail


def test_file_over_the_limits() -> None:
    rows = BytesIO(b"recipient,points,reason\n" + b"E1,5,Q3\n" * (limits.ROWS_MAX + 1))
    assert refusal(rows) == "The file has more than 200,000 rows. Split it."
    assert refusal(BytesIO(bytes(limits.FILE_BYTES_MAX + 1))) == "The file is larger than 25 MiB. Split it."


def cells(*places: str) -> str:
    """Return a sheet with something in these cells alone."""
    return SHEET.format("".join(f'<row><c r="{place}"><v>1</v></c></row>' for place in places))


def zeros(megabytes: int) -> bytes:
    return b"\0" * (megabytes * 1024 * 1024)


@pytest.mark.parametrize(
    ("parts", "detail"),
    [
        ({f"xl/media/{number}": b"" for number in range(200)}, PARTS),
        ({"xl/media/zeros": zeros(101)}, INSIDE),
        ({"xl/vbaProject.bin": b""}, MACROS),
        ({"xl/macrosheets/sheet1.xml": b""}, MACROS),
        ({"xl/externalLinks/externalLink1.xml": b""}, LINKS),
        ({"XL/WORKBOOK.XML": b""}, xlsx_rows.DAMAGED),
        ({SHEET1: b"<worksheet"}, xlsx_rows.DAMAGED),
        ({SHEET1: cells("A1", "XFD1048576")}, xlsx_rows.DAMAGED),
        ({SHEET1: cells("A1", "XFD1")}, xlsx_rows.TOO_LARGE),
        ({SHEET1: cells("A1", "A200002")}, xlsx_rows.TOO_LARGE),
    ],
)  # fmt: skip
def test_workbook_made_to_do_harm(parts: dict[str, str | bytes], detail: str) -> None:
    assert refusal(xlsx_file(["E1", 5, "Q3"], parts=parts)) == detail


def test_workbook_with_a_password_inside() -> None:
    file = xlsx_file(["E1", 5, "Q3"])
    raw = bytearray(file.getvalue())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1  # the flag in the last entry of the directory

    assert refusal(BytesIO(bytes(raw))) == "The workbook is encrypted. Save it without a password."


def test_zip_that_is_no_workbook() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("points.csv", "recipient,points,reason")

    assert refusal(file) == "The file is no XLSX workbook. Save it as “Excel workbook (.xlsx)” or “CSV UTF-8”."


def test_entities_of_a_workbook_read_nothing() -> None:
    """XXE and the entity bomb: whatever the parser makes of them, no file and no expansion comes through."""
    doctype = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY b "bbbbbbbbbb">]>'
    row = '<row><c t="inlineStr"><is><t>{}</t></is></c><c><v>5</v></c><c t="inlineStr"><is><t>Q3</t></is></c></row>'
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("recipient", "points", "reason"))
    sheet = doctype + SHEET.format(f"<row>{head}</row>" + row.format("&f;&b;"))
    try:
        text = "".join(line.recipient for line in read(xlsx_file(parts={SHEET1: sheet})))
    except UnreadableUpload:
        text = ""

    assert "root" not in text
    assert "bb" not in text


def test_sheet_process_dies_at_its_memory_alone() -> None:
    """A directory that lies about its sizes: what it unpacks to stays within the process that unpacks it."""
    file = xlsx_file(parts={SHEET1: SHEET.format(" " * 150_000_000)})
    command = [sys.executable, "-I", str(xlsx_rows.PROGRAM), str(90_000_000), "20", "1000", "100", "50"]
    done = subprocess.run(command, input=file.getvalue(), capture_output=True, env={}, check=False)

    assert done.returncode not in {0, 3}
    assert done.stdout == b""
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("Well, done", '"Well, done"'),
        (500, "500"),
        (None, ""),
    ],
)
def test_what_is_written_is_never_a_formula(cell: object, written: str) -> None:
    assert csv_line([cell, "x"]) == f"{written},x\r\n"
