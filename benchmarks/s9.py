"""S9: `check_ledger` over ten million transfers, against one scan of their table; its memory stays flat."""

import os
import subprocess
import sys
import time

from benchmarks import databases
from benchmarks.company import Company
from benchmarks.sizes import Sizes
from benchmarks.table import Row
from rewards_portal import laptop

REACH = 10  # times
FLAT = 1.2  # times the memory of a check over the small database
COMMAND = [sys.executable, "manage.py", "check_ledger"]
SCAN = "SELECT sum(points) FROM wallets_transfer"
MEGABYTE = 1024 * 1024 if sys.platform == "darwin" else 1024  # what the system counts resident memory in


def measure(acme: Company, sizes: Sizes) -> list[Row]:
    """Scan and check the large database; check the small one, which is in use, for its memory alone."""
    _, small_megabytes = _check()
    with databases.use(databases.LARGE):
        _scan()  # into memory, as far as it fits
        scan = _scan()
        check, megabytes = _check()
    ratio = check / scan
    return [
        Row(
            name="S9",
            measure=f"check_ledger over {sizes.transfers:,} transfers; a scan of them",
            floor=f"{scan:.2f} s",
            ours=f"{check:.1f} s",
            ratio=ratio,
            reach=f"≤ {REACH}, memory flat",
            reached=ratio <= REACH and megabytes <= FLAT * small_megabytes,
            notes=f"peak {megabytes:.0f} MB; {small_megabytes:.0f} MB with {acme.people:,} wallets",
        )
    ]


def _scan() -> float:
    """Return the seconds that a sequential scan of all transfers takes, with the workers that PostgreSQL gives it."""
    with databases.direct() as connection:
        for method in ("indexscan", "indexonlyscan", "bitmapscan"):
            connection.execute(f"SET enable_{method} = off")
        started = time.perf_counter()
        connection.execute(SCAN).fetchone()
        return time.perf_counter() - started


def _check() -> tuple[float, float]:
    """Return the seconds that the command takes, and its peak of memory in megabytes.

    Raises:
        RuntimeError: it found something.
    """
    started = time.perf_counter()
    process = subprocess.Popen(COMMAND, cwd=laptop.ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"check_ledger ended with {process.returncode}: {printed[:2000]}")
    return time.perf_counter() - started, used.ru_maxrss / MEGABYTE
