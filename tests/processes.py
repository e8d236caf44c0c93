"""The portal as real processes, for tests that tell a story from end to end: web server, worker and scheduler.

with running_portal(tmp_path, slack=slack) as portal:
    portal.run_manage("create_api_client", "sf", "--scopes", "events:write")
    requests.get(portal.base_url)
    portal.kill_worker()
"""

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests
from kombu.connection import Connection
from psycopg import sql

from rewards_portal.processes import ROOT, Processes, commands
from tests.standins.slack import SlackStandIn

START_SECONDS = 60.0
ALL = ("web", "worker", "scheduler")
TEMPLATE_LOCK = 7_301_955  # any number that only we take


class PortalFailed(AssertionError):
    """A process did not start, or a command failed; the text holds the ends of the logs."""


@dataclass
class Portal:
    """A portal that runs.

    Args:
        base_url: where it answers, as `http://127.0.0.1:43210`.
        environment: what its processes find in theirs; `run_manage` runs in it too.
        processes: what runs it.
        names: which of its processes run.
    """

    base_url: str
    environment: dict[str, str]
    processes: Processes
    names: Sequence[str] = ALL

    def run_manage(self, *arguments: str, check: bool = True) -> str:
        """Run a command of manage.py against this portal's database and return what it printed."""
        return manage(*arguments, environment=self.environment, check=check)

    def token(self, client: Mapping[str, str]) -> str:
        """Return a token of an API client, fetched as its engineer would.

        Args:
            client: what create_api_client printed.
        """
        metadata = requests.get(f"{self.base_url}/.well-known/openid-configuration", timeout=30).json()
        answer = requests.post(
            metadata["token_endpoint"],
            data={"grant_type": "client_credentials"},
            auth=(client["client_id"], client["client_secret"]),
            timeout=30,
        )
        return str(answer.json()["access_token"])

    def kill_worker(self) -> None:
        """Kill the worker with `kill -9`, whatever it is doing."""
        self.processes.kill("worker")

    def start_worker(self) -> None:
        """Start a worker where none runs."""
        self.processes.start("worker", self._commands["worker"])

    def start_web(self) -> None:
        """Start the web server where none runs, and wait until it answers."""
        self.processes.start("web", self._commands["web"])
        self.wait_until_it_answers()

    def start(self) -> None:
        """Start everything and wait until the web server answers."""
        for name, command in self._commands.items():
            self.processes.start(name, command)
        self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        """Return when the web server answers a request.

        Raises:
            PortalFailed: a process ended, or a minute went by.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if (name := self.processes.ended()) is not None:
                raise PortalFailed(f"{name} ended at once.\n{self.tails()}")
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"{self.base_url}/healthz", timeout=10, allow_redirects=False)
                return
            time.sleep(0.05)
        raise PortalFailed(f"The web server did not answer in {START_SECONDS:.0f} s.\n{self.tails()}")

    def tails(self) -> str:
        """Return the last lines of each log."""
        return "\n".join(f"--- {name}.log\n{self.processes.tail(name)}" for name in self._commands)

    @property
    def _commands(self) -> dict[str, list[str]]:
        every = commands(urlsplit(self.base_url).port or 0)
        return {name: every[name] for name in self.names}


@contextmanager
def running_portal(
    folder: Path,
    *,
    slack: SlackStandIn | None = None,
    database_url: str | None = None,
    broker_url: str | None = None,
    sweep_seconds: float = 0.5,
    names: Sequence[str] = ALL,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Portal]:
    """Run a portal with a database, a broker and a folder of its own; all of it is gone afterwards.

    Args:
        folder: an empty one; holds the broker's queue, where it is a folder, and the logs (`log/*.log`).
        slack: where its Slack messages go; without one Slack is not set up.
        database_url: a server on which a database may be made; when not given, STORY_DATABASE_URL, else the one the
            tests run on.
        broker_url: when not given, STORY_BROKER_URL, else a queue in `folder`.
        sweep_seconds: between two sweeps.
        names: which of its processes run.
        environment: more variables.
    """
    port = free_port()
    server = database_url or os.environ.get("STORY_DATABASE_URL") or os.environ["DATABASE_URL"]
    broker_url = broker_url or os.environ.get("STORY_BROKER_URL") or f"filesystem://{folder / 'broker'}"
    with own_database(server) as url:
        settings = {
            **os.environ,
            "VAR_DIR": str(folder),
            "DATABASE_URL": url,
            "BROKER_URL": broker_url,
            "BROKER_QUEUE": f"story_{uuid.uuid4().hex[:12]}",  # others of its kind run on the same broker beside it
            "BASE_URL": f"http://127.0.0.1:{port}",
            "DEBUG": "1",
            "SWEEP_SECONDS": str(sweep_seconds),
            "EMAIL_URL": "dummymail://",
            "WEB_CONCURRENCY": "2",
            "LOG_LEVEL": "INFO",
            "SLACK_BOT_TOKEN": "",
            "TEAMS_WORKFLOW_URL": "",
            **(slack.environment() if slack else {}),
            **(environment or {}),
        }
        with Processes(folder / "log", settings) as processes:
            portal = Portal(settings["BASE_URL"], settings, processes, names)
            try:
                portal.start()
                yield portal
            except BaseException:
                print(portal.tails())  # pytest shows it with the failure
                raise
        if not broker_url.startswith("filesystem:"):  # that one is in `folder`, and goes with it
            with Connection(broker_url, connect_timeout=5) as connection:  # type: ignore[no-untyped-call]
                connection.default_channel.queue_delete(settings["BROKER_QUEUE"])


@contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """Make a migrated database for the length of a test, as a copy of one that is kept for this state of the code.

    Args:
        server_url: any database of the server; its user must be allowed to make others.
    """
    name = f"story_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_libpq(server_url), autocommit=True) as connection:
        template = _template(connection, server_url)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        try:
            yield _named(server_url, name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def manage(*arguments: str, environment: Mapping[str, str], check: bool = True) -> str:
    """Run a command of manage.py and return what it printed.

    Raises:
        PortalFailed: it failed, and `check` does not say that this is expected.
    """
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise PortalFailed(f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


def free_port() -> int:
    """Return a port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _template(connection: "psycopg.Connection[tuple[object, ...]]", server_url: str) -> str:
    """Return the name of a database with every migration of this state of the code applied, made where missing."""
    sources = sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/sql/*.sql")])
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    name = f"story_template_{digest}"
    with _locked(connection):
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        _drop_old_templates(connection)
        making = f"{name}_making"
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
        environment = {**os.environ, "DATABASE_URL": _named(server_url, making)}
        manage("migrate", "--verbosity", "0", environment=environment)
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (making, name))))
    return name


def _drop_old_templates(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Leave no copy of an earlier state of the code behind."""
    for (old,) in connection.execute(
        r"SELECT datname FROM pg_database WHERE datname LIKE 'story\_template\_%'"
    ).fetchall():
        with contextlib.suppress(psycopg.Error):  # one that is just being copied stays till the next time
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(str(old))))


@contextmanager
def _locked(connection: "psycopg.Connection[tuple[object, ...]]") -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [TEMPLATE_LOCK])


def _named(url: str, database: str) -> str:
    """Return the URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _libpq(url: str) -> str:
    """Return a database URL as libpq reads it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql"))
