"""`make run` as a person meets it: it starts, says what is wrong in a sentence, and leaves nothing behind."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from rewards_portal.processes import ROOT
from tests.processes import free_port

pytestmark = pytest.mark.timeout(300)
READY_SECONDS = 240.0
GONE_SECONDS = 15.0
LAPTOP = {"SECRET_KEY", "ENCRYPTION_KEYS", "OIDC_PRIVATE_KEY", "DATABASE_URL", "BROKER_URL", "DEBUG", "EMAIL_URL"}


class Run:
    """One `make run`, less make: what it printed, and whether anything of it is left."""

    def __init__(self, var: Path, port: int, **variables: str) -> None:
        self.var, self.port = var, port
        self.output = Path(tempfile.mkdtemp(prefix="output-")) / "output.txt"
        given = {name: value for name, value in os.environ.items() if name not in LAPTOP and name != "BASE_URL"}
        self.environment = given | {"VAR_DIR": str(var), "PORT": str(port), "DEMO": "0"} | variables
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **options: object) -> "Run":
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                [sys.executable, "-m", "rewards_portal.run"],
                **({"cwd": ROOT, "env": self.environment, "stdout": out, "stderr": subprocess.STDOUT} | options),
            )
        return self

    def until_ready(self) -> "Run":
        assert self.process
        deadline = time.monotonic() + READY_SECONDS
        while "Ctrl-C stops everything" not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.05)
        return self

    def wait(self) -> int:
        assert self.process
        return self.process.wait(60)

    @property
    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def left(self) -> list[str]:
        """Return the processes that still belong to this run, PostgreSQL's too, by the folder they name."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("VAR_DIR") == str(self.var) or str(self.var) in " ".join(process.cmdline())
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
            except psutil.Error:
                continue
        return found

    def assert_nothing_left(self) -> None:
        deadline = time.monotonic() + GONE_SECONDS
        while left := self.left():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


