"""A hand inside a portal: one more of its processes, which does what a test tells it, and keeps what it loaded.

with hand_in(portal) as hand:
    hand.do("set_up", configuration="version: 1 …")
    hand.do("expire")
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rewards_portal.processes import ROOT

SERVE = "from tests import deeds; deeds.serve()"


class HandFailed(AssertionError):
    """A deed failed; the text is the traceback inside the portal's process."""


class Hand:
    """A process that does one deed of `tests.deeds` after the other.

    Args:
        environment: the portal's.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", SERVE],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, deed: str, **arguments: Any) -> Any:
        """Do a deed and return what came of it.

        Args:
            deed: the name of a function of `tests.deeds`.
            arguments: what it takes, as JSON can say it.

        Raises:
            HandFailed: it raised.
        """
        if self.process.stdin is None or self.process.stdout is None:
            raise AssertionError("made with pipes")
        self.process.stdin.write(json.dumps([deed, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise HandFailed(f"The process ended before it did {deed}.")
        answer = json.loads(line)
        if "error" in answer:
            raise HandFailed(answer["error"])
        return answer["done"]


@contextmanager
def hand_in(environment: Mapping[str, str]) -> Iterator[Hand]:
    """Have a hand in the portal with this environment."""
    hand = Hand(environment)
    try:
        yield hand
    finally:
        if hand.process.stdin:
            hand.process.stdin.close()
        hand.process.wait(timeout=30)
        if hand.process.stdout:
            hand.process.stdout.close()
