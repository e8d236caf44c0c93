"""A worked example for whoever keeps books: the budgets of two programmes and a department, from funding to closing.

A line is a step, then what each budget, Ana's wallet (Sales), Ben's (in no department) and funding hold after it. After
the colon stands why a step was refused. HR moves points and proposes; an approver decides what is over 1,000.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from api.errors import PortalError
from people.models import Department
from people.tests.factories import make_person
from programs.enums import BudgetStatus
from programs.models import BudgetClosing
from programs.operations import (
    adjustments,
    budget_closings,
    budget_transfers,
    department_budgets,
    fundings,
    points_requests,
    reversals,
)
from programs.operations.points_requests import NewPointsRequest
from programs.tests.factories import make_programme
from programs.tests.test_budgets import make_approver, with_threshold
from wallets.enums import AccountKind
from wallets.ledger_rules import findings
from wallets.models import Account
from wallets.operations import accounts

pytestmark = pytest.mark.django_db

TWO_YEARS_OF_A_BUDGET = """
date       | what happened                                        | values | sales | spot | ana | ben | funding
2025-01-02 | fund values with 5000                                |   5000 |     0 |    0 |   0 |   0 |   -5000
2025-01-02 | fund spot with 800                                   |   5000 |     0 |  800 |   0 |   0 |   -5800
2025-01-03 | credit ana 100: over_budget                          |   5000 |     0 |  800 |   0 |   0 |   -5800
2025-01-03 | move 1000 from values to sales                       |   4000 |  1000 |  800 |   0 |   0 |   -5800
2025-02-01 | credit ana 300                                       |   4000 |   700 |  800 | 300 |   0 |   -5800
2025-02-01 | credit ben 200                                       |   3800 |   700 |  800 | 300 | 200 |   -5800
2025-03-01 | credit ana 701: over_budget                          |   3800 |   700 |  800 | 300 | 200 |   -5800
2025-03-02 | take 100 of ana's last back                          |   3800 |   800 |  800 | 200 | 200 |   -5800
2025-04-01 | give ben 50 by hand                                  |   3750 |   800 |  800 | 200 | 250 |   -5800
2025-05-01 | move 250 from spot to values                         |   4000 |   800 |  550 | 200 | 250 |   -5800
2025-06-01 | move 1200 from values to sales, approved             |   2800 |  2000 |  550 | 200 | 250 |   -5800
2025-06-02 | move 3000 from values to spot, rejected              |   2800 |  2000 |  550 | 200 | 250 |   -5800
2025-12-31 | close 2025 of values, 1500 may stay                  |   1500 |     0 |  550 | 200 | 250 |   -2500
2026-01-05 | credit ana 10: over_budget                           |   1500 |     0 |  550 | 200 | 250 |   -2500
2026-01-06 | close sales                                          |   1500 |     0 |  550 | 200 | 250 |   -2500
2026-01-07 | credit ana 10                                        |   1490 |     0 |  550 | 210 | 250 |   -2500
2026-02-01 | close 2025 of values, 0 may stay: year_closed        |   1490 |     0 |  550 | 210 | 250 |   -2500
2026-02-01 | move 5 from values to sales: budget_closed           |   1490 |     0 |  550 | 210 | 250 |   -2500
2026-03-01 | close 2026 of values, 0 may stay                     |      0 |     0 |  550 | 210 | 250 |   -1010
"""
# opening + funded - credited + taken back - adjusted + moved = returned + carried over
YEARS = {
    2025: (0, 5000, 500, 100, 50, 250, 3300, 1500),
    2026: (1500, 0, 10, 0, 0, 0, 1490, 0),
}


class Book:
    """Does what a line says, and reads what the ledger says."""

    def __init__(self) -> None:
        self.hr, self.approver, self.at = make_person(), make_approver(), datetime(2025, 1, 1, tzinfo=UTC)
        sales = Department.objects.create(name="Sales")
        self.people = {"ana": make_person(department=sales), "ben": make_person()}
        self.programmes = {name: with_threshold(make_programme(slug=name, budget=0)) for name in ("values", "spot")}
        self.sales = department_budgets.give(
            programme=self.programmes["values"], department=sales, by=self.hr, at=self.at
        )
        wallets = accounts.open_wallets([person.pk for person in self.people.values()])
        self.accounts = {
            **{name: programme.budget_id for name, programme in self.programmes.items()},
            **{name: wallets[person.pk] for name, person in self.people.items()},
            "sales": self.sales.account_id,
            "funding": accounts.system(AccountKind.FUNDING).pk,
        }
        self.last: dict[str, Any] = {}

    def do(self, words: str) -> None:
        match words.replace(",", "").split():
            case ["fund", name, "with", points]:
                fundings.fund(programme=self.programmes[name], points=int(points), reference="PO", at=self.at)
            case ["credit", name, points]:
                self._credit(name, int(points))
            case ["take", points, "of", name, "last", "back"]:
                row = self.last[name.removesuffix("'s")]
                reversals.reverse(row.pk, points=int(points), reason="Too many", by=self.hr, at=self.at)
            case ["give", name, points, "by", "hand"]:
                self._adjust(name, int(points))
            case ["move", points, "from", source, "to", target, *decided]:
                self._move(int(points), source, target, decided)
            case ["close", "sales"]:
                department_budgets.close(self.sales.pk, by=self.hr, at=self.at)
            case ["close", year, "of", name, points, "may", "stay"]:
                self._close(int(year), name, int(points))
            case _:
                raise AssertionError(words)

    def _credit(self, name: str, points: int) -> None:
        asked = NewPointsRequest(
            programme="values",
            recipient=self.people[name].employee_number,
            points=points,
            reason="Q",
            source="api",  # type: ignore[arg-type]
        )
        [done] = points_requests.submit([asked], at=self.at)
        if done.error:
            raise done.error
        self.last[name] = done.points_request

    def _adjust(self, name: str, points: int) -> None:
        row = adjustments.propose(
            programme=self.programmes["values"],
            person=self.people[name],
            points=points,
            reason="Missed",
            by=self.hr,
            at=self.at,
        )
        adjustments.approve(row.pk, by=self.approver, at=self.at)

    def _move(self, points: int, source: str, target: str, decided: list[str]) -> None:
        row = budget_transfers.propose(
            from_account_id=self.accounts[source],
            to_account_id=self.accounts[target],
            points=points,
            reason="Plan",
            by=self.hr,
            at=self.at,
        )
        decide: dict[str, Callable[..., Any]] = {
            "approved": budget_transfers.approve,
            "rejected": budget_transfers.reject,
        }
        assert (row.status == BudgetStatus.WAITING) == bool(decided)
        for each in decided:
            decide[each](row.pk, by=self.approver, note="Seen", at=self.at)

    def _close(self, year: int, name: str, points: int) -> None:
        row = budget_closings.propose(
            programme=self.programmes[name], year=year, carry_over_max=points, by=self.hr, at=self.at
        )
        budget_closings.approve(row.pk, by=self.approver, at=self.at)


def test_two_years_of_a_budget() -> None:
    book = Book()
    header, *lines = ([cell.strip() for cell in line.split("|")] for line in TWO_YEARS_OF_A_BUDGET.strip().splitlines())
    for line in lines:
        day, what, *balances = line
        words, _, refusal = what.partition(": ")
        book.at, said = datetime.fromisoformat(f"{day}T12:00:00+00:00"), ""
        try:
            book.do(words)
        except PortalError as error:
            said = error.code
        assert said == refusal, line
        held = {name: Account.objects.get(pk=account_id).points for name, account_id in book.accounts.items()}
        assert [str(held[name]) for name in header[2:]] == balances, line
    kept = {
        row.year: (
            *(row.opening, row.funded, row.credited, row.taken_back, row.adjusted, row.moved),
            *(row.returned, row.carried_over),
        )
        for row in BudgetClosing.objects.all()
    }
    assert kept == YEARS
    assert list(findings()) == []
