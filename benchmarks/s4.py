"""S4: an upload of 100,000 rows, checked and then credited, against the same rows written straight into tables.

By `import_points`, which is both halves of an upload in one process: the check that a web process does for the preview,
and the crediting that the worker does. So its peak of memory is an upper bound for each of them. A workbook is read in
another process, which is not counted.
"""

from collections.abc import Callable
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import commands, databases, floor_batch
from benchmarks.company import Company
from benchmarks.sizes import Sizes
from benchmarks.table import Row
from programs.tests.upload_files import csv_file, xlsx_file

REACH = 4  # times
MEGABYTES_MAX = 300
HEADER = ("recipient", "points", "reason", "external_id")


def measure(company: Company, sizes: Sizes) -> list[Row]:
    """Measure a CSV and a workbook, the floor before each."""
    floor_batch.prepare()
    with TemporaryDirectory() as folder:
        return [
            _measure(company, sizes, Path(folder) / "points.csv", _csv),
            _measure(company, sizes, Path(folder) / "points.xlsx", _xlsx),
        ]


def _measure(company: Company, sizes: Sizes, file: Path, made_of: Callable[[list[list[Any]]], BytesIO]) -> Row:
    with databases.direct() as direct:
        floor = floor_batch.seconds(direct, _items(company, sizes), client=company.client_id)
    rows = [[item[name] for name in HEADER] for item in _items(company, sizes)]
    file.write_bytes(made_of(rows).getvalue())
    run = commands.run("import_points", str(file), "--programme", company.programmes[0])
    ratio = run.seconds / floor
    return Row(
        name="S4",
        measure=f"import_points, {sizes.upload:,} rows of {file.suffix[1:].upper()}",
        floor=f"{floor:.1f} s",
        ours=f"{run.seconds:.1f} s",
        ratio=ratio,
        reach=f"≤ {REACH}, ≤ {MEGABYTES_MAX} MB",
        reached=ratio <= REACH and run.megabytes <= MEGABYTES_MAX,
        notes=f"peak {run.megabytes:.0f} MB",
    )


def _items(company: Company, sizes: Sizes) -> list[dict[str, Any]]:
    return list(islice(company.requests(), sizes.upload))


def _csv(rows: list[list[Any]]) -> BytesIO:
    return csv_file(*(",".join(map(str, row)) for row in rows), header=",".join(HEADER))


def _xlsx(rows: list[list[Any]]) -> BytesIO:
    return xlsx_file(*rows, header=HEADER)
