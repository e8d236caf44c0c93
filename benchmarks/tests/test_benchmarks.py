"""Every benchmark runs, with as little of everything as shows that it works, so that none rots between figures."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

RESULTS = settings.BASE_DIR / "benchmarks" / "RESULTS.md"


@pytest.mark.timeout(400)
def test_each_benchmark_runs() -> None:
    kept = RESULTS.read_text()
    # Not a folder of pytest's: those are closed to all others, and PostgreSQL runs as another user where we are root.
    with tempfile.TemporaryDirectory(prefix="rewards-bench-", ignore_cleanup_errors=True) as folder:
        done = smoke(Path(folder) / "var")
    assert done.returncode == 0, done.stderr[-4000:]
    assert re.findall(r"^\| (S\d) \|", done.stdout, re.MULTILINE) == ["S1", "S2", "S3", "S4", "S4", "S5", "S5", "S9"]
    assert RESULTS.read_text() == kept


def smoke(var: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR", "USER"}
    }
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke"],
        cwd=settings.BASE_DIR,
        env=environment | {"VAR_DIR": str(var)},
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
    )
