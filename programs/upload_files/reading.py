"""Finds out what kind of file came, and reads it."""

import hashlib
import os
from collections.abc import Iterator
from typing import IO

from programs.errors import UnreadableUpload
from programs.upload_files import csv_rows, xlsx_rows
from programs.upload_files.limits import FILE_BYTES_MAX
from programs.upload_files.rows import Line

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and an .xlsx with a password
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read(file: IO[bytes]) -> Iterator[Line]:
    """Yield the rows of a CSV or XLSX file. What it is says its content, not its name.

    Args:
        file: can be sought; stays open.

    Raises:
        UnreadableUpload: no row can be trusted: another kind of file, a wrong header, over the limits. Some of this is
            found after rows were yielded.
    """
    if _size(file) > FILE_BYTES_MAX:
        raise UnreadableUpload(f"The file is larger than {FILE_BYTES_MAX // 1024**2} MiB. Split it.")
    start = file.read(len(OLE))
    file.seek(0)
    if start.startswith(OLE):
        raise UnreadableUpload("The file has a password, or is an old .xls. Save it as .xlsx without a password.")
    if start.startswith(UTF_16):
        raise UnreadableUpload(csv_rows.NOT_UTF_8)
    yield from xlsx_rows.read(file) if start.startswith(ZIP) else csv_rows.read(file)


def content_hash(file: IO[bytes]) -> str:
    """Return what says whether two files are the same: SHA-256 in hex. Leaves the file at its beginning."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
    file.seek(0)
    return digest.hexdigest()


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size
