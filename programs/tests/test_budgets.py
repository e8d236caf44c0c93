"""Budgets of departments, transfers between budgets, and the end of a year."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from approvals.errors import AlreadyDecided, MayNotDecide
from messaging.models import Message
from people.models import Department, Person
from people.tests.factories import make_person
from programs import budget_queries, queries
from programs.enums import ApprovalSubject, BudgetStatus
from programs.errors import (
    BudgetClosed,
    DepartmentHasBudget,
    OverBudget,
    PointsOutOfRange,
    ReasonMissing,
    SameBudget,
    UnknownBudget,
    YearClosed,
)
from programs.models import BudgetClosing, BudgetTransfer, DepartmentBudget, Funding, LowBudget, Programme
from programs.operations import (
    adjustments,
    budget_closings,
    budget_transfers,
    budgets,
    crediting,
    department_budgets,
    fundings,
    points_requests,
    reversals,
)
from programs.operations.points_requests import submit
from programs.tests.factories import AT, approvers, credited, make_programme, new, submit_one
from programs.tests.test_ledger_rules import without_triggers
from wallets.ledger_rules import findings
from wallets.models import Account
from wallets.operations import accounts

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 5, 5, 9, 0, tzinfo=UTC)


def left(budget: Programme | DepartmentBudget) -> int:
    account_id = budget.budget_id if isinstance(budget, Programme) else budget.account_id
    return Account.objects.get(pk=account_id).points


def make_department_budget(programme: Programme, points: int = 0, name: str = "Sales") -> DepartmentBudget:
    department = Department.objects.get_or_create(name=name)[0]
    budget = department_budgets.give(programme=programme, department=department, by=None, at=AT)
    if points:
        move(programme.budget_id, budget.account_id, points)
    return budget


def move(from_account_id: Any, to_account_id: Any, points: int, **fields: Any) -> BudgetTransfer:
    by = fields.pop("by", None) or make_person()
    content = {"from_account_id": from_account_id, "to_account_id": to_account_id, "reason": "Plan 2026"}
    return budget_transfers.propose(**{**content, "points": points, "by": by, "at": AT, **fields})


def make_approver() -> Person:
    approver = make_person()
    approver.groups.add(approvers())
    return approver


def with_threshold(programme: Programme, over: int = 1000) -> Programme:
    programme.approval_steps.create(applies_to=ApprovalSubject.FUNDINGS, over=over, approvals=1, group=approvers())
    return programme


class TestDepartments:
    def test_people_of_a_department_draw_from_its_budget_and_others_from_the_programmes(self) -> None:
        programme = make_programme(budget=10_000)
        sales = make_department_budget(programme, 2000)
        ana, ben = make_person(department=sales.department), make_person()
        credited(programme, ana, points=700)
        credited(programme, ben, points=300)
        assert (left(sales), left(programme)) == (1300, 7700)
        assert list(findings()) == []

    def test_each_programme_of_a_list_has_its_own_budgets_of_departments(self) -> None:
        one, other = make_programme(budget=10_000), make_programme(budget=10_000)
        budgets_ = [make_department_budget(programme, 2000) for programme in (one, other)]
        ana = make_person(department=budgets_[0].department)
        submit([new(one, ana), new(other, ana, points=300), new(one, ana)], at=AT)
        assert [left(each) for each in budgets_] == [1000, 1700]

    def test_refusal_names_the_department_and_nothing_is_taken_elsewhere(self) -> None:
        programme = make_programme(budget=10_000)
        sales = make_department_budget(programme, 499)
        error = submit_one(programme, make_person(department=sales.department)).error
        assert isinstance(error, OverBudget)
        assert error.detail.startswith(f"points: the budget of Sales in {programme.slug} holds fewer than 500 points.")
        assert (left(sales), left(programme)) == (499, 9501)

    def test_approval_parking_reversal_and_adjustment_use_the_departments_budget(self) -> None:
        programme = make_programme(budget=10_000, steps=[(600, 1)], unknown_recipients="park")
        sales, approver = make_department_budget(programme, 5000), make_approver()
        ana = make_person(department=sales.department)
        waiting = credited(programme, ana, points=700)
        points_requests.approve(waiting.pk, by=approver, at=AT)
        credited(programme, recipient="E900", points=100)
        make_person(employee_number="E900", department=sales.department)
        points_requests.release_parked(at=AT, limit=10)
        reversals.reverse(waiting.pk, points=200, reason="Too many", by=approver, at=AT)
        for points in (50, -20):
            proposed = adjustments.propose(
                programme=programme, person=ana, points=points, reason="x", by=make_person(), at=AT
            )
            adjustments.approve(proposed.pk, by=approver, at=AT)
        assert (left(sales), left(programme)) == (5000 - 700 - 100 + 200 - 50 + 20, 5000)
        assert list(findings()) == []

    def test_closed_budget_gives_back_what_it_has_and_the_programme_pays_from_then_on(self) -> None:
        programme = make_programme(budget=10_000)
        sales = make_department_budget(programme, 2000)
        ana = make_person(department=sales.department)
        row = credited(programme, ana, points=500)
        department_budgets.close(sales.pk, by=None, at=AT)
        assert left(programme) == 9500
        credited(programme, ana, points=100)
        assert left(programme) == 9400
        reversals.reverse(row.pk, reason="Wrong", by=make_person(), at=AT)  # paid by what is closed
        assert Account.objects.get(kind="reversed").points == 500
        with pytest.raises(BudgetClosed):
            department_budgets.close(sales.pk, by=None, at=AT)
        with pytest.raises(BudgetClosed):
            move(programme.budget_id, sales.account_id, 1)
        make_department_budget(programme, 10)
        assert list(findings()) == []

    def test_budget_that_is_closed_just_before_the_credit_is_said_to_be(self) -> None:
        programme = make_programme(budget=10_000, steps=[(100, 1)])
        sales = make_department_budget(programme, 2000)
        ana = make_person(department=sales.department)
        row, known = credited(programme, ana), queries.payers([programme.pk])
        department_budgets.close(sales.pk, by=None, at=AT)
        [refused] = crediting.post([row], wallets=accounts.open_wallets([ana.pk]), payers=known, at=AT)
        assert isinstance(refused, OverBudget)
        assert refused.detail == (
            f"points: the budget of Sales in {programme.slug} was closed just now. "
            "Ask again: the programme's pays from now on."
        )
        assert refused.pointer == "/points"
        assert left(programme) == 10_000

    def test_second_budget_of_a_department_is_refused(self) -> None:
        programme = make_programme()
        sales = make_department_budget(programme)
        with pytest.raises(DepartmentHasBudget):
            department_budgets.give(programme=programme, department=sales.department, by=None, at=AT)
        with pytest.raises(IntegrityError), transaction.atomic():
            DepartmentBudget.objects.create(
                programme=programme,
                department=sales.department,
                account=Account.objects.create(kind="budget", name="x"),
                opened_at=AT,
            )

    def test_budget_of_a_department_is_kept(self) -> None:
        sales = make_department_budget(make_programme())
        for wrong in ({"department_id": Department.objects.create(name="Law").pk}, {"programme": make_programme()}):
            with pytest.raises(DatabaseError), transaction.atomic():
                DepartmentBudget.objects.filter(pk=sales.pk).update(**wrong)
        with pytest.raises(DatabaseError), transaction.atomic():
            sales.delete()

    @pytest.mark.parametrize("count", [1, 3])
    def test_credit_takes_no_further_statement(self, count: int, django_assert_num_queries: Any) -> None:
        programme = make_programme()
        for number in range(count):
            sales = make_department_budget(programme, 1000, name=f"Sales {number}")
        ana = make_person(department=sales.department)
        credited(programme, ana, points=1)
        with django_assert_num_queries(2 + 2):  # a savepoint; look up, write
            submit_one(programme, ana)


class TestTransfers:
    def test_points_move_at_once_below_the_threshold(self) -> None:
        first, second = with_threshold(make_programme(budget=5000)), make_programme(budget=100)
        row = move(first.budget_id, second.budget_id, 1000)
        assert (row.status, left(first), left(second)) == (BudgetStatus.POSTED, 4000, 1100)
        assert (queries.budget(first).funded, queries.budget(second).funded) == (4000, 1100)
        assert list(findings()) == []

    def test_above_the_threshold_a_second_person_decides(self) -> None:
        first, second = with_threshold(make_programme(budget=5000)), make_programme(budget=0)
        hr, approver = make_approver(), make_approver()
        row = move(first.budget_id, second.budget_id, 1001, by=hr)
        assert (row.status, left(first)) == (BudgetStatus.WAITING, 5000)
        with pytest.raises(MayNotDecide):
            budget_transfers.approve(row.pk, by=hr, at=LATER)
        budget_transfers.approve(row.pk, by=approver, at=LATER)
        assert (left(first), left(second)) == (3999, 1001)
        with pytest.raises(AlreadyDecided):
            budget_transfers.approve(row.pk, by=approver, at=LATER)
        assert list(findings()) == []

    def test_rejected_one_moves_nothing_and_its_proposer_is_told(self) -> None:
        first, second, hr = with_threshold(make_programme()), make_programme(budget=0), make_person()
        row = move(first.budget_id, second.budget_id, 5000, by=hr)
        budget_transfers.reject(row.pk, by=make_approver(), note="Not this year", at=LATER)
        assert (left(second), Message.objects.get(person=hr).body.count("Not this year")) == (0, 1)
        assert list(findings()) == []

    def test_approved_one_that_is_too_large_by_then_stays_waiting(self) -> None:
        first, second = with_threshold(make_programme(budget=5000)), make_programme(budget=0)
        row = move(first.budget_id, second.budget_id, 4800)
        credited(first, make_person(), points=500)
        with pytest.raises(OverBudget, match="holds 4,500 points, and 4,800 were to be moved"):
            budget_transfers.approve(row.pk, by=make_approver(), at=LATER)
        row.refresh_from_db()
        assert (row.status, row.approval.decisions.count()) == (BudgetStatus.WAITING, 0)  # type: ignore[union-attr]

    @pytest.mark.parametrize("points", [0, -5, 10**12 + 1, True, 1.0, "5"])
    def test_impossible_points_are_refused(self, points: Any) -> None:
        first, second = make_programme(), make_programme()
        with pytest.raises(PointsOutOfRange):
            move(first.budget_id, second.budget_id, points)

    def test_same_unknown_or_empty_is_refused_by_name(self) -> None:
        first, second, wallet = make_programme(budget=10), make_programme(), Account.objects.create(kind="suspense")
        with pytest.raises(SameBudget):
            move(first.budget_id, first.budget_id, 1)
        with pytest.raises(UnknownBudget):
            move(first.budget_id, wallet.pk, 1)
        with pytest.raises(OverBudget):
            move(first.budget_id, second.budget_id, 11)
        with pytest.raises(ReasonMissing):
            move(first.budget_id, second.budget_id, 1, reason=" ")
        assert BudgetTransfer.objects.count() == 0

    def test_form_sent_twice_moves_once(self) -> None:
        first, second = make_programme(budget=10), make_programme(budget=0)
        row = move(first.budget_id, second.budget_id, 4)
        assert move(first.budget_id, second.budget_id, 4, transfer_id=row.pk) == row
        assert left(second) == 4

    def test_database_keeps_it_and_posts_none_that_is_not_approved(self) -> None:
        first, second = with_threshold(make_programme(budget=5000)), make_programme(budget=0)
        done, waiting = move(first.budget_id, second.budget_id, 5), move(first.budget_id, second.budget_id, 2000)
        for row, change in (
            (done, {"points": 6}),
            (waiting, {"points": 6}),
            (waiting, {"status": "posted", "transfer": None, "closed_at": AT}),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                BudgetTransfer.objects.filter(pk=row.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            done.delete()


class TestFundings:
    def test_above_the_threshold_a_second_person_decides(self) -> None:
        programme, finance, approver = with_threshold(make_programme(budget=0)), make_approver(), make_approver()
        small = fundings.fund(programme=programme, points=1000, reference="PO 1", by=finance, at=AT)
        large = fundings.fund(programme=programme, points=1001, reference="PO 2", by=finance, at=AT)
        assert (small.status, large.status, left(programme)) == (BudgetStatus.POSTED, BudgetStatus.WAITING, 1000)
        with pytest.raises(MayNotDecide):
            fundings.approve(large.pk, by=finance, at=AT)
        fundings.approve(large.pk, by=approver, at=LATER)
        assert (left(programme), Funding.objects.get(pk=large.pk).funded_at) == (2001, LATER)
        assert queries.budget(programme).funded == 2001
        assert list(findings()) == []

    def test_rejected_one_is_never_in_the_budget(self) -> None:
        programme, finance = with_threshold(make_programme(budget=0)), make_person()
        row = fundings.fund(programme=programme, points=2000, reference="PO", by=finance, at=AT)
        fundings.reject(row.pk, by=make_approver(), note="Which PO?", at=AT)
        assert (left(programme), queries.budget(programme).funded) == (0, 0)
        with pytest.raises(DatabaseError), transaction.atomic():
            Funding.objects.filter(pk=row.pk).update(status="waiting")
        assert list(findings()) == []

    def test_systems_funding_waits_for_nobody(self) -> None:
        programme = with_threshold(make_programme(budget=0))
        assert fundings.fund(programme=programme, points=5000, reference="ERP", at=AT).status == BudgetStatus.POSTED

    def test_closed_budget_is_not_funded(self) -> None:
        programme = make_programme(budget=0)
        Account.objects.filter(pk=programme.budget_id).update(closed_at=AT)
        with pytest.raises(BudgetClosed):
            fundings.fund(programme=programme, points=5, reference="", at=AT)


class TestClosing:
    def close(self, programme: Programme, year: int, carry_over_max: int = 0) -> BudgetClosing:
        row = budget_closings.propose(
            programme=programme, year=year, carry_over_max=carry_over_max, by=make_person(), at=AT
        )
        return budget_closings.approve(row.pk, by=make_approver(), at=LATER)

    def test_what_is_left_goes_back_but_for_what_is_carried_over_and_figures_are_kept(self) -> None:
        programme, other = make_programme(budget=10_000), make_programme(budget=1000)
        sales, ana = make_department_budget(programme, 2000), make_person()
        row = credited(programme, ana, points=700)
        reversals.reverse(row.pk, points=200, reason="x", by=make_person(), at=AT)
        move(other.budget_id, programme.budget_id, 300)
        closing = self.close(programme, 2025, 1500)
        kept = ("opening", "funded", "credited", "taken_back", "adjusted", "moved", "returned", "carried_over")
        assert {name: getattr(closing, name) for name in kept} == {
            **{"opening": 0, "funded": 10_000, "credited": 700, "taken_back": 200, "adjusted": 0, "moved": 300},
            **{"returned": 8300, "carried_over": 1500},
        }
        assert (left(sales), left(programme), left(other)) == (0, 1500, 700)
        assert budget_queries.figures(programme) == budget_queries.Figures(1500, 0, 0, 0, 0, 1500)
        credited(programme, ana, points=400)
        fundings.fund(programme=programme, points=50, reference="", at=AT)
        second = self.close(programme, 2026)
        assert (second.opening, second.funded, second.credited, second.returned) == (1500, 50, 400, 1150)
        assert list(findings()) == []

    def test_nobody_closes_alone(self) -> None:
        programme, approver = make_programme(), make_approver()
        row = budget_closings.propose(programme=programme, year=2025, carry_over_max=0, by=approver, at=AT)
        with pytest.raises(MayNotDecide):
            budget_closings.approve(row.pk, by=approver, at=AT)
        with pytest.raises(DatabaseError), transaction.atomic():
            BudgetClosing.objects.filter(pk=row.pk).update(
                status="posted", closed_at=AT, ledger_id=row.pk, opening=0, funded=0, credited=0, taken_back=0,
                adjusted=0, moved=0, returned=0, carried_over=0,
            )  # fmt: skip

    def test_year_is_closed_once_in_order_and_not_before_it_begins(self) -> None:
        programme = make_programme()
        self.close(programme, 2025)
        for year in (2025, 2024, 2027, 1999, "2026"):
            with pytest.raises(YearClosed):
                budget_closings.propose(
                    programme=programme,
                    year=year,
                    carry_over_max=0,
                    by=make_person(),
                    at=AT,  # type: ignore[arg-type]
                )
        for carry in (-1, 10**12 + 1):
            with pytest.raises(PointsOutOfRange):
                budget_closings.propose(programme=programme, year=2026, carry_over_max=carry, by=make_person(), at=AT)

    def test_rejected_closing_changes_nothing_and_may_be_proposed_again(self) -> None:
        programme = make_programme(budget=10)
        row = budget_closings.propose(programme=programme, year=2025, carry_over_max=0, by=make_person(), at=AT)
        budget_closings.reject(row.pk, by=make_approver(), note="Wait for December", at=AT)
        assert left(programme) == 10
        self.close(programme, 2025, 100)
        assert left(programme) == 10

    def test_empty_budget_is_closed_without_a_transfer(self) -> None:
        assert self.close(make_programme(budget=0), 2025).transfers.count() == 0
        assert list(findings()) == []


class TestLow:
    def test_low_budget_is_told_once_until_it_is_above_again(self) -> None:
        programme, finance = make_programme(budget=1000, budget_low_at=500), make_person()
        self.let_fund(finance)
        budgets.notice(at=AT)
        assert Message.objects.filter(kind="budget_low").count() == 0
        credited(programme, make_person(), points=500)
        assert (budgets.notice(at=AT), budgets.notice(at=LATER)) == (1, 0)
        told = Message.objects.get(kind="budget_low")
        assert (told.person, told.title) == (finance, f"The budget of {programme} runs low")
        fundings.fund(programme=programme, points=100, reference="", at=AT)
        assert (budgets.notice(at=LATER), LowBudget.objects.filter(ended_at=None).count()) == (0, 0)
        credited(programme, make_person(), points=100)
        assert budgets.notice(at=LATER) == 1

    def test_department_has_a_mark_of_its_own(self) -> None:
        programme = make_programme(budget=1000, budget_low_at=900)
        sales = make_department_budget(programme, 50)
        assert budgets.notice(at=AT) == 0
        DepartmentBudget.objects.filter(pk=sales.pk).update(low_at=50)
        assert budgets.notice(at=AT) == 1

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements_do_not_grow(self, count: int, django_assert_max_num_queries: Any) -> None:
        self.let_fund(make_person())
        for _ in range(count):
            make_programme(budget=10, budget_low_at=50)
        with django_assert_max_num_queries(9):
            assert budgets.notice(at=AT) == count

    @staticmethod
    def let_fund(person: Person) -> None:
        from django.contrib.auth.models import Group

        person.groups.add(Group.objects.get(name="Finance"))


def test_what_nobody_asked_for_is_found() -> None:
    first, second = make_programme(budget=1000), make_programme(budget=0)
    changed, removed = (move(first.budget_id, second.budget_id, 5) for _ in range(2))
    closing = TestClosing().close(second, 2025)
    assert list(findings()) == []
    with without_triggers():
        BudgetTransfer.objects.filter(pk=changed.pk).update(points=6)
        BudgetTransfer.objects.filter(pk=removed.pk).delete()
        BudgetClosing.objects.filter(pk=closing.pk).update(credited=1, funded=1)
    found = {(each.rule, each.id) for each in findings()}
    assert found == {
        ("budget_transfer_as_written", str(changed.pk)),
        ("budget_transfer_was_asked", str(removed.transfer_id)),
        ("closing_as_written", str(closing.pk)),
        ("budget_conserved", str(first.pk)),
        ("budget_conserved", str(second.pk)),
    }
