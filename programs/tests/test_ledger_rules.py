"""What earning adds to `check_ledger`: each rule finds the corruption planted for it, past every trigger."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.models import F, ProtectedError

from api.tests.factories import make_client
from people.tests.factories import make_person
from programs.models import Funding, PointsRequest
from programs.operations import adjustments, points_requests, reversals
from programs.tests.factories import AT, approvers, credited, make_programme
from wallets.ledger_rules import findings
from wallets.models import Account, Transfer

pytestmark = pytest.mark.django_db


@contextmanager
def without_triggers() -> Iterator[None]:
    """Write as somebody would who owns the database: no trigger and no foreign key looks."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def found() -> set[tuple[str, str]]:
    """Return rule and id of what is found, of earning's rules alone."""
    ours = {"credit_as_requested", "credit_was_requested", "credit_was_approved", "funding_as_written"}
    return {(finding.rule, finding.id) for finding in findings() if finding.rule in ours}


def test_credit_of_other_points_or_to_somebody_else_is_found() -> None:
    more, other, untouched = (credited(make_programme(), make_person()) for _ in range(3))
    assert found() == set()
    with without_triggers():
        PointsRequest.objects.filter(pk=more.pk).update(points=501)
        PointsRequest.objects.filter(pk=other.pk).update(person=untouched.person)
    assert found() == {("credit_as_requested", str(row.pk)) for row in (more, other)}


def test_credit_from_another_budget_is_found() -> None:
    row, other = credited(make_programme(), make_person()), make_programme()
    with without_triggers():
        PointsRequest.objects.filter(pk=row.pk).update(programme=other)
    assert found() == {("credit_as_requested", str(row.pk))}


def test_programme_and_client_that_requests_name_are_kept() -> None:
    row = credited(make_programme(), make_person(), client=make_client())
    assert row.client is not None
    for named in (row.programme, row.client):
        with pytest.raises(ProtectedError):
            named.delete()


def test_credit_that_nobody_asked_for_is_found() -> None:
    row = credited(make_programme(), make_person())
    with without_triggers():
        PointsRequest.objects.filter(pk=row.pk).delete()
    assert found() == {("credit_was_requested", str(row.transfer_id))}


def test_credit_without_its_approvals_is_found() -> None:
    row = credited(make_programme(steps=[(100, 1)]), make_person())
    approver = make_person()
    approver.groups.add(approvers())
    points_requests.approve(row.pk, by=approver, at=AT)
    assert found() == set()
    with without_triggers():
        row.approval.decisions.update(by=row.person)  # type: ignore[union-attr]
    assert found() == {("credit_was_approved", str(row.pk))}


def test_funding_of_other_points_is_found() -> None:
    make_programme()
    funding = Funding.objects.get()
    with without_triggers():
        Funding.objects.update(points=1)
    assert found() == {("funding_as_written", str(funding.pk))}
    assert Transfer.objects.get().points == 100_000


def test_a_budget_that_holds_something_else_is_found() -> None:
    programme, ana, other = make_programme(budget=10_000), make_person(), make_programme(budget=10_000)
    hr, approver = make_person(), make_person()
    approver.groups.add(approvers())
    row = credited(programme, ana, points=700)
    reversals.reverse(row.pk, points=200, reason="Too many", by=hr, at=AT)
    for points in (300, -50):
        proposed = adjustments.propose(programme=programme, person=ana, points=points, reason="x", by=hr, at=AT)
        adjustments.approve(proposed.pk, by=approver, at=AT)
    assert Account.objects.get(pk=programme.budget_id).points == 10_000 - 700 + 200 - 300 + 50
    assert list(findings()) == []
    with without_triggers():
        Account.objects.filter(pk=programme.budget_id).update(points=F("points") + 1)
        Account.objects.filter(pk=other.budget_id).update(points=F("points") - 1)
    broken = {found.id: found.detail for found in findings() if found.rule == "budget_conserved"}
    assert broken == {
        str(
            programme.pk
        ): "Its budget holds 9251 points; funded 10000, credited 700, taken back 200, adjusted 250, moved 0.",
        str(other.pk): "Its budget holds 9999 points; funded 10000, credited 0, taken back 0, adjusted 0, moved 0.",
    }
