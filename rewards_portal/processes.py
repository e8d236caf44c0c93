"""The portal's processes: what they are, and how one that starts them makes sure that none outlives it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
GUARDIAN = Path(__file__).with_name("guardian.py")
END_SECONDS = 60.0
TAIL_LINES = 15
LOG_BYTES_MAX = 10 * 1024 * 1024  # then a start begins a new one


def commands(port: int, *, workers: int = 2) -> dict[str, list[str]]:
    """Return what runs the portal: the web server, the worker and the scheduler, by name.

    Args:
        port: where the web server listens, on 127.0.0.1.
        workers: how many tasks the worker does at a time.
    """
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app", "rewards_portal", "--quiet"]
    return {
        "web": [*python, "gunicorn", "--config", "python:rewards_portal.gunicorn", "--bind", f"127.0.0.1:{port}"],
        "worker": [
            *celery, "worker", "--concurrency", str(workers), "--loglevel", "INFO",
            "--without-gossip", "--without-mingle",
        ],
        "scheduler": [
            # Nothing it schedules is rarer than minutes, so it need not remember when each last ran.
            *celery, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "INFO", "--pidfile", "",
        ],
    }  # fmt: skip


class Processes:
    """Processes that end when this one does: by a word, a signal, a closed terminal or `kill -9` (see guardian.py).

    Args:
        logs: a folder; each process writes to `<name>.log` in it.
        environment: what the processes find in theirs.
    """

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self.environment = dict(environment)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._last: dict[str, object] = {}
        self._guardian = _guardian()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a process in a session of its own, its output in its log."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[name] = process
        self._tell({"started": process.pid})

    def ended(self) -> str | None:
        """Return the name of a process that ended by itself, or None; the guardian counts as one of them."""
        if self._guardian.poll() is not None:
            return "guardian"
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def kill(self, name: str) -> None:
        """Kill a process and all it started, at once, as a power cut would."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._tell({"ended": process.pid})

    def end_postgres_last(self, pid_file: Path) -> None:
        """Have the PostgreSQL server that writes this pid file ended after all processes."""
        self._last = {"postmaster": str(pid_file)}
        self._tell(self._last)

    def end(self) -> None:
        """End all processes and return when they are gone."""
        if self._guardian.poll() is not None:  # somebody killed it: another one does its work
            self._guardian = _guardian()
            for process in self.running.values():
                self._tell({"started": process.pid})
            self._tell(self._last)
        if self._guardian.stdin:
            self._guardian.stdin.close()
        deadline = time.monotonic() + END_SECONDS
        for process in [*self.running.values(), self._guardian]:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        self.running.clear()

    def tail(self, name: str) -> str:
        """Return the last lines of a process's log."""
        path = self.logs / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-TAIL_LINES:]) if path.exists() else ""

    def _tell(self, order: dict[str, object]) -> None:
        if self._guardian.stdin and self._guardian.poll() is None:
            self._guardian.stdin.write(json.dumps(order).encode() + b"\n")
            self._guardian.stdin.flush()


def _guardian() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own file
        [sys.executable, "-I", "-S", str(GUARDIAN)], stdin=subprocess.PIPE, start_new_session=True
    )
