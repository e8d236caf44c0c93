"""Runs a command of manage.py and measures it from outside."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from rewards_portal import laptop

MEGABYTE = 1024 * 1024 if sys.platform == "darwin" else 1024  # in what the system counts resident memory


@dataclass(frozen=True)
class Run:
    """How long a command took, from its start to its end, and how much memory its process had at most."""

    seconds: float
    megabytes: float


def run(*command: str) -> Run:
    """Run a command in the database in use.

    Raises:
        RuntimeError: it did not end with 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=laptop.ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {printed[:2000]}")
    return Run(time.perf_counter() - started, used.ru_maxrss / MEGABYTE)
