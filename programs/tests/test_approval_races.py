"""Decisions at the same moment, on real connections: one voice each, one outcome, and the ledger true."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from api.errors import PortalError
from approvals import queries
from approvals.enums import ApprovalStatus, Verdict
from approvals.models import Approval, Decision, Delegation
from approvals.operations import approvals
from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest
from programs.operations import points_requests
from programs.tests.factories import AT, approvers, credited, make_programme
from programs.tests.test_races import at_once
from wallets.ledger_rules import findings
from wallets.models import Transfer

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


def make_approver() -> Person:
    person = make_person()
    person.groups.add(approvers())
    return person


def waiting(approvals_needed: int = 1) -> PointsRequest:
    return credited(make_programme(steps=[(100, approvals_needed)]), make_person())


def decide(row: PointsRequest, by: Person, verdict: Verdict = Verdict.APPROVE) -> str:
    operation = points_requests.approve if verdict == Verdict.APPROVE else points_requests.reject
    try:
        return str(operation(row.pk, by=by, note="seen", at=AT).status)
    except PortalError as error:
        return error.code


def transfers_of(row: PointsRequest) -> int:
    return Transfer.objects.filter(kind="credit").count()


def test_many_approvers_at_once_credit_once() -> None:
    row, people = waiting(), [make_approver() for _ in range(THREADS)]
    came = at_once(lambda i: decide(row, people[i]), threads=THREADS)
    assert Counter(came) == {"credited": 1, "already_decided": THREADS - 1}
    assert (Decision.objects.count(), transfers_of(row)) == (1, 1)
    assert list(findings()) == []


def test_approving_against_rejecting_has_one_outcome() -> None:
    for _ in range(3):
        row, people = waiting(), [make_approver() for _ in range(THREADS)]
        before = transfers_of(row)
        came = at_once(lambda i, row=row, people=people: decide(row, people[i], list(Verdict)[i % 2]), threads=THREADS)
        row.refresh_from_db()
        assert Counter(came) == {row.status: 1, "already_decided": THREADS - 1}
        assert transfers_of(row) - before == (row.status == "credited")
        assert Approval.objects.get(pk=row.approval_id).decisions.count() == 1
    assert list(findings()) == []


def test_two_of_many_are_heard_where_two_are_needed() -> None:
    row, people = waiting(2), [make_approver() for _ in range(THREADS)]
    came = at_once(lambda i: decide(row, people[i]), threads=THREADS)
    assert Counter(came) == {"pending_approval": 1, "credited": 1, "already_decided": THREADS - 2}
    assert Decision.objects.count() == 2
    assert list(findings()) == []


@contextmanager
def without_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the row lock and the trigger away, as if nobody had thought of two at the same moment."""
    manager = type(Approval.objects.all())
    monkeypatch.setattr(manager, "select_for_update", lambda rows, **_: rows)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE approvals_decision DISABLE TRIGGER decision_four_eyes")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE approvals_decision ENABLE TRIGGER decision_four_eyes")


def both_voices(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], str]:
    """Have somebody and their delegate approve at once what needs two, both having passed the check if they can."""
    away, stands_in = make_approver(), make_person()
    Delegation.objects.create(
        person=away, delegate=stands_in, starts_at=AT - timedelta(days=1), ends_at=AT + timedelta(days=1)
    )
    question = approvals.NewApproval(
        kind="adjustment",
        summary="x",
        content_hash="a" * 64,
        group_id=approvers().pk,
        required=2,
        requested_by_id=None,
        beneficiary_id=None,
    )
    [approval] = approvals.ask([question], at=AT)
    checked, standing = threading.Barrier(2), queries.standing

    def slow(*args: Any, **options: Any) -> Any:
        found = standing(*args, **options)
        with suppress(threading.BrokenBarrierError):  # the other one waits for the lock
            checked.wait(timeout=2)
        return found

    monkeypatch.setattr(queries, "standing", slow)

    def work(index: int) -> str:
        try:
            done = approvals.decide(
                approval.pk, by=(away, stands_in)[index], verdict=Verdict.APPROVE, content_hash="a" * 64, at=AT
            )
        except PortalError as error:
            return error.code
        return str(done.status)

    came = at_once(work, threads=2)
    approval.refresh_from_db()
    return came, approval.status


def test_somebody_and_their_delegate_at_once_are_one_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    came, status = both_voices(monkeypatch)
    assert Counter(came) == {"waiting": 1, "already_decided": 1}
    assert (status, Decision.objects.count()) == (ApprovalStatus.WAITING, 1)


def test_without_the_guard_they_would_be_two(monkeypatch: pytest.MonkeyPatch) -> None:
    with without_guard(monkeypatch):
        both_voices(monkeypatch)
    assert Decision.objects.count() == 2
