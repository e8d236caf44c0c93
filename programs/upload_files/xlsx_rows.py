"""Reads an XLSX workbook: looks at the zip's directory first, then has a process with limits read the first sheet."""

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from programs.errors import UnreadableUpload
from programs.upload_files import encodings
from programs.upload_files.limits import (
    COLUMNS_MAX,
    ENTRIES_MAX,
    ROWS_MAX,
    SHEET_CPU_SECONDS_MAX,
    SHEET_MEMORY_BYTES_MAX,
    SHEET_WAIT_SECONDS_MAX,
    SHEET_WRITTEN_BYTES_MAX,
    UNPACKED_BYTES_MAX,
)
from programs.upload_files.rows import Row

PROGRAM = Path(__file__).with_name("sheet_process.py")
TOO_MANY, NO_WORKBOOK, MERGED = 3, 4, 5
ENCRYPTED_FLAG = 1
DAMAGED = "The workbook cannot be read: it is damaged, or too large inside. Copy the rows into a new workbook."
MERGED_CELLS = "Cells {} are merged. Unmerge them and give every row its own values; a title belongs above no table."
TOO_LARGE = f"The sheet has more than {ROWS_MAX:,} rows or {COLUMNS_MAX} columns. Split it, or delete empty ones."


def read(file: IO[bytes]) -> tuple[Iterator[Row], int]:
    """Return the rows of a workbook's first sheet, of which row 1 is the header, and how many there are.

    A formula counts as the value that it showed when it was saved; nothing is ever calculated.

    Args:
        file: stands at its beginning; stays open.

    Raises:
        UnreadableUpload: it is not such a workbook, is encrypted, holds macros, links or merged cells, or is larger
            than the limits.
    """
    check_directory(file)
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever reads the rows to their end, or gives them up
    try:
        _read_elsewhere(file, spool)
        return _rows(spool), sum(piece.count(b"\n") for piece in encodings.pieces(spool))
    except UnreadableUpload:
        spool.close()
        raise


def _rows(spool: IO[bytes]) -> Iterator[Row]:
    with spool:
        spool.seek(0)
        for number, line in enumerate(spool, start=1):
            cells, kinds = json.loads(line)
            if number == 1 or any(cells):
                yield Row(number, cells, kinds)


def check_directory(file: IO[bytes]) -> None:
    """Refuse a workbook by what its zip directory says, before a byte of it is unpacked.

    Raises:
        UnreadableUpload: as `read` says.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError, OSError):
        raise UnreadableUpload(DAMAGED) from None
    finally:
        file.seek(0)
    if len(entries) > ENTRIES_MAX:
        raise UnreadableUpload(f"The workbook has more than {ENTRIES_MAX} parts. Copy the rows into a new workbook.")
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
        raise UnreadableUpload("The workbook is too large inside. Copy the rows into a new workbook, or split it.")
    if any(entry.flag_bits & ENCRYPTED_FLAG for entry in entries):
        raise UnreadableUpload("The workbook is encrypted. Save it without a password.")
    names = [entry.filename.lower().replace("\\", "/").lstrip("/") for entry in entries]
    if len(set(names)) < len(names):
        raise UnreadableUpload(DAMAGED)
    if any("vbaproject" in name or name.startswith(("xl/macrosheets/", "xl/activex/")) for name in names):
        raise UnreadableUpload("The workbook holds macros. Save it as .xlsx without them.")
    if any(name.startswith(("xl/externallinks/", "xl/embeddings/")) for name in names):
        raise UnreadableUpload("The workbook links to other files. Copy the rows, as values, into a new workbook.")
    if "xl/workbook.xml" not in names:
        raise UnreadableUpload("The file is no XLSX workbook. Save it as “Excel workbook (.xlsx)” or “CSV UTF-8”.")


def _read_elsewhere(file: IO[bytes], spool: IO[bytes]) -> None:
    """Have the rows written to `spool` by a process that may die of them."""
    limits = (SHEET_MEMORY_BYTES_MAX, SHEET_CPU_SECONDS_MAX, SHEET_WRITTEN_BYTES_MAX, ROWS_MAX, COLUMNS_MAX)
    command = [sys.executable, "-I", str(PROGRAM), *(str(limit) for limit in limits)]
    with tempfile.TemporaryFile() as source:  # a file of the system's, whatever kind of file was given
        while piece := file.read(1024 * 1024):
            source.write(piece)
        source.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own program, with numbers for arguments
                command,
                stdin=source,
                stdout=spool,
                stderr=subprocess.DEVNULL,
                env={},
                check=False,
                timeout=SHEET_WAIT_SECONDS_MAX,
            )
        except subprocess.TimeoutExpired:
            raise UnreadableUpload(DAMAGED) from None
    if done.returncode == MERGED:
        spool.seek(0)
        raise UnreadableUpload(MERGED_CELLS.format(spool.read(50).decode()))
    if done.returncode:
        raise UnreadableUpload(TOO_LARGE if done.returncode == TOO_MANY else DAMAGED)
