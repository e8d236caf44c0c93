"""Points that were asked for somebody not known yet."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Message
from people.enums import PersonStatus
from people.tests.factories import make_person
from programs.enums import PointsRequestStatus, ProgrammeStatus
from programs.models import PointsRequest, Programme
from programs.operations import fundings
from programs.operations.points_requests import release_parked, submit
from programs.tests.factories import AT, credited, make_programme, new, submit_one
from wallets.ledger_rules import findings
from wallets.models import Account

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=3)


@pytest.fixture(autouse=True)
def _ledger_stays_true() -> Any:
    yield
    assert list(findings()) == []


def park(number: str = "E900", *, budget: int = 10_000, **fields: Any) -> PointsRequest:
    programme = make_programme(unknown_recipients="park", budget=budget, **fields)
    row = submit_one(programme, recipient=number).points_request
    assert row is not None
    assert row.status == PointsRequestStatus.PARKED
    return row


def test_release_credits_those_who_are_known_by_now() -> None:
    row, stranger = park(points_expire_after_days=10), park("E901")
    person = make_person(employee_number="E900")
    assert release_parked(at=LATER, limit=10) == 1
    row.refresh_from_db()
    assert (row.status, row.person, row.credited_at) == (PointsRequestStatus.CREDITED, person, LATER)
    assert (row.next_attempt_at, Account.objects.get(person=person).points) == (None, 500)
    stranger.refresh_from_db()
    assert (stranger.status, stranger.next_attempt_at) == (PointsRequestStatus.PARKED, LATER + timedelta(seconds=30))
    assert Message.objects.get().person == person


def test_release_happens_once() -> None:
    park()
    make_person(employee_number="E900")
    assert [release_parked(at=LATER, limit=10) for _ in range(2)] == [1, 0]
    assert Account.objects.get(kind="wallet").points == 500


def test_release_lets_a_threshold_wait_for_approval() -> None:
    row = park(steps=[(100, 1)])
    person = make_person(employee_number="E900")
    assert release_parked(at=LATER, limit=10) == 1
    row.refresh_from_db()
    assert row.approval is not None
    assert (row.status, row.approval.beneficiary) == (PointsRequestStatus.PENDING_APPROVAL, person)


def test_release_counts_the_programmes_dates_from_the_day_it_was_asked() -> None:
    row = park(ends_on=AT.date() + timedelta(days=1))
    make_person(employee_number="E900")
    assert release_parked(at=LATER, limit=10) == 1
    row.refresh_from_db()
    assert row.status == PointsRequestStatus.CREDITED


def test_release_waits_for_an_empty_budget_and_a_paused_programme() -> None:
    row = park(budget=0)
    make_person(employee_number="E900")
    Programme.objects.update(status=ProgrammeStatus.PAUSED)
    assert release_parked(at=AT, limit=10) == 0
    Programme.objects.update(status=ProgrammeStatus.ACTIVE)
    assert release_parked(at=AT + timedelta(minutes=10), limit=10) == 0
    row.refresh_from_db()
    assert (row.status, row.person) == (PointsRequestStatus.PARKED, None)
    assert row.status_reason is not None
    assert "budget" in row.status_reason
    fundings.fund(programme=row.programme, points=500, reference="", at=AT)
    assert release_parked(at=AT + timedelta(minutes=20), limit=10) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"status": PersonStatus.LEFT}, PointsRequestStatus.FAILED), ({"country": "PT"}, PointsRequestStatus.FAILED)],
)
def test_release_fails_with_its_reason_what_can_only_be_refused(fields: dict[str, Any], status: str) -> None:
    row = park(eligible='person.country == "DE"')
    make_person(employee_number="E900", **fields)
    assert release_parked(at=LATER, limit=10) == 1
    row.refresh_from_db()
    assert (row.status, row.transfer, bool(row.status_reason)) == (status, None, True)


def test_release_expires_what_an_ended_programme_gives_no_more() -> None:
    row = park()
    make_person(employee_number="E900")
    Programme.objects.update(status=ProgrammeStatus.ENDED)
    assert release_parked(at=LATER, limit=10) == 1
    row.refresh_from_db()
    assert row.status == PointsRequestStatus.EXPIRED


def test_release_statements_do_not_grow_with_the_list() -> None:
    programme = make_programme(unknown_recipients="park", steps=[(600, 1)])
    counts = []
    for name, number in (("A", 1), ("B", 30)):
        names = [f"{name}{i}" for i in range(number)]
        submit([new(programme, recipient=each, points=points) for each in names for points in (500, 700)], at=AT)
        for each in names:
            make_person(employee_number=each)
        with CaptureQueriesContext(connection) as captured:
            assert release_parked(at=LATER, limit=100) == 2 * number
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_is_parked_too_long_expires_with_a_reason() -> None:
    programme = make_programme(unknown_recipients="park", park_for_days=10)
    row = credited(programme, recipient="E999")
    forever = credited(make_programme(unknown_recipients="park"), recipient="E999")
    assert release_parked(at=AT + timedelta(days=10, microseconds=-1), limit=10) == 0
    assert release_parked(at=AT + timedelta(days=11), limit=10) == 1
    row.refresh_from_db()
    forever.refresh_from_db()
    assert (row.status, row.next_attempt_at, forever.status) == ("expired", None, "parked")
    assert row.status_reason == (
        "recipient: it could not be credited within 10 days. Nobody had this number, address or id."
    )
    make_person(employee_number="E999")
    assert release_parked(at=AT + timedelta(days=89), limit=10) == 1
    row.refresh_from_db()
    assert row.status == "expired"
    assert list(findings()) == []


def test_who_appears_before_the_end_is_credited_even_when_looked_at_after_it() -> None:
    row = credited(make_programme(unknown_recipients="park", park_for_days=1), recipient="E999")
    make_person(employee_number="E999")
    assert release_parked(at=AT + timedelta(days=30), limit=10) == 1
    row.refresh_from_db()
    assert row.status == "credited"


def test_all_of_one_person_is_credited_in_the_order_it_was_asked_for() -> None:
    programme = make_programme(unknown_recipients="park", per_person_limit=1000, per_person_limit_days=30)
    names = ["email:Ana@acme.example", "E999", "scim:s1", "E999"]
    asked = [
        submit([new(programme, recipient=name, points=400 + n)], at=AT + timedelta(minutes=n))[0].points_request
        for n, name in enumerate(names)
    ]
    stranger = credited(programme, recipient="E998")
    # the first asked for is looked at last, and alone
    PointsRequest.objects.filter(pk=asked[0].pk).update(next_attempt_at=AT + timedelta(days=1))  # type: ignore[union-attr]
    make_person(employee_number="E999", email="ana@acme.example", scim_external_id="s1")
    assert release_parked(at=LATER + timedelta(minutes=10), limit=10) == 4
    rows = [PointsRequest.objects.get(pk=each.pk) for each in asked if each]
    assert [each.status for each in rows] == ["credited", "credited", "failed", "failed"]
    assert rows[0].transfer_id < rows[1].transfer_id  # type: ignore[operator]
    stranger.refresh_from_db()
    assert stranger.status == "parked"
    assert list(findings()) == []
