"""Four eyes: in the operation, and in the database beneath it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from approvals import queries
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided, ContentChanged, MayNotDecide
from approvals.models import Approval, Decision
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
SEEN = "a" * 64

pytestmark = pytest.mark.django_db


def make_group() -> Group:
    return Group.objects.get_or_create(name="HR approvers")[0]


def make_approver(**fields: Any) -> Person:
    person = make_person(**fields)
    person.groups.add(make_group())
    return person


def ask(**fields: Any) -> Approval:
    asked = {
        "kind": "adjustment",
        "summary": "2,000 points for Ana",
        "content_hash": SEEN,
        "group_id": make_group().pk,
        "required": 1,
    }
    people = {"requested_by_id": None, "beneficiary_id": None}
    return approvals.ask([NewApproval(**(asked | people | fields))], at=AT)[0]


def decide(approval: Approval, by: Person, verdict: Verdict = Verdict.APPROVE, content_hash: str = SEEN) -> Approval:
    return approvals.decide(approval.pk, by=by, verdict=verdict, content_hash=content_hash, note="fine", at=AT)


def test_ask_costs_one_statement_for_one_and_for_three(django_assert_num_queries: Any) -> None:
    group_id = make_group().pk
    question = NewApproval(
        kind="adjustment",
        summary="x",
        content_hash=SEEN,
        group_id=group_id,
        required=1,
        requested_by_id=None,
        beneficiary_id=None,
    )
    with transaction.atomic(), django_assert_num_queries(1):
        approvals.ask([question], at=AT)
    with transaction.atomic(), django_assert_num_queries(1):
        asked = approvals.ask([question] * 3, at=AT)
    assert [approval.status for approval in asked] == [ApprovalStatus.WAITING] * 3


def test_decide_by_one_of_one_approves() -> None:
    approval = decide(ask(), make_approver())
    assert (approval.status, approval.closed_at) == (ApprovalStatus.APPROVED, AT)


def test_decide_by_one_of_two_keeps_waiting_and_by_the_second_approves() -> None:
    approval = ask(required=2)
    assert decide(approval, make_approver()).status == ApprovalStatus.WAITING
    assert decide(approval, make_approver()).status == ApprovalStatus.APPROVED


def test_decide_twice_by_the_same_person_counts_once() -> None:
    approval, approver = ask(required=2), make_approver()
    decide(approval, approver)
    with pytest.raises(AlreadyDecided):
        decide(approval, approver)
    assert Approval.objects.get(pk=approval.pk).status == ApprovalStatus.WAITING


def test_reject_closes_at_once() -> None:
    approval = decide(ask(required=2), make_approver(), Verdict.REJECT)
    assert (approval.status, approval.closed_at) == (ApprovalStatus.REJECTED, AT)


def test_decide_of_what_is_closed_is_refused() -> None:
    approval = ask()
    decide(approval, make_approver(), Verdict.REJECT)
    with pytest.raises(AlreadyDecided):
        decide(approval, make_approver())


def test_decide_on_changed_content_is_refused() -> None:
    with pytest.raises(ContentChanged):
        decide(ask(), make_approver(), content_hash="b" * 64)


def test_decide_by_the_requester_is_refused() -> None:
    approver = make_approver()
    with pytest.raises(MayNotDecide, match="You asked for this"):
        decide(ask(requested_by_id=approver.pk), approver)


def test_decide_by_the_beneficiary_is_refused() -> None:
    approver = make_approver()
    with pytest.raises(MayNotDecide, match="You gain from this"):
        decide(ask(beneficiary_id=approver.pk), approver)


def test_decide_by_a_superuser_outside_the_group_is_refused() -> None:
    with pytest.raises(MayNotDecide, match="Only members of HR approvers"):
        decide(ask(), make_person(is_staff=True, is_superuser=True))


def test_decide_by_somebody_suspended_meanwhile_is_refused() -> None:
    approval, approver = ask(), make_approver()
    Person.objects.filter(pk=approver.pk).update(status=PersonStatus.SUSPENDED)
    with pytest.raises(MayNotDecide, match="people who work here"):
        decide(approval, approver)


def insert_decision(approval: Approval, by: Person, verdict: Verdict = Verdict.APPROVE) -> None:
    with transaction.atomic():
        Decision.objects.create(approval=approval, by=by, verdict=verdict, decided_at=AT)


@pytest.mark.parametrize("role", ["requested_by_id", "beneficiary_id"])
def test_the_database_refuses_a_decision_by_whoever_asked_or_gains(role: str) -> None:
    approver = make_approver()
    with pytest.raises(IntegrityError, match="may not decide"):
        insert_decision(ask(**{role: approver.pk}), approver)


def test_the_database_refuses_a_decision_from_outside_the_group_or_by_the_inactive() -> None:
    for person in (make_person(is_superuser=True), make_approver(status=PersonStatus.LEFT)):
        with pytest.raises(IntegrityError, match="only active members"):
            insert_decision(ask(), person)


def test_the_database_refuses_a_yes_without_enough_approvers() -> None:
    approval = ask(required=2)
    insert_decision(approval, make_approver())
    for status in (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED):
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.filter(pk=approval.pk).update(status=status, closed_at=AT)


def test_the_database_refuses_to_lower_what_is_required_or_to_swap_the_content() -> None:
    approval = ask(required=2)
    changes: list[dict[str, Any]] = [{"required": 1}, {"content_hash": "b" * 64}, {"summary": "5 points for Ana"}]
    changes += [{"kind": "order_refund"}, {"programme": "other"}, {"points": 5}]
    for change in changes:
        with pytest.raises(IntegrityError, match="ask again"), transaction.atomic():
            Approval.objects.filter(pk=approval.pk).update(**change)


def test_the_database_refuses_to_change_or_remove_a_decision_or_an_approval() -> None:
    approval = ask(required=2)
    insert_decision(approval, make_approver())
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.update(verdict=Verdict.REJECT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=ask().pk).delete()


def test_the_database_refuses_an_approval_that_starts_approved() -> None:
    with pytest.raises(IntegrityError, match="starts waiting"), transaction.atomic():
        Approval.objects.create(
            kind="adjustment",
            summary="x",
            content_hash=SEEN,
            group=make_group(),
            status=ApprovalStatus.APPROVED,
            requested_at=AT,
            closed_at=AT,
        )


def test_withdraw_closes_what_nobody_asks_for_any_more() -> None:
    approver, approval = make_approver(), approvals.withdraw(ask().pk, at=AT)
    assert (approval.status, approval.closed_at) == (ApprovalStatus.WITHDRAWN, AT)
    with pytest.raises(AlreadyDecided, match="withdrawn already"):
        decide(approval, approver)
    with pytest.raises(AlreadyDecided):
        approvals.withdraw(approval.pk, at=AT)
    with pytest.raises(IntegrityError, match="ask again"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(status=ApprovalStatus.WAITING, closed_at=None)


def test_what_changed_since_it_was_asked_is_not_approved_but_may_be_rejected() -> None:
    approval, approver = ask(), make_approver()
    with pytest.raises(ContentChanged):
        decide(approval, approver, content_hash="b" * 64)
    assert decide(approval, approver, Verdict.REJECT, content_hash="b" * 64).status == ApprovalStatus.REJECTED


@pytest.mark.parametrize("kind", ["", None])
def test_the_database_refuses_an_approval_of_no_kind(kind: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ask(kind=kind)


def test_waiting_for_leaves_out_own_decided_and_closed() -> None:
    approver, colleague = make_approver(), make_approver()
    mine, gains = ask(requested_by_id=approver.pk), ask(beneficiary_id=approver.pk)
    decided, free = ask(required=2), ask()
    decide(decided, approver)
    decide(ask(), colleague)
    assert list(queries.waiting_for(approver)) == [free]
    assert set(queries.waiting_for(colleague)) == {mine, gains, decided, free}
    assert list(queries.waiting_for(make_person())) == []
