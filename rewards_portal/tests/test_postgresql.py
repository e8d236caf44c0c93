"""Kept connections: used without a question, and not used once they are dead."""

from collections.abc import Iterator
from pathlib import Path

import environ
import pytest
from django.db import connection

from api.tests.factories import api
from rewards_portal import laptop
from rewards_portal.postgresql import base
from rewards_portal.postgresql.base import DatabaseWrapper
from rewards_portal.tests.test_laptop import crash
from tests.database import connected

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[DatabaseWrapper]:
    """Return a connection of one thread that served a request just now."""
    wrapper = connection.copy()
    assert isinstance(wrapper, DatabaseWrapper)
    serve(wrapper)
    serve(wrapper)  # the first check of a new connection is a question
    yield wrapper
    wrapper.close()


def serve(wrapper: DatabaseWrapper) -> int:
    """Ask one thing as a request does, after what Django does first; return the server process that answered."""
    wrapper.close_if_unusable_or_obsolete()
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() AS served")
        return int(cursor.fetchone()[0])


def last_statement(pid: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
        return str(cursor.fetchone()[0])


def test_connection_in_use_is_not_asked_whether_it_lives(kept: DatabaseWrapper) -> None:
    pid = serve(kept)
    kept.close_if_unusable_or_obsolete()
    kept.close_if_health_check_failed()
    assert last_statement(pid).endswith("AS served")


def test_connection_that_was_idle_is_asked(kept: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = serve(kept)
    monkeypatch.setattr(base, "IDLE_SECONDS", 0)
    kept.close_if_unusable_or_obsolete()
    kept.close_if_health_check_failed()
    assert last_statement(pid) == "SELECT 1"


def test_connection_whose_server_process_was_killed_is_replaced(kept: DatabaseWrapper) -> None:
    pid = serve(kept)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        assert cursor.fetchone() == (True,)
    assert serve(kept) != pid


def test_connection_is_replaced_after_postgresql_crashed_and_came_back(tmp_path: Path, kept: DatabaseWrapper) -> None:
    folder = tmp_path / "postgres"
    url = laptop.start_postgres(folder)
    kept.close()
    kept.settings_dict |= environ.Env.db_url_config(url)
    first = [serve(kept) for _ in range(3)]
    crash(folder)
    assert laptop.start_postgres(folder) == url
    assert serve(kept) not in first
    kept.close()
    crash(folder)


def test_call_of_the_api_without_a_database_is_answered_503_and_the_next_one_served() -> None:
    client = api()
    with connected(HOST="127.0.0.1", PORT="1"):
        answer = client.get("/api/v1/wallets/E1")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "not_ready", "2")
    assert client.get("/api/v1/wallets/E1").status_code == 404
