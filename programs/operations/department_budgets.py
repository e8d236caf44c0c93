"""Gives departments budgets of their own, and closes them."""

from datetime import datetime

from django.db import transaction

from people.models import Department, Person
from programs.errors import BudgetClosed, DepartmentHasBudget
from programs.models import DepartmentBudget, Programme
from programs.operations import budget_transfers
from programs.operations.programmes import actor
from wallets.operations import accounts
from wallets.operations.transactions import retried


def give(
    *, programme: Programme, department: Department, low_at: int | None = None, by: Person | None, at: datetime
) -> DepartmentBudget:
    """Give a department a budget of its own in a programme, empty: its people's points come from there from now on.

    Fill it by a transfer from the programme's budget.

    Args:
        low_at: points left at which somebody is told; None: never.

    Raises:
        DepartmentHasBudget: it has one already.
    """
    with transaction.atomic(), actor(by):
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        if DepartmentBudget.objects.filter(programme=programme, department=department, closed_at=None).exists():
            raise DepartmentHasBudget(
                f"department: {department} has a budget in {programme} already.", pointer="/department"
            )
        account = accounts.open_budget(f"Budget of {programme}, {department}"[:160])
        return DepartmentBudget.objects.create(
            programme=programme, department=department, account=account, low_at=low_at, opened_at=at
        )


@retried
def close(department_budget_id: int, *, by: Person | None, at: datetime) -> DepartmentBudget:
    """Close a department's budget: what is left goes back to the programme's, which pays for its people from now on.

    Raises:
        BudgetClosed: it is closed already.
    """
    with transaction.atomic(), actor(by):
        budget = DepartmentBudget.objects.select_for_update(of=("self",), no_key=True).select_related(
            "programme", "department", "account"
        )
        row = budget.get(pk=department_budget_id)
        if row.closed_at is not None:
            raise BudgetClosed(f"The budget of {row} is closed already.")
        budget_transfers.empty(row, reason=f"The budget of {row.department} was closed", by=by, at=at)
        accounts.close(row.account_id, at=at)
        row.closed_at = at
        row.save(update_fields=["closed_at"])
    return row
