"""S9: `check_ledger` over ten million transfers, against one scan of their table; its memory stays flat."""

import time

from benchmarks import commands, databases
from benchmarks.company import Company
from benchmarks.sizes import Sizes
from benchmarks.table import Row

REACH = 10  # times
FLAT = 1.2  # times the memory of a check over the small database
SCAN = "SELECT sum(points) FROM wallets_transfer"


def measure(acme: Company, sizes: Sizes) -> list[Row]:
    """Scan and check the large database; check the small one, which is in use, for its memory alone."""
    small = commands.run("check_ledger")
    with databases.use(databases.LARGE):
        _scan()  # into memory, as far as it fits
        scan = _scan()
        check = commands.run("check_ledger")
    ratio = check.seconds / scan
    return [
        Row(
            name="S9",
            measure=f"check_ledger over {sizes.transfers:,} transfers; a scan of them",
            floor=f"{scan:.2f} s",
            ours=f"{check.seconds:.1f} s",
            ratio=ratio,
            reach=f"≤ {REACH}, memory flat",
            reached=ratio <= REACH and check.megabytes <= FLAT * small.megabytes,
            notes=f"peak {check.megabytes:.0f} MB; {small.megabytes:.0f} MB with {acme.people:,} wallets",
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
