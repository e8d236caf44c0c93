"""What is asked about budgets: what they got, gave and hold, how fast they go, and what they are called."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q

from api import ids
from people.models import Person
from programs.errors import BudgetClosed, UnknownBudget
from programs.models import DepartmentBudget, Programme
from wallets.models import Account

# Since the last closing. Everything but what was credited is few rows; that is what remains, as `budget_conserved` of
# check_ledger proves: no budget of a million credits is added up here.
FIGURES = """
WITH closing AS (
    SELECT ledger_id, carried_over FROM programs_budgetclosing
    WHERE programme_id = %(programme)s AND status = 'posted' ORDER BY ledger_id DESC LIMIT 1
), since AS (
    SELECT coalesce((SELECT ledger_id FROM closing), '00000000-0000-0000-0000-000000000000') AS id
), budget AS (
    SELECT account_id FROM programs_budget WHERE programme_id = %(programme)s
)
SELECT coalesce((SELECT carried_over FROM closing), 0),
    (SELECT coalesce(sum(points), 0)::bigint FROM programs_funding, since
     WHERE programme_id = %(programme)s AND transfer_id > since.id),
    (SELECT coalesce(sum(reversal.taken), 0)::bigint
     FROM since, programs_reversal reversal JOIN wallets_transfer t ON t.id = reversal.transfer_id
     WHERE t.id > since.id AND t.credit_id IN (SELECT account_id FROM budget)),
    (SELECT coalesce(sum(points), 0)::bigint FROM programs_adjustment, since
     WHERE programme_id = %(programme)s AND transfer_id > since.id),
    (SELECT coalesce(sum((to_account_id IN (SELECT account_id FROM budget))::integer * points
                         - (from_account_id IN (SELECT account_id FROM budget))::integer * points), 0)::bigint
     FROM programs_budgettransfer, since WHERE transfer_id > since.id
        AND (to_account_id IN (SELECT account_id FROM budget) OR from_account_id IN (SELECT account_id FROM budget))),
    (SELECT coalesce(sum(points), 0)::bigint FROM wallets_account WHERE id IN (SELECT account_id FROM budget))
"""

# A walk down the end of an index: a transfer counts from when it was recorded or earlier, so its id says where to stop.
DAYS = """
SELECT (effective_at AT TIME ZONE 'UTC')::date AS day,
    coalesce(sum(points) FILTER (WHERE kind = 'credit'), 0)::bigint, sum(change)::bigint
FROM (
    SELECT effective_at, points, kind, -points AS change FROM wallets_transfer
    WHERE debit_id = ANY(%(accounts)s) AND id >= %(first)s AND effective_at >= %(since)s
    UNION ALL
    SELECT effective_at, 0, '', points FROM wallets_transfer
    WHERE credit_id = ANY(%(accounts)s) AND id >= %(first)s AND effective_at >= %(since)s
) AS moved GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class BudgetName:
    """A budget as people know it: of a programme, or of a department in it."""

    account_id: UUID
    programme: Programme
    department: str = ""

    def __str__(self) -> str:
        return f"{self.programme}, {self.department}" if self.department else str(self.programme)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a programme's budgets, its own and its departments', got and gave since its last closing, and hold now.

    Args:
        opening: carried over from the year before.
        taken_back: what came back by reversals.
        adjusted: given by hand, less what was taken by hand.
        moved: came from other programmes, less what went to them.
    """

    opening: int
    funded: int
    taken_back: int
    adjusted: int
    moved: int
    left: int

    @property
    def credited(self) -> int:
        """Return what points requests were credited: all that came in and is no longer here."""
        return self.opening + self.funded + self.taken_back - self.adjusted + self.moved - self.left

    @property
    def available(self) -> int:
        """Return what there was to give since the last closing."""
        return self.opening + self.funded + self.moved


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC) of a budget: what it gave by points requests, and what it held when the day ended."""

    on: date
    given: int
    left: int


def figures(programme: Programme) -> Figures:
    """Return what a programme's budgets got, gave and hold; one query."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"programme": programme.pk})
        return Figures(*cursor.fetchone())


def names(account_ids: Collection[UUID]) -> dict[UUID, BudgetName]:
    """Return what these accounts are called, by account; who is no budget is absent."""
    departments = DepartmentBudget.objects.filter(account__in=account_ids).select_related("programme", "department")
    return {
        **{row.budget_id: BudgetName(row.budget_id, row) for row in Programme.objects.filter(budget__in=account_ids)},
        **{row.account_id: BudgetName(row.account_id, row.programme, row.department.name) for row in departments},
    }


def open_budgets() -> list[BudgetName]:
    """Return all budgets that points can move between, by programme, its own first."""
    own = [BudgetName(row.budget_id, row) for row in Programme.objects.filter(budget__closed_at=None)]
    rows = DepartmentBudget.objects.filter(closed_at=None).select_related("programme", "department")
    departments = [BudgetName(row.account_id, row.programme, row.department.name) for row in rows]
    return sorted([*own, *departments], key=lambda each: (str(each.programme), each.department))


def open_budget(account_id: UUID) -> BudgetName:
    """Return an open budget.

    Raises:
        UnknownBudget, BudgetClosed: there is none, or no more.
    """
    name = names([account_id]).get(account_id)
    if name is None:
        raise UnknownBudget("There is no such budget. Choose one of a programme or of a department in it.")
    if Account.objects.filter(pk=account_id, closed_at__isnull=False).exists():
        raise BudgetClosed(f"The budget of {name} is closed. Choose another.")
    return name


def paying(programme: Programme, person: Person | None) -> tuple[str, int]:
    """Return what the budget that pays for a person is called, and what it holds."""
    if person is not None and person.department_id is not None:
        rows = DepartmentBudget.objects.filter(programme=programme, department=person.department_id, closed_at=None)
        if row := rows.select_related("programme", "department", "account").first():
            return str(row), row.account.points
    return str(programme), Account.objects.values_list("points", flat=True).get(pk=programme.budget_id)


def accounts_of(programme: Programme) -> list[UUID]:
    """Return the accounts of a programme's budgets: its own and its departments', closed ones too."""
    budgets = Account.objects.filter(Q(programme=programme) | Q(department_budget__programme=programme))
    return list(budgets.order_by("pk").values_list("pk", flat=True))


def departments(programme: Programme) -> list[DepartmentBudget]:
    """Return a programme's open budgets of departments with what they hold, by the departments' names."""
    rows = DepartmentBudget.objects.filter(programme=programme, closed_at=None).select_related("department", "account")
    return list(rows.order_by("department__name"))


def days(account_ids: Iterable[UUID], *, count: int, at: datetime) -> list[Day]:
    """Return the last days of some budgets together, today the last, from two queries."""
    wanted = list(account_ids)
    today = at.astimezone(UTC).date()
    since = datetime.combine(today - timedelta(days=count - 1), datetime.min.time(), UTC)
    left = sum(Account.objects.filter(pk__in=wanted).values_list("points", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(DAYS, {"accounts": wanted, "first": ids.first_at(since), "since": since})
        moved = {day: (given, change) for day, given, change in cursor.fetchall()}
    found = []
    for back in range(count):
        day = today - timedelta(days=back)
        given, change = moved.get(day, (0, 0))
        found.append(Day(day, given, left))
        left -= change
    return found[::-1]
