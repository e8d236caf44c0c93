"""Approving and rejecting what waits."""

from typing import Any

import pytest

from approvals.errors import AlreadyDecided, MayNotDecide
from approvals.models import Decision
from messaging.models import Message
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs.enums import PointsRequestStatus
from programs.errors import OverBudget, RecipientInactive
from programs.models import PointsRequest
from programs.operations import fundings, points_requests
from programs.tests.factories import AT, approvers, credited, make_programme
from wallets.ledger_rules import findings
from wallets.models import Account
from wallets.tests.refusals import refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledger_stays_true() -> Any:
    yield
    assert list(findings()) == []


def make_approver() -> Person:
    person = make_person()
    person.groups.add(approvers())
    return person


def waiting(person: Person | None = None, *, required: int = 1, budget: int = 10_000, **fields: Any) -> PointsRequest:
    programme = make_programme(budget=budget, steps=[(1000, required)])
    return credited(programme, person or make_person(), points=2000, **fields)


def test_approve_credits_and_tells(django_assert_num_queries: Any) -> None:
    row, approver = waiting(), make_approver()
    with django_assert_num_queries(21):
        points_requests.approve(row.pk, by=approver, note="well done", at=AT)
    row.refresh_from_db()
    assert (row.status, row.credited_at) == (PointsRequestStatus.CREDITED, AT)
    assert Account.objects.get(person=row.person).points == 2000
    decision = Decision.objects.get()
    assert (decision.by, decision.verdict, decision.note) == (approver, "approve", "well done")
    assert [(message.person, message.title) for message in Message.objects.all()] == [
        (row.person, "You earned 2,000 points")
    ]


def test_approve_by_the_first_of_two_moves_nothing_and_by_the_second_credits() -> None:
    row = waiting(required=2)
    points_requests.approve(row.pk, by=make_approver(), at=AT)
    assert PointsRequest.objects.get().status == PointsRequestStatus.PENDING_APPROVAL
    points_requests.approve(row.pk, by=make_approver(), at=AT)
    assert PointsRequest.objects.get().status == PointsRequestStatus.CREDITED
    assert [decision.note for decision in Decision.objects.all()] == ["", ""]


def test_reject_gives_nothing_and_tells_whoever_asked(django_assert_num_queries: Any) -> None:
    asker = make_person()
    row = waiting(requested_by=asker)
    approver = make_approver()
    with django_assert_num_queries(17):
        points_requests.reject(row.pk, by=approver, note="twice", at=AT)
    row.refresh_from_db()
    assert (row.status, row.status_reason, row.transfer) == (PointsRequestStatus.REJECTED, "twice", None)
    assert not Account.objects.filter(kind="wallet", points__gt=0).exists()
    assert [message.person for message in Message.objects.all()] == [asker]


def test_what_was_decided_is_not_decided_again() -> None:
    row, approver = waiting(), make_approver()
    done = points_requests.reject(row.pk, by=approver, at=AT)
    assert (done.status_reason, Decision.objects.get().note) == (f"Not approved by {approver.name}", "")
    for decide in (points_requests.approve, points_requests.reject):
        refused = refusal(lambda: decide(row.pk, by=make_approver(), at=AT))  # noqa: B023
        assert refused == (AlreadyDecided, "This request is not waiting: not approved.", None)


def test_whoever_asked_does_not_approve() -> None:
    approver = make_approver()
    row = waiting(requested_by=approver)
    with pytest.raises(MayNotDecide, match="You asked for this"):
        points_requests.approve(row.pk, by=approver, at=AT)
    assert PointsRequest.objects.get().status == PointsRequestStatus.PENDING_APPROVAL


def test_whoever_gains_does_not_approve() -> None:
    approver = make_approver()
    row = waiting(approver)
    with pytest.raises(MayNotDecide, match="You gain from this"):
        points_requests.approve(row.pk, by=approver, at=AT)


def test_approval_that_the_budget_refuses_leaves_it_waiting_and_undecided() -> None:
    row, approver = waiting(budget=1999), make_approver()
    with pytest.raises(OverBudget):
        points_requests.approve(row.pk, by=approver, at=AT)
    assert (PointsRequest.objects.get().status, Decision.objects.count()) == (PointsRequestStatus.PENDING_APPROVAL, 0)
    fundings.fund(programme=row.programme, points=1, reference="", at=AT)
    points_requests.approve(row.pk, by=approver, at=AT)
    assert PointsRequest.objects.get().status == PointsRequestStatus.CREDITED


def test_approval_for_somebody_who_left_meanwhile_is_refused() -> None:
    row = waiting()
    Person.objects.filter(pk=row.person_id).update(status=PersonStatus.LEFT)
    refused = refusal(lambda: points_requests.approve(row.pk, by=make_approver(), at=AT))
    said = "This person no longer earns points. Reject the request."
    assert refused == (RecipientInactive, said, "/recipient")
