"""Reads voucher codes out of a CSV file or out of pasted text. Every row that cannot be read is named."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from api.errors import PortalError
from api.money import minor_units
from redemptions.models import Product
from redemptions.operations.codes import NewCode

FILE_BYTES_MAX = 2 * 1024 * 1024
ROWS_MAX = 50_000
COLUMNS = ("code", "pin", "expires_on", "face_value")
DELIMITERS = ",;\t"
# What a spreadsheet makes of a long code of digits; the digits behind are lost.
SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
Refused = tuple[int, str]


class UnreadableCodes(PortalError):
    """The file as a whole cannot be read; no row of it was looked at."""

    code = "unreadable_file"
    title = "This file cannot be read"


@dataclass(frozen=True, slots=True)
class Codes:
    """What a file says: the rows that can be read, and those that cannot (row number, reason)."""

    rows: Sequence[NewCode] = field(repr=False)
    refused: list[Refused]


def read(raw: bytes, *, product: Product, face_value: int | None = None, has_header: bool = True) -> Codes:
    """Return the codes in a CSV file with the columns `code` and, if wanted, `pin`, `expires_on` and `face_value`.

    UTF-8 with or without a byte order mark; cells parted by commas, semicolons or tabs; row 1 is the header.

    Args:
        raw: the file, at most FILE_BYTES_MAX bytes.
        product: whose codes they are; where it has one denomination, that is the face value of rows without.
        face_value: minor units, for rows without a face value of their own.
        has_header: whether row 1 must name the columns; if not, text without a header is one code a line.

    Raises:
        UnreadableCodes: too large, too long, not text, or without a column `code`.
    """
    if len(raw) > FILE_BYTES_MAX:
        raise UnreadableCodes(f"The file is larger than {FILE_BYTES_MAX // 1024**2} MiB. Split it.")
    if face_value is None and len(product.denominations) == 1:
        face_value = product.denominations[0]
    rows: list[NewCode] = []
    refused: list[Refused] = []
    for number, cells in _rows(_text(raw), has_header=has_header):
        try:
            rows.append(_new_code(number, cells, product, face_value))
        except ValueError as error:
            refused.append((number, str(error)))
    return Codes(rows, refused)


def _text(raw: bytes) -> str:
    """Return the file as text."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableCodes("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from None


def _rows(text: str, *, has_header: bool) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row that is not empty, by column, with its number; more cells than columns stand under ``."""
    first, _, _ = text.partition("\n")
    delimiter = max(DELIMITERS, key=first.count)
    reader = enumerate(_guarded(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), start=1)
    names = list(COLUMNS[:1])
    if has_header or "code" in _names(first.split(delimiter)):
        names = _header(next(reader, (1, []))[1])
    for number, cells in reader:
        if number > ROWS_MAX + 1:
            raise UnreadableCodes(f"The file has more than {ROWS_MAX:,} rows. Split it.")
        if any(cell.strip() for cell in cells):
            row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            yield number, row | ({"": "".join(cells[len(names) :])} if len(cells) > len(names) else {})


def _guarded(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield what the CSV reader yields; say in our words where it gives up."""
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableCodes(f"The file is not CSV: {error}.") from None


def _names(cells: Sequence[str]) -> list[str]:
    """Return column names as they are compared."""
    return [cell.strip().strip('"').lower().replace(" ", "_") for cell in cells]


def _header(cells: Sequence[str]) -> list[str]:
    """Return the columns that row 1 names."""
    names = _names(cells)
    while names and not names[-1]:  # a spreadsheet likes to add empty columns
        names.pop()
    if "code" not in names:
        raise UnreadableCodes(f"Row 1 must name the columns: code, and if wanted {', '.join(COLUMNS[1:])}.")
    for name in names:
        if name not in COLUMNS:
            raise UnreadableCodes(f"“{name[:40]}” is no column here. Columns are {', '.join(COLUMNS)}.")
        if names.count(name) > 1:
            raise UnreadableCodes(f"Row 1 names {name} twice.")
    return names


def _new_code(number: int, cells: dict[str, str], product: Product, face_value: int | None) -> NewCode:
    """Return a row as a code.

    Raises:
        ValueError: with a sentence that says what is wrong, and never the code.
    """
    if cells.get(""):
        raise ValueError("The row has more cells than row 1 has columns.")
    code = cells.get("code", "")
    if SHORTENED.fullmatch(code):
        raise ValueError("A spreadsheet shortened this code. Format the column as text and export it again.")
    if cells.get("face_value"):
        face_value = minor_units(cells["face_value"], product.currency)
    if face_value is None:
        raise ValueError("The face value is missing. Add a column face_value, or choose one value for all.")
    return NewCode(code, cells.get("pin") or None, face_value, _expires_on(cells.get("expires_on", "")), number)


def _expires_on(text: str) -> date | None:
    """Return a date written as 2027-06-30, and no other way: 01/02/2027 means two things.

    Raises:
        ValueError: it is written another way.
    """
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"“{text[:20]}” is not a date. Write it as 2027-06-30.")


def rows_by_value(rows: Sequence[NewCode]) -> dict[int, int]:
    """Return how many rows there are of each face value (minor units), smallest first."""
    counts: dict[int, int] = {}
    for row in rows:
        counts[row.face_value] = counts.get(row.face_value, 0) + 1
    return dict(sorted(counts.items()))
