"""The table of what was measured."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rewards_portal import laptop

HEAD = "| | measure | floor | ours | ratio | reach | reached | notes |\n|---|---|---|---|---|---|---|---|"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one benchmark found.

    Args:
        name: S1, S2 …
        measure: what was done.
        floor: what it is compared with, with its unit.
        ours: the same of ours.
        ratio: of the two.
        reach: what it should be.
        reached: whether it is.
        notes: what else was seen.
    """

    name: str
    measure: str
    floor: str
    ours: str
    ratio: float
    reach: str
    reached: bool
    notes: str = ""

    def __str__(self) -> str:
        reached = "yes" if self.reached else "no"
        cells = [self.name, self.measure, self.floor, self.ours, f"{self.ratio:.2f}", self.reach, reached, self.notes]
        return f"| {' | '.join(cells)} |"


def text(rows: Sequence[Row]) -> str:
    """Return the table."""
    return "\n".join([HEAD, *map(str, rows)])


def page(rows: Sequence[Row], *, notes: Sequence[str]) -> str:
    """Return what RESULTS.md says."""
    return (
        "# The last benchmark\n\n"
        "Made by `make bench`. Client, server and PostgreSQL share the machine; a ratio compares two things measured\n"
        "in the same run, and figures from different runs do not compare.\n\n"
        f"{text(rows)}\n\n{' '.join([*notes, _where()])}\n"
    )


def load() -> float:
    """Return how many processes wanted a processor during the last minute."""
    return os.getloadavg()[0]


def _where() -> str:
    python = f"Python {platform.python_version()}"
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=laptop.ROOT, capture_output=True, text=True, check=False)
    return (
        f"{os.cpu_count()} cores {platform.machine()}, {python}, PostgreSQL from the wheel, "
        f"commit {done.stdout.strip() or '?'}, {datetime.now(UTC):%Y-%m-%d}."
    )
