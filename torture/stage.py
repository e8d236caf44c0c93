"""The portal under torture: its processes, a PostgreSQL and a broker of its own, each of which may be killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGQUIT
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from rewards_portal.processes import ROOT, Processes, commands
from tests.processes import Portal, free_port, manage

WEB_PROCESSES = 4
STOP_SECONDS, START_SECONDS = 30.0, 60.0
START_POSTGRES = (
    "import sys, pathlib; from rewards_portal import laptop; "
    "print(laptop.start_postgres(pathlib.Path(sys.argv[1]), stop_at_exit=False))"
)


@dataclass
class Stage:
    """A portal that runs, and the parts of it that can be killed.

    Args:
        portal: the portal.
        broker: the folder of its queue.
        postgres: the folder of its PostgreSQL; None where DATABASE_URL named a server, which is not ours to kill.
    """

    portal: Portal
    broker: Path
    postgres: Path | None

    @property
    def database_url(self) -> str:
        """Return the database's address as libpq reads it."""
        return self.portal.environment["DATABASE_URL"].replace("postgres://", "postgresql://", 1)

    def web_processes(self) -> list[psutil.Process]:
        """Return gunicorn's worker processes; none while it is down."""
        with suppress(KeyError, psutil.Error):
            return psutil.Process(self.portal.processes.running["web"].pid).children()
        return []

    def restart(self, name: str, *, pause_seconds: float) -> None:
        """Kill a process and what it started, and start it again after a pause."""
        self.portal.processes.kill(name)
        time.sleep(pause_seconds)
        port = urlsplit(self.portal.base_url).port or 0
        self.portal.processes.start(name, commands(port)[name])

    def stop_postgres(self) -> None:
        """Stop PostgreSQL at once, as a crash would: what it had not written it must recover from its log."""
        if self.postgres is None:
            raise AssertionError("only our own server is stopped")
        pid_file = self.postgres / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), SIGQUIT)
        deadline = time.monotonic() + STOP_SECONDS
        while pid_file.exists():
            if time.monotonic() > deadline:
                raise AssertionError("PostgreSQL did not stop")
            time.sleep(0.02)

    def start_postgres(self) -> None:
        """Start PostgreSQL where it was stopped."""
        if self.postgres is not None:
            start_postgres(self.postgres)

    def empty_broker(self) -> int:
        """Throw away every message in the queue; return how many there were."""
        messages = list(self.broker.rglob("*.msg"))
        for message in messages:
            message.unlink(missing_ok=True)
        return len(messages)


@contextmanager
def set_stage(folder: Path, *, postgres: Path | None) -> Iterator[Stage]:
    """Start a portal on a new database, for the length of a run.

    Args:
        folder: an empty one, for the queue and the logs.
        postgres: the folder of our own PostgreSQL, made where missing; None to use DATABASE_URL's server.
    """
    server_url = start_postgres(postgres) if postgres else os.environ["DATABASE_URL"]
    name = f"torture_{os.getpid()}"
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    port = free_port()
    settings = {
        **os.environ,
        "VAR_DIR": str(folder),
        "DATABASE_URL": url,
        "BROKER_URL": f"filesystem://{folder / 'broker'}",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "DEBUG": "1",
        "SWEEP_SECONDS": "0.5",
        "EMAIL_URL": "dummymail://",
        "WEB_CONCURRENCY": str(WEB_PROCESSES),
        "LOG_LEVEL": "WARNING",
        "SLACK_BOT_TOKEN": "",
        "TEAMS_WORKFLOW_URL": "",
    }
    with Processes(folder / "log", settings) as processes:
        if postgres:
            processes.end_postgres_last(postgres / "postmaster.pid")
            with suppress(psycopg.Error):  # only Linux has it; a crash is over in a fraction of the time
                _admin(server_url, sql.SQL("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'"))
        _admin(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            manage("migrate", "--verbosity", "0", environment=settings)
            portal = Portal(settings["BASE_URL"], settings, processes)
            portal.start()
            yield Stage(portal, folder / "broker", postgres)
        finally:
            _admin(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def start_postgres(folder: Path) -> str:
    """Start our own PostgreSQL from a process of its own, as a new `make run` would; return its address."""
    command = [sys.executable, "-c", START_POSTGRES, str(folder)]
    started = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=START_SECONDS)
    if started.returncode:
        raise AssertionError(f"PostgreSQL did not start:\n{started.stderr[-2000:]}")
    return started.stdout.strip()


def _admin(server_url: str, statement: sql.SQL | sql.Composed) -> None:
    """Say something to the server that belongs to no database of ours."""
    url = urlunsplit(urlsplit(server_url)._replace(scheme="postgresql"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
