"""Writes CSV that a spreadsheet shows and never runs."""

import csv
import io
from collections.abc import Iterable

# What makes a spreadsheet take text for a formula (ASVS 5.0, 1.2.10), and the full-width forms that some read alike.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def csv_line(cells: Iterable[object]) -> str:
    """Return a row of a CSV file (RFC 4180); text that could be run as a formula gets an apostrophe in front."""
    written = io.StringIO()
    csv.writer(written).writerow([_plain(cell) for cell in cells])
    return written.getvalue()


def _plain(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
