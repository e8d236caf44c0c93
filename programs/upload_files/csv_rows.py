"""Reads a CSV file a row at a time, with no more of it in memory than one row may hold."""

import csv
import io
from collections.abc import Iterator
from typing import IO

from programs.errors import UnreadableUpload
from programs.upload_files.limits import RECORD_CHARACTERS_MAX, ROWS_MAX
from programs.upload_files.rows import Row

DELIMITERS = ",;\t|"


def read(file: IO[bytes], encoding: str) -> Iterator[Row]:
    """Yield the rows of a CSV file with commas, semicolons, tabs or bars between its cells; row 1 is the header.

    Args:
        file: stands at its beginning; stays open.
        encoding: of its text.

    Raises:
        UnreadableUpload: it is not such a file, or larger than the limits.
    """
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    records = None
    try:
        records = _Records(text)
        yield from _rows(records)
    except UnicodeDecodeError:
        raise UnreadableUpload(f"The file is no valid {encoding.upper()}. Save it as “CSV UTF-8”.") from None
    except csv.Error as error:
        where = records.number if records else 1
        raise UnreadableUpload(
            f"The file is not CSV at line {where}: {error}. Mend it, save it as “CSV UTF-8”."
        ) from None
    finally:
        if not file.closed:  # it may be, where somebody looked at the first rows alone
            text.detach()


class _Records:
    """Lines of text for the CSV reader, none larger than a row may be."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.number = 0
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
            raise UnreadableUpload(f"{self._here} is too long to be a row. A quotation mark may lack its partner.")
        return line

    @property
    def _here(self) -> str:
        return f"What ends in line {self.number:,}"

    def _take(self) -> str:
        line = self._text.readline(RECORD_CHARACTERS_MAX + 1)
        self.number += 1
        if "\0" in line:
            raise UnreadableUpload(f"The file is not text: line {self.number:,} holds NUL. Save it as “CSV UTF-8”.")
        return line


def _rows(records: _Records) -> Iterator[Row]:
    delimiter = max(DELIMITERS, key=records.first.count)
    reader = csv.reader(records, delimiter=delimiter, strict=True)
    for number, cells in enumerate(reader, start=1):
        records.taken = 0
        if number > ROWS_MAX + 1:
            raise UnreadableUpload(f"The file has more than {ROWS_MAX:,} rows. Split it.")
        if number == 1 or any(cell.strip() for cell in cells):
            yield Row(number, cells)
