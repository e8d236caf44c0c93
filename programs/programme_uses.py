"""What was done with a programme that must not be forgotten: one that has any of it is ended, never deleted."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from programs.models import (
    Adjustment,
    BudgetClosing,
    BudgetTransfer,
    DepartmentBudget,
    Funding,
    PointsRequest,
    Programme,
    RuleChange,
    Upload,
)
from wallets.models import Transfer

USES: dict[str, Callable[[Programme], QuerySet[Any]]] = {
    "points requests": lambda each: PointsRequest.objects.filter(programme=each),
    "a funded budget": lambda each: Funding.objects.filter(programme=each),
    "a budget that points moved through": lambda each: Transfer.objects.filter(_either("debit", "credit", each)),
    "transfers of its budget": lambda each: BudgetTransfer.objects.filter(_either("from_account", "to_account", each)),
    "budgets of departments": lambda each: DepartmentBudget.objects.filter(programme=each),
    "closed years": lambda each: BudgetClosing.objects.filter(programme=each),
    "adjustments": lambda each: Adjustment.objects.filter(programme=each),
    "uploads": lambda each: Upload.objects.filter(programme=each),
    "rules that people decided about": lambda each: RuleChange.objects.filter(rule__programme=each),
}


def of(programme: Programme) -> str:
    """Return in words the first thing for which a programme must stay, as `points requests`; empty where it may go."""
    return next((name for name, rows in USES.items() if rows(programme).exists()), "")


def _either(one: str, other: str, programme: Programme) -> Q:
    return Q(**{one: programme.budget_id}) | Q(**{other: programme.budget_id})
