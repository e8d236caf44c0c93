"""Files of points, credited from a shell that is killed at any row and started again with the same file."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from threading import Event

from rewards_portal.processes import ROOT
from torture.book import Book

ROWS_MAX = 4_000
POINTS_MAX = 50
START_SECONDS, WORK_SECONDS = 1.0, 4.0  # a kill comes between these, after the start
SURELY_DONE_SECONDS = 120.0
ATTEMPTS_MAX = 50


def upload(
    folder: Path, people: Sequence[str], *, book: Book, random: Random, environment: Mapping[str, str], calm: Event
) -> None:
    """Write a file, and import it until the import says that it is done."""
    name = f"upload-{random.getrandbits(64):x}"
    rows = {
        f"{name}-{number}": (random.choice(people), random.randint(1, POINTS_MAX))
        for number in range(random.randint(1, ROWS_MAX))
    }
    file = folder / f"{name}.csv"
    lines = [f"{recipient},{points},{key},{key}\n" for key, (recipient, points) in rows.items()]
    file.write_text("".join(["recipient,points,reason,external_id\n", *lines]))
    for attempt in range(ATTEMPTS_MAX):
        patience = random.uniform(START_SECONDS, WORK_SECONDS) * (1 + attempt / 10)  # a busy machine needs longer
        patience = SURELY_DONE_SECONDS if calm.is_set() else patience
        if _import(file, environment, book, patience):
            break
    else:
        book.surprises.append(f"{file.name} was not imported in {ATTEMPTS_MAX} attempts")
        return
    for key, (recipient, points) in rows.items():
        book.credited(key, recipient, points)
    book.count("upload rows", len(rows))


def _import(file: Path, environment: Mapping[str, str], book: Book, patience_seconds: float) -> bool:
    """Import a file; kill the import when it takes longer. Return whether it was done."""
    command = [sys.executable, "manage.py", "import_points", str(file), "--programme", "torture"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        printed, _ = process.communicate(timeout=patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        book.count("killed: upload")
        return False
    if process.returncode and "OperationalError" not in printed and "AdminShutdown" not in printed:
        book.surprises.append(f"import_points ended with {process.returncode}: {printed[-500:]}")
    return process.returncode == 0
