"""Ends what another process started, however that one ends: also by `kill -9`, where nothing of its own can run.

It holds the reading end of a pipe whose only writing end is in its parent. While that lives it is told, a JSON line
each, what to end; when the pipe closes, it ends it. It runs alone, with the standard library, in a session of its own,
so that no signal of the terminal reaches it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 5.0
POLL_SECONDS = 0.02


def main() -> None:
    """Follow the parent's lines to their end, then end what it left."""
    groups: list[int] = []
    last: list[str] = []
    user: str | None = None
    for line in sys.stdin:
        order = json.loads(line)
        if "started" in order:
            groups.append(order["started"])
        if "ended" in order:
            groups.remove(order["ended"])
        if "last" in order:
            last, user = order["last"], order["user"]
    end(groups)
    if last:
        quiet = subprocess.DEVNULL
        subprocess.run(last, user=user, cwd="/", stdin=quiet, stdout=quiet, stderr=quiet, check=False)  # noqa: S603


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
