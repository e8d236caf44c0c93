"""This room as a Django app."""

from pathlib import Path

from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "programs"

    def ready(self) -> None:
        """Let `check_ledger` prove that what was credited is what was asked for, and approved."""
        from wallets import ledger_rules

        rules = sorted((Path(__file__).parent / "sql" / "rules").glob("*.sql"))
        ledger_rules.register(*(ledger_rules.Rule(path.stem, path.read_text()) for path in rules))
