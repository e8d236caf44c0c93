"""The databases of a benchmark: one that is new in every run, and one that is too large to be made in each."""

import functools
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from rewards_portal import laptop

SCHEMA, SMALL, LARGE = "bench_schema", "bench_small", "bench_large"


def make_small() -> None:
    """Make the small database anew: the portal's tables, empty."""
    _make_schema()
    _copy(SMALL)


def make_large(*, contents: str) -> bool:
    """Make the large database: the portal's tables, empty, for the caller to fill and then to `finish`.

    Args:
        contents: what it is to hold; a database that was finished with the same contents and tables stays.

    Returns:
        Whether it was made and must be filled.
    """
    _make_schema()
    if _label(LARGE) == _contents(contents):
        return False
    _copy(LARGE)
    return True


def finish_large(*, contents: str) -> None:
    """Write down what the large database holds now."""
    _set_label(LARGE, _contents(contents))


@contextmanager
def use(name: str) -> Iterator[None]:
    """Make this process, and those it starts meanwhile, use another database of the same server."""
    before = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    _switch(_url(name), name)
    try:
        yield
    finally:
        _switch(*before)


def bytes_of(name: str) -> int:
    """Return how much of the disk a database takes."""
    with _server() as server:
        return int(server.execute("SELECT pg_database_size(%s)", [name]).fetchone()[0])


def direct() -> psycopg.Connection:
    """Return a connection of the driver's own to the database in use, as a floor wants it."""
    return psycopg.connect(os.environ["DATABASE_URL"])


def _make_schema() -> None:
    """Make the portal's tables, once for each state of the migrations: all of them take half a minute."""
    key = _key()
    if _label(SCHEMA) == key:
        return
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(SCHEMA)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(SCHEMA)))
    with use(SCHEMA):
        call_command("migrate", verbosity=0)
    _set_label(SCHEMA, key)


def _copy(name: str) -> None:
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(SCHEMA)))


@functools.cache  # a migration that comes during a run counts for the next one
def _key() -> str:
    """Return what changes whenever a migration or its SQL does."""
    files = sorted([*laptop.ROOT.glob("*/migrations/*.py"), *laptop.ROOT.glob("*/sql/*.sql")])
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _contents(contents: str) -> str:
    return f"{_key()} {contents}"


def _label(name: str) -> str | None:
    with _server() as server:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        row = server.execute(query, [name]).fetchone()
    return row[0] if row else None


def _set_label(name: str, label: str) -> None:
    with _server() as server:
        server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(label)))


def _server() -> psycopg.Connection:
    return psycopg.connect(_url("postgres"), autocommit=True)


def _url(name: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def _switch(url: str, name: str) -> None:
    connection.close()
    os.environ["DATABASE_URL"] = url
    connection.settings_dict["NAME"] = name
