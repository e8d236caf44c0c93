"""What every test shares."""

import pytest


@pytest.fixture(autouse=True)
def _flush_past_the_append_only_triggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a transactional test empty its database: the ledger's triggers refuse TRUNCATE to everybody else."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica;", *sql_list])

    monkeypatch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
