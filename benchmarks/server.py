"""The portal as it runs in production, on its own PostgreSQL, for as long as a benchmark lasts."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from rewards_portal import laptop

PORT = 8765
START_SECONDS = 30


@contextmanager
def running() -> Iterator[int]:
    """Run gunicorn with the floors beside the portal; yield its port."""
    command = [
        *(sys.executable, "-m", "gunicorn", "benchmarks.wsgi:application", "--bind", f"127.0.0.1:{PORT}"),
        *("--workers", "4", "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"),
    ]
    process = subprocess.Popen(command, cwd=laptop.ROOT, env=os.environ)
    try:
        _wait(process)
        yield PORT
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not start.")
