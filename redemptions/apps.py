"""This room as a Django app."""

from django.apps import AppConfig


class RedemptionsConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "redemptions"

    def ready(self) -> None:
        """Have `check_ledger` prove this room's rules too, and let its refunds be decided."""
        from approvals import matters
        from redemptions.ledger_rules import RULES
        from redemptions.matters import ORDER_REFUND
        from wallets import ledger_rules

        ledger_rules.register(*RULES)
        matters.register(ORDER_REFUND)
