"""The portal as it runs in production, with the floors beside it, for as long as a benchmark lasts."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from rewards_portal import laptop
from rewards_portal.processes import Processes

START_SECONDS = 30


@contextmanager
def running() -> Iterator[int]:
    """Run gunicorn as `make run` does; yield its port."""
    port = _free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", "python:rewards_portal.gunicorn"),
        *("--bind", f"127.0.0.1:{port}"),
    ]
    with Processes(laptop.var() / "log", os.environ) as processes:
        processes.start("web", command)
        _wait(port, processes)
        yield port


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _wait(port: int, processes: Processes) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and not processes.ended():
        try:
            requests.get(f"http://127.0.0.1:{port}/healthz", timeout=START_SECONDS)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{processes.tail('web')}")
