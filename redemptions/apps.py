"""This room as a Django app."""

from django.apps import AppConfig


class RedemptionsConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "redemptions"

    def ready(self) -> None:
        """Have `check_ledger` prove this room's rules too."""
        from redemptions.ledger_rules import RULES
        from wallets import ledger_rules

        ledger_rules.register(*RULES)
