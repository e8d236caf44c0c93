"""Finds a Chromium for the browser tests, or installs one: `python -m tests.chromium` prints its path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOAD_SECONDS = 180
MISSING = (
    "The browser tests need Chromium. Install it (`.venv/bin/playwright install chromium`, or on Debian "
    "`apt-get install chromium`), name one with CHROMIUM=/path/to/it, or leave them out with BROWSER=0."
)


class NoChromium(Exception):
    """There is none; the text says what to install."""


def executable_path() -> str:
    """Return the path of the Chromium to drive.

    CHROMIUM names it; else Playwright's own, where it is installed; else one on the PATH.

    Raises:
        NoChromium: there is none, or the one named is not there.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise NoChromium(f"CHROMIUM names {named}, which is not there. {MISSING}")
        return named
    found = _playwrights_own() or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise NoChromium(MISSING)
    return found


def main() -> None:
    """Print the path, after an attempt to install one where there is none; print nothing where none is to be had."""
    if os.environ.get("BROWSER") == "0":
        return
    for install in (None, _install_playwrights_own, _install_debians):
        if install is not None:
            install()
        try:
            print(executable_path())
        except NoChromium as error:
            reason = error
        else:
            return
    print(reason, file=sys.stderr)


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _install_playwrights_own() -> None:
    _try([sys.executable, "-m", "playwright", "install", "chromium"])


def _install_debians() -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _try(["apt-get", "update", "-qq"])
        _try(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])


def _try(command: list[str]) -> None:
    """Run a command that may fail, its words kept off standard output."""
    print("Trying", " ".join(command), file=sys.stderr)
    try:
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=DOWNLOAD_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
