"""Finds out what kind of file came, and reads it."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO

from programs.errors import UnreadableUpload
from programs.upload_files import csv_rows, encodings, layouts, xlsx_rows
from programs.upload_files.layouts import Layout
from programs.upload_files.limits import COLUMNS_MAX, FILE_BYTES_MAX
from programs.upload_files.rows import Line, LineReader, Row

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and an .xlsx with a password
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
PEEKED_ROWS = 3  # beneath the header, for somebody to see what each column holds


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was written.

    Args:
        headings: the cells of row 1.
        samples: the cells of the first rows beneath.
        rows: all rows beneath that are not empty; can be read once.
        encoding: of its text, as people call it; "" for a workbook.
        expected_rows: how many there seem to be; a reason over several lines counts as several.
    """

    headings: Sequence[str]
    samples: Sequence[Sequence[str]]
    rows: Iterator[Row]
    encoding: str
    expected_rows: int

    def lines(self, layout: Layout) -> Iterator[Line]:
        """Return the rows in our columns.

        Raises:
            UnreadableUpload: the layout does not fit the headings.
        """
        return map(LineReader(self.headings, layout).line, self.rows)


def opened(file: IO[bytes]) -> Table:
    """Return what a CSV or XLSX file holds, row by row. What it is says its content, not its name.

    Args:
        file: can be sought; stays open.

    Raises:
        UnreadableUpload: no row can be trusted: another kind of file, no header, over the limits. Some of this is found
            only while the rows are read.
    """
    rows, encoding, lines = _rows(file)
    first = next(rows, None)
    headings = _headings(first.cells if first else [])
    peeked = list(islice(rows, PEEKED_ROWS))
    _check_header(headings, peeked)
    samples = [row.cells for row in peeked]
    return Table(headings, samples, chain(peeked, rows), encodings.NAMES.get(encoding, ""), max(lines - 1, 0))


def read(file: IO[bytes], layout: Layout | None = None) -> Iterator[Line]:
    """Yield the rows of a file in our columns.

    Args:
        file: can be sought; stays open.
        layout: how it is laid out; None where it names its columns as we do.

    Raises:
        UnreadableUpload: see `opened`, and where somebody must say what its columns are.
    """
    table = opened(file)
    layout = layout or layouts.own(table.headings)
    if layout is None:
        raise UnreadableUpload(layouts.unlike_own(table.headings))
    yield from table.lines(layout)


def content_hash(file: IO[bytes]) -> str:
    """Return what says whether two files are the same: SHA-256 in hex. Leaves the file at its beginning."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
    file.seek(0)
    return digest.hexdigest()


def size(file: IO[bytes]) -> int:
    """Return how many bytes a file has. Leaves it at its beginning."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    return end


def check_size(bytes_sent: int) -> None:
    """Raise UnreadableUpload where a file is too large to be looked at."""
    if bytes_sent > FILE_BYTES_MAX:
        raise UnreadableUpload(f"The file is larger than {FILE_BYTES_MAX // 1024**2} MiB. Split it.")


def _rows(file: IO[bytes]) -> tuple[Iterator[Row], str, int]:
    """Return the rows of a file, the encoding of its text, and how many lines it has."""
    check_size(size(file))
    start = file.read(len(OLE))
    file.seek(0)
    if start.startswith(OLE):
        raise UnreadableUpload(_why_not_ole(file))
    if start.startswith(ZIP):
        rows, count = xlsx_rows.read(file)
        return rows, "", count
    encoding, count = encodings.of(file), sum(piece.count(b"\n") for piece in encodings.pieces(file))
    file.seek(0)
    return csv_rows.read(file, encoding), encoding, count


def _why_not_ole(file: IO[bytes]) -> str:
    if ENCRYPTED in file.read():
        return "The workbook has a password. Save it without one."
    return "The file is an old workbook (.xls). Save it as “Excel workbook (.xlsx)”."


def _headings(cells: Sequence[str]) -> list[str]:
    if len(cells) > COLUMNS_MAX:
        raise UnreadableUpload(f"Row 1 has more than {COLUMNS_MAX} columns. Keep {layouts.COLUMNS_SHOWN}.")
    headings = [cell.strip() for cell in cells]
    while headings and not headings[-1]:  # spreadsheets like to add empty columns
        headings.pop()
    return headings


def _check_header(headings: Sequence[str], rows: Sequence[Row]) -> None:
    """Raise UnreadableUpload where row 1 is no header, or the row beneath it is one too."""
    if not headings:
        raise UnreadableUpload(f"Row 1 is empty. It must name {layouts.COLUMNS_SHOWN}.")
    written = [heading for heading in headings if heading]
    if len(written) == 1 and rows and sum(bool(cell.strip()) for cell in rows[0].cells) > 1:
        raise UnreadableUpload(
            f"Row 1 holds “{written[0][:40]}” alone, like a title. Delete what stands above the row of headings."
        )
    if rows and layouts.names_columns(rows[0].cells):
        raise UnreadableUpload(f"Row {rows[0].number} names columns again. Keep one row of headings, row 1.")
