"""Ends what another process started, however that one ends: also by `kill -9`, where nothing of its own can run.

It holds the reading end of a pipe whose only writing end is in its parent. While that lives it is told, a JSON line
each, what to end; when the pipe closes, it ends it. It runs alone, with the standard library, in a session of its own,
so that no signal of the terminal reaches it.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

GRACE_SECONDS = 5.0
POSTGRES_SECONDS = 20.0
APPEAR_SECONDS = 2.0
POLL_SECONDS = 0.02


def main() -> None:
    """Follow the parent's lines to their end, then end what it left."""
    groups: list[int] = []
    postmaster: Path | None = None
    for line in sys.stdin:
        order = json.loads(line)
        if "started" in order:
            groups.append(order["started"])
        if "ended" in order:
            groups.remove(order["ended"])
        if "postmaster" in order:
            postmaster = Path(order["postmaster"])
    end(groups)
    if postmaster is not None:
        end_postgres(postmaster)


def end(groups: list[int]) -> None:
    """Ask the leaders of process groups to finish, and kill what is there after five seconds."""
    for leader in groups:
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while groups and time.monotonic() < deadline:
        groups = [group for group in groups if _alive(group)]
        time.sleep(POLL_SECONDS)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def end_postgres(pid_file: Path) -> None:
    """End the PostgreSQL server that wrote this pid file, and return when it is down; it removes the file itself.

    Its own signals are used (SIGINT: fast shutdown, SIGQUIT: immediate), for `pg_ctl` would have to run as the server's
    user, who may not get at the folder. Where the file is not there yet the server may just be starting.
    """
    if not _until(pid_file.exists, APPEAR_SECONDS):
        return
    for number in (signal.SIGINT, signal.SIGQUIT):
        try:
            os.kill(int(pid_file.read_text().split()[0]), number)
        except (OSError, ValueError, IndexError):  # it went by itself, or its file says nothing
            return
        if _until(lambda: not pid_file.exists(), POSTGRES_SECONDS):
            return


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds, and return whether it came to."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _alive(group: int) -> bool:
    """Tell whether a process group still has a process that runs; one that ended and waits for its parent does not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of nothing but ended processes
        return False
    return True


if __name__ == "__main__":
    main()
