"""The ledger's state machine (wallets/tests/test_model.py) at a hundred steps a sequence, while there is time."""

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rewards_portal.processes import ROOT

SEQUENCES_MAX, STEPS = 10_000, 100
SEQUENCES_A_ROUND = 100
TAIL_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Played:
    """How many sequences of STEPS steps were played, and what the first that failed printed; empty if none did."""

    sequences: int
    failure: str


def play(*, seed: int, deadline: float | None, environment: Mapping[str, str]) -> Played:
    """Play round after round, each with the next seed, until the deadline (of time.monotonic) or SEQUENCES_MAX; one at
    least. Without a deadline all of them, however long it takes.
    """
    sequences = 0
    while sequences == 0 or (sequences < SEQUENCES_MAX and (deadline is None or time.monotonic() < deadline)):
        failure = _round(seed + sequences // SEQUENCES_A_ROUND, environment)
        if failure:
            return Played(sequences, failure)
        sequences += SEQUENCES_A_ROUND
    return Played(sequences, "")


def _round(seed: int, environment: Mapping[str, str]) -> str:
    """Play one round; return what was printed when it failed, else nothing."""
    length = {"MODEL_EXAMPLES": str(SEQUENCES_A_ROUND), "MODEL_STEPS": str(STEPS), "MODEL_SEED": str(seed)}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "wallets/tests/test_model.py", "-q", "-n", "2", "--timeout", "900"),
            *("-p", "no:cacheprovider", "-k", "agree_after_every_step"),
        ],
        cwd=ROOT,
        env={**environment, **length},
        capture_output=True,
        text=True,
        check=False,
    )
    return f"seed {seed}:\n{done.stdout[-TAIL_CHARACTERS:]}" if done.returncode else ""