@contextmanager
def running(var: Path, port: int, **variables: str) -> Iterator[Run]:
    run = Run(var, port, **variables)
    try:
        yield run.start().until_ready()
    finally:
        assert run.process
        run.process.terminate()
        run.wait()
        run.assert_nothing_left()


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A folder whose database is made by the first test that runs and kept for the others.

    Not one of pytest's: each start of pytest closes the folder above those to everybody but its owner, and PostgreSQL
    runs as another user where we are root.
    """
    with tempfile.TemporaryDirectory(prefix="rewards-run-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "var"


def refused(var: Path, port: int, **variables: str) -> str:
    """Run where it cannot, and return the one sentence it says."""
    run = Run(var, port, **variables).start()
    assert run.wait() == 1
    run.assert_nothing_left()
    return run.printed.strip()


def test_it_serves_until_ctrl_c_and_leaves_nothing(var: Path) -> None:
    port = free_port()
    run = Run(var, port).start().until_ready()

    assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200
    assert f"http://127.0.0.1:{port} " in run.printed
    assert len(run.printed.splitlines()) < 30
    assert run.process
    run.process.send_signal(signal.SIGINT)

    assert run.wait() == 0
    assert run.printed.rstrip().endswith("Stopping …")
    run.assert_nothing_left()


def test_the_command_it_prints_credits_points(var: Path) -> None:
    with running(var, free_port(), DEMO="1") as run:
        command = run.printed[run.printed.index("curl -s") : run.printed.index("\n\n  Logs are in")]
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True)

        credit = json.loads(done.stdout)
        assert (credit["status"], credit["recipient"], credit["points"]) == ("credited", "E10482", 500)
        secret = re.search(r'user = "[^:]+:([^"]+)"', (var / "demo-client.curl").read_text())
        assert secret
        assert secret[1] not in run.printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_leaves_nothing_when_it_is_killed(var: Path, number: signal.Signals) -> None:
    run = Run(var, free_port()).start().until_ready()
    assert run.process

    run.process.send_signal(number)

    assert run.wait() == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    run.assert_nothing_left()


def test_it_leaves_nothing_when_it_is_killed_while_it_starts(var: Path) -> None:
    run = Run(var, free_port()).start()
    assert run.process
    while "Database" not in run.printed:
        time.sleep(0.02)

    run.process.kill()

    run.wait()
    run.assert_nothing_left()


def test_it_leaves_nothing_when_its_guardian_is_killed(var: Path) -> None:
    run = Run(var, free_port()).start().until_ready()
    assert run.process
    (guardian,) = (
        child for child in psutil.Process(run.process.pid).children() if "guardian.py" in " ".join(child.cmdline())
    )

    guardian.kill()

    assert run.wait() == 1
    assert "The guardian ended by itself" in run.printed
    run.assert_nothing_left()


def test_it_ends_when_its_terminal_closes(var: Path) -> None:
    ours, theirs = pty.openpty()
    run = Run(var, free_port())

    def take_the_terminal() -> None:
        os.setsid()
        os.close(os.open(os.ttyname(theirs), os.O_RDWR))  # the first one opened becomes the controlling terminal

    run.start(stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=take_the_terminal)
    os.close(theirs)
    shown = b""
    while b"Ctrl-C stops everything" not in shown:
        shown += os.read(ours, 4096)

    os.close(ours)

    run.wait()
    run.assert_nothing_left()


def test_a_process_that_ends_by_itself_ends_the_run_with_its_last_words(var: Path) -> None:
    run = Run(var, free_port()).start().until_ready()
    assert run.process
    (worker,) = (child for child in psutil.Process(run.process.pid).children() if "worker" in child.cmdline())

    os.killpg(worker.pid, signal.SIGKILL)

    assert run.wait() == 1
    assert run.printed.rstrip().endswith(f"The whole of its log is in {var}/log/worker.log.")
    run.assert_nothing_left()


def test_a_second_one_is_refused_and_the_first_goes_on(var: Path) -> None:
    port, other = free_port(), free_port()
    with running(var, port) as first:
        second = Run(var, other).start()

        assert second.wait() == 1
        assert first.process
        assert second.printed.strip() == (
            f"The portal runs already (process {first.process.pid}, http://127.0.0.1:{port}). Stop it with Ctrl-C, or "
            f"run another beside it: make run VAR_DIR=/another/folder PORT={other % 65535 + 1}."
        )
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200


def test_what_a_cut_off_run_left_is_said_and_does_not_matter(var: Path) -> None:
    run = Run(var, free_port()).start().until_ready()
    assert run.process
    run.process.kill()
    run.wait()
    run.assert_nothing_left()
    # As after a power cut: PostgreSQL's pid file names a process that is now somebody else's.
    (var / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{var}/postgres\n1700000000\n5432\n{var}/postgres\n\n  1 1\nready   \n"
    )

    with running(var, free_port()) as again:
        assert again.printed.splitlines()[0] == (
            f"The last run was cut off (process {run.process.pid}, http://127.0.0.1:{run.port}); its state is kept and "
            "this one carries on."
        )


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = refused(tmp_path / "var", port)

    assert said == f"Port {port} is in use. Choose another one: make run PORT={port + 1}."


@pytest.mark.parametrize("port", ["eight", "0", "65536", "-1"])
def test_a_port_that_is_none_is_one_sentence(tmp_path: Path, port: str) -> None:
    assert refused(tmp_path / "var", 0, PORT=port) == f"PORT has to be a number from 1 to 65535, not “{port}”."


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "a-file"  # nobody, not even root, makes a folder in a file
    file.touch()

    assert refused(file / "var", free_port()) == (
        f"{file}/var cannot be written to (Not a directory). Make it writable, or name another: "
        "make run VAR_DIR=/a/folder."
    )


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    said = refused(tmp_path / "var", free_port(), DATABASE_URL="postgres://portal:hunter2@127.0.0.1:1/portal")

    assert re.search(r"The database does not answer \(127\.0\.0\.1, database portal\): .*Check DATABASE_URL\.$", said)
    assert "hunter2" not in said


def test_a_broker_that_does_not_answer_is_one_sentence(tmp_path: Path, var: Path) -> None:
    said = refused(var, free_port(), BROKER_URL="amqp://portal:hunter2@127.0.0.1:1//")

    assert re.search(r"The broker does not answer \(127\.0\.0\.1:1//\): \w+\. Check BROKER_URL\.$", said)
    assert "hunter2" not in said
