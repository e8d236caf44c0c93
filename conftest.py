"""What every test shares."""

import os
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_append_only_triggers() -> Iterator[None]:
    """Let a transactional test empty its database: the ledger's triggers refuse TRUNCATE to everybody else.

    For the whole session, because pytest-django flushes after a test's own fixtures are gone.
    """
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica;", *sql_list])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


if "MUTANT_UNDER_TEST" in os.environ:  # tests/mutation.py

    @pytest.fixture(scope="session")
    def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
        """Give each mutant a fresh copy of the migrated database: what a killed one left there would kill the next."""
        from django.db import connection

        template, name = "test_rewards_portal", f"mutant_{os.getpid()}"
        with django_db_blocker.unblock():
            connection.close()
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")  # of a killed one that had the same process id
                cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            connection.settings_dict["NAME"] = name
            yield
            connection.close()
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
