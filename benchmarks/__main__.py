"""`make bench`: runs the benchmarks and prints a table of ratios; keeps the last one in RESULTS.md."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from rewards_portal import laptop

os.environ.setdefault("VAR_DIR", str(laptop.ROOT / "var" / "bench"))
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
os.environ.setdefault("BROKER_URL", "memory://")
laptop.apply_defaults()
os.environ["DEBUG"] = "0"
os.environ.update(
    {
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "SLACK_BOT_TOKEN": "bench",
        "BASE_URL": "https://127.0.0.1",
    }
)

HEAD = "| | measure | floor | ours | ratio | reach | p50 | p99 |\n|---|---|---|---|---|---|---|---|"


def main() -> None:
    """Run everything, print the table, write it down."""
    import django

    load = os.getloadavg()[0]
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from benchmarks import s1

    rows = [s1.measure()]
    table = "\n".join([HEAD, *rows])
    sys.stdout.write(table + "\n")
    Path(__file__).with_name("RESULTS.md").write_text(
        "# The last benchmark\n\n"
        "Made by `make bench`. Client, server and PostgreSQL share the machine; a ratio compares two things measured\n"
        "in the same run, and figures from different runs do not compare.\n\n"
        f"{table}\n\n{_machine()}, load before the run {load:.1f}, commit {_commit()}, {datetime.now(UTC):%Y-%m-%d}.\n"
    )


def _machine() -> str:
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores {platform.machine()}, {python}, PostgreSQL from the wheel"


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=laptop.ROOT, capture_output=True, text=True, check=False).stdout.strip() or "?"


if __name__ == "__main__":
    main()
