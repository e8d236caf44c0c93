"""This room as a Django app."""

from pathlib import Path

from django.apps import AppConfig

PROBED = {
    "adjustment_was_proposed",
    "budget_conserved",
    "budget_transfer_was_asked",
    "credit_as_requested",
    "credit_was_requested",
    "reversal_was_asked",
    "reversed_as_counted",
}


class ProgramsConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "programs"

    def ready(self) -> None:
        """Let `check_ledger` prove that what was credited was asked for and approved; let approvals be decided."""
        from approvals import matters
        from programs.budget_matters import BUDGET_MATTERS
        from programs.matters import MATTERS
        from wallets import ledger_rules

        matters.register(*MATTERS, *BUDGET_MATTERS)
        folder = Path(__file__).parent / "sql"
        probe = (folder / "probes" / "credits.sql").read_text()
        ledger_rules.register(
            *(
                ledger_rules.Rule(path.stem, path.read_text(), probe=probe if path.stem in PROBED else "")
                for path in sorted((folder / "rules").glob("*.sql"))
            )
        )
