"""Codes out of files: what is read, what is refused, and what is never printed."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from redemptions import code_files
from redemptions.code_files import UnreadableCodes
from redemptions.models import Product, VoucherCode
from redemptions.operations.codes import NewCode
from redemptions.tests.factories import make_product

pytestmark = pytest.mark.django_db


def read(text: str | bytes, product: Product | None = None, **options: object) -> code_files.Codes:
    raw = text if isinstance(text, bytes) else text.encode()
    return code_files.read(raw, product=product or make_product(), **{"face_value": 1000, **options})


def plain(rows: list[NewCode]) -> list[tuple[object, ...]]:
    return [(row.row, row.code, row.pin, row.face_value, str(row.expires_on)) for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        "code,pin,expires_on,face_value\nAB-1,12,2027-06-30,25.00\n\nAB-2,,,\n",
        "\ufeffcode;pin;expires_on;face_value\r\nAB-1;12;2027-06-30;25.00\r\n\r\nAB-2;;;\r\n",
        "Code\tPIN\tExpires on\tFace value\t\nAB-1\t12\t2027-06-30\t25.00\t\n\nAB-2\t\t\t\t",
        '"face_value","expires_on","pin","code"\n"25.00","2027-06-30","12","AB-1"\n\n,,," AB-2 "\n',
    ],
)
def test_columns_are_read_in_any_order_and_dialect(text: str) -> None:
    found = read(text)

    assert plain(list(found.rows)) == [(2, "AB-1", "12", 2500, "2027-06-30"), (4, "AB-2", None, 1000, "None")]
    assert found.refused == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("AB-1,30.06.2027,", "“30.06.2027” is not a date. Write it as 2027-06-30."),
        ("AB-1,2027-02-30,", "“2027-02-30” is not a date. Write it as 2027-06-30."),
        ('AB-1,,"10,00"', '"10,00" is not an amount. Write digits with a point, as 25.00.'),
        ("AB-1,,10.001", "EUR has 2 decimal places; 10.001 has more."),
        ("AB-1,,10.00,extra", "The row has more cells than row 1 has columns."),
        ("1.23457E+15,,", "A spreadsheet shortened this code. Format the column as text and export it again."),
    ],
)
def test_row_that_cannot_be_read_is_named(row: str, reason: str) -> None:
    found = read(f"code,expires_on,face_value\n{row}\nAB-2,,\n")

    assert (found.refused, len(found.rows)) == ([(2, reason)], 1)


def test_face_value_that_nobody_gave_is_the_only_denomination_or_missing() -> None:
    one, two = make_product(denominations=[500]), make_product()

    assert [row.face_value for row in read("code\nAB-1\n", one, face_value=None).rows] == [500]
    assert read("code\nAB-1\n", two, face_value=None).refused == [
        (2, "The face value is missing. Add a column face_value, or choose one value for all.")
    ]


def test_pasted_codes_need_no_header() -> None:
    assert [row.code for row in read("AB-1\nAB-2\n", has_header=False).rows] == ["AB-1", "AB-2"]
    assert [row.pin for row in read("pin,code\n12,AB-1\n", has_header=False).rows] == ["12"]


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"code\n" + b"A" * code_files.FILE_BYTES_MAX, "The file is larger than 2 MiB. Split it."),
        (b"code\n\xff\xfe\n", "The file is not UTF-8 text. Save it as “CSV UTF-8”."),
        (b"", "Row 1 must name the columns: code, and if wanted pin, expires_on, face_value."),
        (b"AB-1\nAB-2\n", "Row 1 must name the columns: code, and if wanted pin, expires_on, face_value."),
        (b"code,colour\n", "“colour” is no column here. Columns are code, pin, expires_on, face_value."),
        (b"code,Code\n", "Row 1 names code twice."),
        (b"code\n" + b"A\n" * (code_files.ROWS_MAX + 1), "The file has more than 50,000 rows. Split it."),
        (b'code\n"' + b"A" * 140_000 + b'"\n', "The file is not CSV: field larger than field limit (131072)."),
    ],
)
def test_file_that_cannot_be_read_as_a_whole(raw: bytes, detail: str) -> None:
    with pytest.raises(UnreadableCodes) as refused:
        read(raw)

    assert refused.value.detail == detail


def run(file: Path, *options: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command("import_codes", str(file), *options, stdout=out, stderr=err)
    except SystemExit as left:
        status = int(left.code or 0)
    return status, out.getvalue(), err.getvalue()


def test_import_adds_the_good_rows_and_names_the_others(tmp_path: Path) -> None:
    product, file = make_product(name="Loom"), tmp_path / "codes.csv"
    file.write_text("code,expires_on\nSECRET-1,\nSECRET-2,tomorrow\n,\nSECRET-1,\nSECRET-3,2020-01-01\n")

    status, out, err = run(file, "--product", product.sku, "--face-value", "10.00")

    assert (status, out) == (1, "1 codes added to Loom, 3 refused.\n")
    assert err == (
        "Row 3: “tomorrow” is not a date. Write it as 2027-06-30.\n"
        "Row 5: This code stands in row 2 already.\n"
        "Row 6: It expires on 01 Jan 2020, which is today or has passed.\n"
    )
    assert "SECRET" not in out + err
    assert VoucherCode.objects.get().face_value == 1000


def test_import_of_the_same_file_adds_once(tmp_path: Path) -> None:
    product, file = make_product(), tmp_path / "codes.csv"
    file.write_text("code,face_value\nSECRET-1,25.00\n")

    assert run(file, "--product", product.sku)[0] == 0
    assert run(file, "--product", product.sku) == (
        1,
        f"0 codes added to {product.name}, 1 refused.\n",
        "Row 2: This code is in the pool already.\n",
    )


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        (("--product", "nothing"), "There is no product nothing."),
        (("--product", "loom", "--face-value", "ten"), '--face-value: "ten" is not an amount.'),
        (("--product", "loom"), "codes.csv: Row 1 must name the columns"),
    ],
)
def test_import_that_cannot_start_says_why(tmp_path: Path, options: tuple[str, ...], detail: str) -> None:
    make_product(sku="loom")
    file = tmp_path / "codes.csv"
    file.write_text("1234\n")

    with pytest.raises(CommandError) as refused:
        run(file, *options)

    assert str(refused.value)[: len(detail)] == detail


def test_import_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(tmp_path / "nothing.csv", "--product", make_product().sku)
