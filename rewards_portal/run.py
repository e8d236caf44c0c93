"""`make run`: everything the portal needs, on one machine, in one terminal, until Ctrl-C.

1. Take var/ for ourselves and see that the port is free.
2. Start PostgreSQL from the wheel, unless DATABASE_URL names a server.
3. Bring the database up to date, load the demo company, make the client of the greeting's command; each only if needed.
4. Start the web server, the worker and the scheduler side by side, and greet when the web server answers.
5. Wait. Whatever ends this process, its guardian ends the others (guardian.py).
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from rewards_portal import laptop
from rewards_portal.processes import Processes, commands

START_SECONDS = 60.0
POLL_SECONDS = 0.05
PORT_MAX = 65535
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotRun(Exception):
    """Why the portal does not start, or go on, and what to do about it, in a sentence."""


def main() -> int:
    """Run the portal until it is stopped; return 0, or 1 after a sentence on what went wrong."""
    for number in SIGNALS:
        signal.signal(number, _stop)
    try:
        port = _port()
        os.environ.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
        with _alone(port):
            _require_free(port)
            with Processes(laptop.var() / "log", os.environ) as processes:
                try:
                    _start(processes, port)
                    _watch(processes)
                except KeyboardInterrupt:
                    _say("\n  Stopping …")
                finally:
                    for number in SIGNALS:
                        signal.signal(number, signal.SIG_IGN)
    except CannotRun as reason:
        with contextlib.suppress(OSError):
            print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _stop(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _start(processes: Processes, port: int) -> None:
    _say("Rewards Portal\n")
    with _step("PostgreSQL"):
        if not {"DATABASE_URL", "SECRET_KEY"} & set(os.environ):
            processes.end_postgres_last(laptop.postgres_folder() / "postmaster.pid")
            os.environ["DATABASE_URL"] = laptop.start_postgres(stop_at_exit=False)
        _set_up()
    with _step("Database"):
        _migrate()
    if _with_demo():
        with _step("Demo company"):
            _demo()
    processes.environment = {"LOG_LEVEL": "INFO"} | os.environ  # it goes to files
    with _step("Web server, worker, scheduler"):
        for name, command in commands(port).items():
            processes.start(name, command)
        _await(processes, port)
    from rewards_portal import welcome

    _say(welcome.text(os.environ["BASE_URL"], demo=_with_demo()))


def _with_demo() -> bool:
    """Tell whether the demo company is wanted: yes, unless DEMO=0."""
    return os.environ.get("DEMO") != "0"


def _set_up() -> None:
    """Load Django, and see that database and broker answer."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    os.environ["DJANGO_SETTINGS_MODULE"] = "rewards_portal.settings"
    try:
        laptop.apply_defaults()
        django.setup()
    except ImproperlyConfigured as error:
        raise CannotRun(str(error)) from error
    _require_database()
    _require_broker()


def _require_database() -> None:
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError as error:
        settings = connection.settings_dict
        where = f"{settings['HOST'] or 'the local socket'}, database {settings['NAME']}"
        reason = str(error).strip().splitlines()[-1]
        raise CannotRun(f"The database does not answer ({where}): {reason}. Check DATABASE_URL.") from error


def _require_broker() -> None:
    from rewards_portal.celery import app

    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
    except Exception as error:  # each broker's library has its own errors
        host = os.environ["BROKER_URL"].rpartition("@")[2]
        raise CannotRun(f"The broker does not answer ({host}): {type(error).__name__}. Check BROKER_URL.") from error


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0)


def _demo() -> None:
    from django.core.management import call_command
    from django.db import connections

    from rewards_portal import welcome

    with Path(os.devnull).open("w") as nowhere:
        call_command("load_demo", stdout=nowhere)
    welcome.ensure_client()
    connections.close_all()


def _await(processes: Processes, port: int) -> None:
    """Return when the web server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _require_alive(processes)
        with contextlib.suppress(OSError), contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=5)) as web:
            web.request("GET", "/healthz")
            web.getresponse()
            return
        time.sleep(POLL_SECONDS)
    raise CannotRun(f"The web server did not answer in {START_SECONDS:.0f} s. See {processes.logs / 'web.log'}.")


def _watch(processes: Processes) -> NoReturn:
    """Wait for a signal; end when one of the processes does, or the `make` that started us."""
    make = os.getppid() if os.environ.get("MAKELEVEL") else None
    while True:
        _require_alive(processes)
        if make is not None and os.getppid() != make:
            raise KeyboardInterrupt
        time.sleep(POLL_SECONDS * 5)


def _require_alive(processes: Processes) -> None:
    name = processes.ended()
    if name is not None:
        log = processes.logs / f"{name}.log"
        raise CannotRun(f"{processes.tail(name)}\n\nThe {name} ended by itself. The whole of its log is in {log}.")


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= PORT_MAX:
        raise CannotRun(f"PORT has to be a number from 1 to {PORT_MAX}, not “{given}”.")
    os.environ["PORT"] = given
    return int(given)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise CannotRun(f"Port {port} needs root. Choose another one: make run PORT=8001.") from error
        except OSError as error:
            raise CannotRun(
                f"Port {port} is in use. Choose another one: make run PORT={port % PORT_MAX + 1}."
            ) from error


@contextmanager
def _alone(port: int) -> Iterator[None]:
    """Hold var/ for ourselves. The kernel lets go of the lock however we end; its text only says who holds it."""
    folder = laptop.var()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "run.pid").open("a+")
    except OSError as error:
        raise CannotRun(
            f"{folder} cannot be written to ({error.strerror}). Make it writable, or name another: "
            "make run VAR_DIR=/a/folder."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotRun(
                f"The portal runs already ({_holder(lock)}). Stop it with Ctrl-C, or run another beside it: "
                f"make run VAR_DIR=/another/folder PORT={port % PORT_MAX + 1}."
            ) from error
        if _holder(lock):
            _say(f"The last run was cut off ({_holder(lock)}); its state is kept and this one carries on.\n")
        _write(lock, f"process {os.getpid()}, {os.environ['BASE_URL']}")
        try:
            yield
        finally:
            _write(lock, "")


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip()


def _write(lock: IO[str], text: str) -> None:
    lock.truncate(0)
    lock.write(text)
    lock.flush()


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Show a step while it lasts and how long it took."""
    began = time.monotonic()
    _say(f"  {name:<32}", end="")
    try:
        yield
    except BaseException:
        _say("")
        raise
    _say(f"{time.monotonic() - began:5.1f} s")


def _say(text: str, *, end: str = "\n") -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(text, end=end, flush=True)


if __name__ == "__main__":
    sys.exit(main())
