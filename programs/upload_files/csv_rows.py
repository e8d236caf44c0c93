"""Reads a CSV file a row at a time, with no more of it in memory than one row may hold."""

import csv
import io
from collections.abc import Iterator
from typing import IO

from programs.errors import UnreadableUpload
from programs.upload_files import rows
from programs.upload_files.limits import RECORD_CHARACTERS_MAX, ROWS_MAX
from programs.upload_files.rows import Line

DELIMITERS = ",;\t"
NOT_UTF_8 = "The file is not UTF-8 text. Save it as “CSV UTF-8”."


def read(file: IO[bytes]) -> Iterator[Line]:
    """Yield the rows of a CSV file: UTF-8 with or without byte order mark; commas, semicolons or tabs; row 1 a header.

    Args:
        file: stands at its beginning; stays open.

    Raises:
        UnreadableUpload: it is not such a file, or larger than the limits.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield from _lines(_Records(text))
    except UnicodeDecodeError:
        raise UnreadableUpload(NOT_UTF_8) from None
    except csv.Error as error:
        raise UnreadableUpload(f"The file is not CSV: {error}. Save it as “CSV UTF-8”.") from None
    finally:
        text.detach()


class _Records:
    """Lines of text for the CSV reader, none larger than a row may be."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.first = self._take()
        self._waiting = True
        self.taken = 0

    def __iter__(self) -> "_Records":
        return self

    def __next__(self) -> str:
        line = self.first if self._waiting else self._take()
        self._waiting = False
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken > RECORD_CHARACTERS_MAX:
            raise UnreadableUpload("A row is too long to be one. A quotation mark may lack its partner.")
        return line

    def _take(self) -> str:
        line = self._text.readline(RECORD_CHARACTERS_MAX + 1)
        if "\0" in line:
            raise UnreadableUpload("The file is not text: it holds NUL characters. Save it as “CSV UTF-8”.")
        return line


def _lines(records: _Records) -> Iterator[Line]:
    delimiter = max(DELIMITERS, key=records.first.count)
    reader = csv.reader(records, delimiter=delimiter, strict=True)
    names = rows.header(next(reader, []))
    records.taken = 0
    for number, cells in enumerate(reader, start=2):
        records.taken = 0
        if number > ROWS_MAX + 1:
            raise UnreadableUpload(f"The file has more than {ROWS_MAX:,} rows. Split it.")
        if any(cell.strip() for cell in cells):
            yield rows.line(number, names, cells)
