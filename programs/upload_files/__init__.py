"""Reads uploads of points, CSV or XLSX, row by row, from files that somebody may have made to do harm."""

from programs.upload_files.formats import WrittenDays, WrittenNumbers, WrittenPeople
from programs.upload_files.layouts import Layout
from programs.upload_files.limits import (
    CELL_CHARACTERS_MAX,
    COLUMNS_MAX,
    ENTRIES_MAX,
    FILE_BYTES_MAX,
    ROWS_MAX,
    UNPACKED_BYTES_MAX,
)
from programs.upload_files.reading import Table, check_size, content_hash, opened, read, size
from programs.upload_files.rows import Line
from programs.upload_files.writing import csv_line

__all__ = [
    "CELL_CHARACTERS_MAX",
    "COLUMNS_MAX",
    "ENTRIES_MAX",
    "FILE_BYTES_MAX",
    "ROWS_MAX",
    "UNPACKED_BYTES_MAX",
    "Layout",
    "Line",
    "Table",
    "WrittenDays",
    "WrittenNumbers",
    "WrittenPeople",
    "check_size",
    "content_hash",
    "csv_line",
    "opened",
    "read",
    "size",
]
