"""Reminders of points that expire, on the person's own clock."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Message, WebhookEvent
from messaging.operations import reminders
from messaging.tests.factories import make_endpoint
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from wallets.ledger_rules import findings
from wallets.operations import holds, lots
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _ledger_stays_true() -> Any:
    yield
    assert list(findings()) == []


def midnight(days: int) -> datetime:
    """Return the end of the day in UTC, so many days after AT."""
    return datetime(2026, 6, 2, tzinfo=UTC) + days * DAY


def owner(*made: tuple[int, datetime], **fields: Any) -> Person:
    person = make_person(**({"time_zone": "UTC"} | fields))
    make_wallet(*made, person=person)
    return person


def told(person: Person) -> list[tuple[str, str]]:
    rows = Message.objects.filter(person=person).order_by("created_at", "pk")
    return [(row.kind, row.title) for row in rows]


def test_thirty_and_seven_days_before_each_once() -> None:
    ana = owner((500, midnight(29)))
    assert reminders.remind(at=AT - 5 * DAY) == 0
    for day in range(30):
        reminders.remind(at=AT + day * DAY)
        reminders.remind(at=AT + day * DAY + timedelta(hours=1))
    assert told(ana) == [("points_expiring", "500 points expire on 30 June 2026")] * 2
    first, second = Message.objects.filter(person=ana).order_by("created_at")
    assert (first.created_at, second.created_at) == (AT, AT + 23 * DAY)
    assert (first.path, first.body) == (
        "/rewards",
        "They are yours until the end of that day. The catalogue shows what you can get for your points.",
    )


def test_after_days_without_a_run_only_the_latest_stage_is_told() -> None:
    ana = owner((500, midnight(3)), (1, midnight(20)))
    assert reminders.remind(at=AT) == 2
    assert sorted(row.reference[-2:] for row in Message.objects.filter(person=ana)) == ["30", ":7"]
    assert ("points_expiring", "1 point expires on 21 June 2026") in told(ana)


def test_lots_of_one_date_are_one_message_and_what_was_spent_is_not_in_it() -> None:
    ana = owner((500, midnight(10)), (200, midnight(10)), (50, midnight(12)))
    hold = holds.place(account_id=ana.wallet.pk, points=600, reference="order", at=AT)
    assert reminders.remind(at=AT) == 2
    assert [title for _, title in told(ana)] == [
        "100 points expire on 11 June 2026",
        "50 points expire on 13 June 2026",
    ]
    holds.capture(hold.pk, at=AT)


def test_a_lot_that_never_lived_thirty_days_is_reminded_of_seven_before() -> None:
    ana = owner()
    from wallets.tests.factories import make_budget, move

    wallet = make_wallet(person=ana)
    move(make_budget(), wallet, 100, expires_at=AT + 10 * DAY, at=AT)
    assert reminders.remind(at=AT + DAY) == 0
    assert reminders.remind(at=AT + 4 * DAY) == 1


def test_only_at_a_civil_hour_of_their_own() -> None:
    lisbon, auckland = (
        owner((5, midnight(5)), time_zone=zone, name=zone) for zone in ("Europe/Lisbon", "Pacific/Auckland")
    )
    reminders.remind(at=AT)  # 13:00 in Lisbon, midnight in Auckland
    assert (len(told(lisbon)), len(told(auckland))) == (1, 0)
    reminders.remind(at=AT + timedelta(hours=9))
    assert (len(told(lisbon)), len(told(auckland))) == (1, 1)


def test_the_last_day_is_the_one_on_their_own_clock() -> None:
    ana = owner((5, datetime(2026, 6, 6, 22, tzinfo=UTC)), time_zone="Europe/Berlin")
    reminders.remind(at=AT)
    assert told(ana) == [("points_expiring", "5 points expire on 6 June 2026")]


@pytest.mark.parametrize("status", [PersonStatus.SUSPENDED, PersonStatus.LEFT])
def test_who_cannot_spend_is_not_reminded(status: str) -> None:
    owner((5, midnight(5)), status=status)
    assert reminders.remind(at=AT) == 0


def test_what_expired_is_told_once_and_old_news_never() -> None:
    ana, ben = owner((500, midnight(-1)), (20, midnight(-1)), (30, midnight(4))), owner((7, midnight(-1)))
    lots.expire(at=AT)
    assert [reminders.tell_expired(at=AT + timedelta(hours=hours)) for hours in (1, 2)] == [2, 0]
    assert told(ana) == [("points_expired", "520 points expired")]
    assert told(ben) == [("points_expired", "7 points expired")]
    lots.expire(at=AT + 5 * DAY)
    assert reminders.tell_expired(at=AT + 13 * DAY) == 0


def test_a_thousand_people_cost_as_many_statements_as_one() -> None:
    counts = []
    for number in (1, 3):
        for _ in range(number):
            owner((5, midnight(5)))
        with CaptureQueriesContext(connection) as queries:
            reminders.remind(at=AT)
            reminders.tell_expired(at=AT)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_limit_leaves_the_rest_for_the_next_call() -> None:
    for _ in range(3):
        owner((5, midnight(5)))
    assert [reminders.remind(at=AT, limit=2) for _ in range(3)] == [2, 1, 0]


def test_client_systems_are_told_of_the_same_points_once() -> None:
    make_endpoint(types=["points.expiring", "points.expired"])
    owner((500, midnight(3)), employee_number="E1")
    for _ in range(2):
        reminders.remind(at=AT)
    lots.expire(at=midnight(3), limit=10)
    for _ in range(2):
        reminders.tell_expired(at=midnight(3) + timedelta(hours=12))
    assert [json.loads(event.body) for event in WebhookEvent.objects.order_by("pk")] == [
        {
            "type": "points.expiring",
            "timestamp": "2026-06-01T12:00:00Z",
            "data": {"recipient": "E1", "points": 500, "expires_at": "2026-06-05T00:00:00Z"},
        },
        {
            "type": "points.expired",
            "timestamp": "2026-06-05T12:00:00Z",
            "data": {"recipient": "E1", "points": 500, "expired_at": "2026-06-05T00:00:00Z"},
        },
    ]
