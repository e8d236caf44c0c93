"""openapi.yaml against the API (tests/api/test_schema.py) at a thousand examples an operation."""

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rewards_portal.processes import ROOT

EXAMPLES = 1_000
LEAST_SECONDS = 60.0  # a database of its own has to be made first
TAIL_CHARACTERS = 4_000
ENDS_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Explored:
    """How many operations were explored to their end, and what the first that failed printed; empty if none did."""

    operations: int
    failure: str


def explore(*, seed: int, deadline: float | None, folder: Path, environment: Mapping[str, str]) -> Explored:
    """Explore operation after operation, from one that the seed names, until the deadline (of time.monotonic) or all.

    Args:
        seed: decides what is sent, and with which operation it begins.
        deadline: when what is not explored yet is left for another seed; it gets LEAST_SECONDS at least. None: all of
            them, however long it takes.
        folder: where it keeps what is printed.
        environment: of the process.
    """
    said = folder / "described.txt"
    with said.open("w") as output, subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "tests/api/test_schema.py", "-v", "-x", "--timeout", "3600"),
            *("-p", "no:cacheprovider", "-p", "no:randomly"),
        ],
        cwd=ROOT,
        env={**environment, "SCHEMA_EXAMPLES": str(EXAMPLES), "SCHEMA_SEED": str(seed)},
        stdout=output,
        stderr=subprocess.STDOUT,
    ) as pytest:  # fmt: skip
        try:
            status = pytest.wait(None if deadline is None else max(deadline - time.monotonic(), LEAST_SECONDS))
        except subprocess.TimeoutExpired:
            status = 0
            pytest.terminate()
            pytest.wait(ENDS_SECONDS)
    text = said.read_text(errors="replace")
    failed = bool(status) or " FAILED" in text or " ERROR" in text
    return Explored(text.count(" PASSED"), f"seed {seed}:\n{text[-TAIL_CHARACTERS:]}" if failed else "")
