"""Reads the first sheet of a workbook in a process of its own: `python -I sheet_process.py` < workbook > rows.

A workbook made to do harm then ends this process at its limits of memory and time, and nothing else. It imports nothing
of the portal, so it starts in a blink. Each row is one line of JSON: its cells as texts, and a letter for each, for
what the spreadsheet kept it as: t(ext), n(umber), d(ay), m(oment), o(ther).
"""

import json
import resource
import sys
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

CELL_CHARACTERS_KEPT = 1_001  # one more than a cell may hold, so that the reader sees that it is too long


def cell(value: Any) -> tuple[str, str]:
    """Return a cell as text, and the letter of its kind."""
    if isinstance(value, str):
        return value[:CELL_CHARACTERS_KEPT], "t"
    if isinstance(value, bool):
        return str(value).upper(), "o"
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else repr(value), "n"
    if isinstance(value, datetime):
        return (value.date().isoformat(), "d") if value.time() == time() else (value.isoformat(), "m")
    return (value.isoformat(), "d") if isinstance(value, date) else (str(value)[:CELL_CHARACTERS_KEPT], "o")


def letters(column: int) -> str:
    """Return what a spreadsheet calls a column, the first being 0: A, …, Z, AA."""
    before, last = divmod(column, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)


def main(memory_bytes_max: int, cpu_seconds_max: int, written_bytes_max: int, rows_max: int, columns_max: int) -> int:
    """Write the rows; return 0, 3 where there are too many, 4 where it is no workbook, 5 where cells are merged.

    Of merged cells it writes where the first of them stand.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes_max, memory_bytes_max))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds_max, cpu_seconds_max))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written_bytes_max, written_bytes_max))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
    except Exception:  # whatever the parser raises, it is not a workbook that can be read
        return 4
    if sheet.end is not None and (sheet.end[0] > rows_max or sheet.width > columns_max):
        return 3
    if merged := sheet.merged_cell_ranges:
        sys.stdout.write(":".join(f"{letters(column)}{row + 1}" for row, column in merged[0]))
        return 5
    for row in sheet.iter_rows():
        texts, kinds = zip(*map(cell, row), strict=True) if row else ((), ())
        sys.stdout.write(json.dumps([texts, "".join(kinds)]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
