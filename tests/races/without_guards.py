"""Takes guards out of a running portal, for the controls of the races: those that a file in its folder names."""

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.models import QuerySet

from rewards_portal import laptop

ROW_LOCKS = "row locks"  # every SELECT … FOR UPDATE of the ORM
RETRIES = "retries"  # of a transaction that a deadlock broke
TURNS = "turns"  # the wait of one external_id's second order for its first


def is_missing(guard: str) -> bool:
    """Tell whether a guard is taken away at this moment."""
    return guard in Path(laptop.var() / "missing_guards").read_text().splitlines()


class WithoutGuards(AppConfig):
    """Puts itself before the guards."""

    name = "tests.races"
    label = "without_guards"

    def ready(self) -> None:
        from api import transactions
        from redemptions.operations import orders

        select_for_update, take_turn = QuerySet.select_for_update, orders._take_turn

        def unlocked(rows: QuerySet[Any], *args: Any, **kwargs: Any) -> QuerySet[Any]:
            return rows if is_missing(ROW_LOCKS) else select_for_update(rows, *args, **kwargs)

        def out_of_turn(*args: Any) -> None:
            if not is_missing(TURNS):
                take_turn(*args)

        class Retried(frozenset[str]):
            def __contains__(self, state: object) -> bool:
                return super().__contains__(state) and not is_missing(RETRIES)

        transactions.RETRIED = Retried(transactions.RETRIED)
        QuerySet.select_for_update = unlocked  # type: ignore[method-assign]
        orders._take_turn = out_of_turn
