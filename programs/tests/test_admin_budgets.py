"""The budget of a programme in the HR admin, as finance, HR, an approver and an auditor see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people.models import Department, Person
from people.tests.factories import make_person
from programs.enums import BudgetStatus
from programs.models import BudgetClosing, BudgetTransfer, DepartmentBudget, Funding, Programme
from programs.operations import fundings
from programs.operations.points_requests import submit
from programs.tests.factories import make_programme, new
from programs.tests.test_admin import page, said, signed_in
from programs.tests.test_budgets import left, make_department_budget, move, with_threshold
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db


def make_role(role: str) -> Person:
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person


def budget_page(programme: Programme) -> str:
    return reverse("admin:programs_programme_budget", args=[programme.pk])


def in_two_steps(client: Client, path: str, **fields: Any) -> tuple[str, Any]:
    """Fill a form in, look at what it would do, and press the button; return what was shown, and the last answer."""
    shown = client.post(path, fields | hidden(client.get(path)))
    return shown.content.decode(), client.post(path, fields | hidden(shown), follow=True)


def hidden(answer: Any) -> dict[str, str]:
    form = answer.context["form"]
    return {name: str(form[name].value() or "") for name in ("form_id", "shown")}


def test_page_says_what_was_funded_spent_and_is_left_and_how_long_it_lasts() -> None:
    programme, other = make_programme(budget=10_000, budget_low_at=500), make_programme(budget=400)
    today = timezone.now()
    for days in (40, 20, 1):
        submit([new(programme, make_person(), points=300)], at=today - timedelta(days=days))
    sales = make_department_budget(programme, 2000)
    move(other.budget_id, programme.budget_id, 100, reason="Spring budget")
    text = said(signed_in(make_role("Auditors")), budget_page(programme))
    for sentence in (
        ">9,200<",
        "At the rate of the last 30 days (20 a day) it lasts until",
        "At the rate of the last 90 days (10 a day) it lasts until",
        "Sales",
        "Spring budget",
        "Everybody else",
    ):
        assert sentence in text
    assert left(sales) == 2000
    assert "Fund the budget" not in text


def test_page_of_a_new_programme_says_that_it_knows_too_little() -> None:
    text = said(signed_in(make_role("Finance")), budget_page(make_programme(budget=0)))
    assert ("Nothing is left." in text, "Fund the budget" in text) == (True, True)
    programme = make_programme(budget=0)
    fundings.fund(programme=programme, points=5, reference="", at=timezone.now())
    text = said(signed_in(make_role("Finance")), budget_page(programme))
    assert "Not enough history for a forecast: 14 days since it was funded are needed." in text


def test_page_takes_the_same_queries_for_any_number() -> None:
    client, numbers = signed_in(make_role("Finance")), []
    for count in (1, 3):
        programme, other = make_programme(budget=10_000), make_programme()
        for number in range(count):
            make_department_budget(programme, 10, name=f"Department {number}")
            move(other.budget_id, programme.budget_id, 10)
        with CaptureQueriesContext(connection) as queries:
            said(client, budget_page(programme))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_finance_sees_what_funding_does_then_does_it() -> None:
    programme, finance = with_threshold(make_programme(name="Spotlight", budget=100)), make_role("Finance")
    client, path = signed_in(finance), reverse("admin:programs_programme_fund", args=[programme.pk])
    shown, _ = in_two_steps(client, path, points=900, reference="PO 1")
    assert ("Spotlight: 100 now, 1,000 after" in shown, "At once" in shown) == (True, True)
    shown, done = in_two_steps(client, path, points=5000, reference="PO 2")
    assert "Once HR approvers approve it: it is over 1,000" in shown
    assert "5,000 points for Spotlight wait for approval." in done.content.decode()
    assert list(Funding.objects.order_by("pk").values_list("points", "status")) == [
        (100, "posted"),
        (900, "posted"),
        (5000, "waiting"),
    ]
    approver = signed_in(make_role("HR approvers"))
    row = Funding.objects.get(points=5000)
    assert "1,000 now, 6,000 after" in said(approver, page(row))
    approver.post(reverse("admin:programs_funding_decide", args=[row.pk]), {"verdict": "approve"})
    assert left(programme) == 6000
    assert list(findings()) == []


@pytest.mark.parametrize("points", ["0", "-5", str(10**12 + 1), "x", "1.5", ""])
def test_impossible_points_are_said_at_their_field(points: str) -> None:
    client = signed_in(make_role("Finance"))
    path = reverse("admin:programs_programme_fund", args=[make_programme(budget=0).pk])
    answer = client.post(path, {"points": points} | hidden(client.get(path)))
    assert (answer.status_code, bool(answer.context["form"].errors["points"])) == (200, True)
    assert Funding.objects.count() == 0


def test_hr_moves_points_and_sees_both_budgets_before() -> None:
    first, second = make_programme(name="Values", budget=5000), make_programme(name="Spotlight", budget=10)
    client, path = signed_in(make_role("HR administrators")), reverse("admin:programs_budgettransfer_add")
    shown, done = in_two_steps(
        client, path, from_account=first.budget_id, to_account=second.budget_id, points=40, reason="Fewer events"
    )
    for sentence in ("Move 40 points from Values to Spotlight", "5,000 now, 4,960 after", "10 now, 50 after"):
        assert sentence in shown
    assert "Move 40 points from Values to Spotlight. Done." in done.content.decode()
    assert BudgetTransfer.objects.get().status == BudgetStatus.POSTED
    for fields, field in (
        ({"to_account": first.budget_id}, "to_account"),
        ({"points": 99_999}, "points"),
        ({"from_account": "nonsense"}, "from_account"),
    ):
        content = {"from_account": first.budget_id, "to_account": second.budget_id, "points": 1, "reason": "x"}
        _, answer = in_two_steps(client, path, **(content | fields))
        assert field in answer.context["form"].errors
    assert BudgetTransfer.objects.count() == 1


def test_year_is_closed_by_two_people() -> None:
    programme, finance = make_programme(name="Values", budget=5000), make_role("Finance")
    client, path = signed_in(finance), reverse("admin:programs_budgetclosing_add")
    shown, _ = in_two_steps(client, path, programme=programme.pk, year=2025, carry_over_max=1000)
    assert ("4,000 points to where points come from" in shown, "1,000 points for the next year" in shown) == (
        True,
        True,
    )
    row = BudgetClosing.objects.get()
    decide = reverse("admin:programs_budgetclosing_decide", args=[row.pk])
    approver = signed_in(make_role("HR approvers"))
    assert "Close 2025 of Values, up to 1,000 points stay" in said(approver, page(row))
    approver.post(decide, {"verdict": "approve"})
    assert (BudgetClosing.objects.get().status, left(programme)) == (BudgetStatus.POSTED, 1000)
    assert "2025" in said(client, budget_page(programme))
    _, answer = in_two_steps(client, path, programme=programme.pk, year=2025, carry_over_max=0)
    assert "year" in answer.context["form"].errors


def test_department_gets_a_budget_and_loses_it() -> None:
    programme, sales = make_programme(name="Values", budget=100), Department.objects.create(name="Sales")
    client, path = signed_in(make_role("HR administrators")), reverse("admin:programs_departmentbudget_add")
    in_two_steps(client, path, programme=programme.pk, department=sales.pk, low_at=5)
    row = DepartmentBudget.objects.get()
    assert client.post(page(row), {"low_at": 7}).status_code == 302
    row.refresh_from_db()
    assert row.low_at == 7
    _, answer = in_two_steps(client, path, programme=programme.pk, department=sales.pk)
    assert "department" in answer.context["form"].errors
    move(programme.budget_id, row.account_id, 60)
    shown, _ = in_two_steps(client, reverse("admin:programs_departmentbudget_close", args=[row.pk]))
    assert "60 go back to the budget of Values" in shown
    row.refresh_from_db()
    assert (row.closed_at is not None, left(programme)) == (True, 100)
    assert "Close the budget" not in said(client, page(row))


@pytest.mark.parametrize("role", ["Auditors", "HR approvers", "Integrations"])
def test_others_change_nothing(role: str) -> None:
    client, sales = signed_in(make_role(role)), make_department_budget(make_programme())
    for name in ("budgettransfer", "budgetclosing", "departmentbudget"):
        assert client.get(reverse(f"admin:programs_{name}_add")).status_code == 403
    assert client.post(reverse("admin:programs_departmentbudget_close", args=[sales.pk])).status_code == 403
    assert client.post(reverse("admin:programs_programme_fund", args=[sales.programme_id])).status_code == 403


@pytest.mark.parametrize("name", ["budgettransfer", "budgetclosing", "departmentbudget", "funding"])
def test_lists_take_the_same_queries_for_any_number(name: str) -> None:
    client, numbers = signed_in(make_role("Auditors")), []
    for count in (1, 2):
        for _ in range(count):
            programme = make_programme(budget=100)
            sales = make_department_budget(programme, 10, name=f"Sales {programme.pk}")
            move(sales.account_id, programme.budget_id, 5)
        with CaptureQueriesContext(connection) as queries:
            said(client, reverse(f"admin:programs_{name}_changelist"))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
