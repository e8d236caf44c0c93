import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event, PointsRequest, Programme, RuleVersion
from programs.operations import events, rules
from programs.operations.events import NewEvent
from programs.tests.factories import make_programme
from wallets import queries as wallets

AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
TYPE = "performance.rating_submitted"
WORDING: dict[str, Any] = {
    "event_type": TYPE,
    "when": "event.rating >= 4.0",
    "points": "event.rating >= 4.5 ? 1000 : 500",
    "reason": "Rated {event.rating} for {event.period}",
    "once_per": ["event.period"],
}
pytestmark = pytest.mark.django_db


def make_rule(programme: Programme, slug: str = "top", **change: Any) -> None:
    rules.write(programme=programme, slug=slug, by=None, **{**WORDING, **change})


def told(
    person: Person | str, source_id: str = "1", rating: Any = 5, period: str = "2026-Q3", **fields: Any
) -> NewEvent:
    subject = person if isinstance(person, str) else person.employee_number
    data = {"rating": rating, "period": period}
    values = {"source": "test", "source_id": source_id, "type": TYPE, "subject": subject, "time": AT, "data": data}
    return NewEvent(**(values | fields))


def statements(count: int, people: list[Person]) -> int:
    listed = [told(people[n], f"{count}-{n}", period=f"{count}") for n in range(count)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        received = events.receive(listed, at=AT)
    assert [each.event.status for each in received] == ["credited"] * count
    return len(captured)


def test_receive_credits_what_a_rule_gives_and_explains_it() -> None:
    person, programme = make_person(country="DE"), make_programme(slug="quarterly")
    make_rule(programme, when='event.rating >= 4.0 && person.country == "DE"')
    [received] = events.receive([told(person)], at=AT)
    [match] = received.matches
    points_request = PointsRequest.objects.get()
    assert received.event.status == "credited"
    assert received.replayed is False
    assert (points_request.points, points_request.reason, points_request.source) == (
        1000,
        "Rated 5 for 2026-Q3",
        "event",
    )
    assert points_request.event == received.event
    assert points_request.rule_version is not None
    assert points_request.once_key == '["quarterly","top","2026-Q3"]'
    assert points_request.explanation == {
        "summary": "Rated 5 for 2026-Q3",
        "rule": "top",
        "rule_version": 1,
        "when": 'event.rating >= 4.0 && person.country == "DE"',
        "points": "event.rating >= 4.5 ? 1000 : 500",
        "reason": "Rated {event.rating} for {event.period}",
        "event": {"rating": 5, "period": "2026-Q3"},
        "person": {"country": "DE"},
        "once_per": {"event.period": "2026-Q3"},
    }
    assert (match["programme"], match["rule"], match["rule_version"], match["problem"]) == ("quarterly", "top", 1, None)
    assert match["explanation"] == points_request.explanation
    assert match["points_request"]["points"] == 1000
    assert wallets.wallet(person).available == 1000


def test_receive_keeps_the_row_as_answered() -> None:
    person = make_person()
    make_rule(make_programme())
    [received] = events.receive([told(person)], at=AT)
    kept = Event.objects.get()
    assert (kept.status, kept.outcome, kept.person, kept.data) == (
        "credited",
        received.matches,
        person,
        {"rating": 5, "period": "2026-Q3"},
    )
    assert (kept.time, kept.received_at) == (AT, AT)


def test_receive_answers_a_repeat_with_the_first_answer_and_credits_once() -> None:
    person = make_person()
    make_rule(make_programme())
    [first] = events.receive([told(person)], at=AT)
    [again] = events.receive([told(person, rating=4)], at=AT + timedelta(days=400))
    assert (again.replayed, again.matches, again.event.pk) == (True, first.matches, first.event.pk)
    assert wallets.wallet(person).available == 1000


def test_receive_takes_the_same_event_twice_in_one_list_as_one() -> None:
    person = make_person()
    make_rule(make_programme(), once_per=[])
    first, again = events.receive([told(person), told(person, rating=4)], at=AT)
    assert (first.replayed, again.replayed, first.matches == again.matches) == (False, True, True)
    assert wallets.wallet(person).available == 1000


def test_receive_takes_an_empty_list() -> None:
    assert events.receive([], at=AT) == []


def test_once_per_gives_one_credit_per_person_and_period() -> None:
    person, other = make_person(), make_person()
    make_rule(make_programme())
    listed = [told(person, "1"), told(person, "2"), told(other, "3"), told(person, "4", period="2026-Q4")]
    received = events.receive(listed, at=AT)
    assert [each.event.status for each in received] == ["credited", "refused", "credited", "credited"]
    assert received[1].matches[0]["problem"]["code"] == "already_credited"
    assert events.receive([told(person, "5")], at=AT)[0].event.status == "refused"
    assert wallets.wallet(person).available == 2000


def test_once_key_tells_values_apart_whatever_they_hold() -> None:
    from programs.matching import once_key

    assert once_key("p", "r", ["a/b", "c"]) != once_key("p", "r", ["a", "b/c"])
    assert once_key("p", "r", ['a","b']) != once_key("p", "r", ["a", "b"])
    long = once_key("p", "r", ["x" * 900])
    assert (len(long) <= 500, long != once_key("p", "r", ["x" * 901])) == (True, True)


@pytest.mark.parametrize(
    ("fields", "status"), [({"rating": 3}, "no_match"), ({"type": "other"}, "no_match"), ({"rating": 4}, "credited")]
)
def test_receive_without_a_rule_that_wants_it_gives_nothing(fields: dict[str, Any], status: str) -> None:
    person = make_person()
    make_rule(make_programme())
    [received] = events.receive([told(person, **fields)], at=AT)
    assert (received.event.status, len(received.matches)) == (status, 1 if status == "credited" else 0)


@pytest.mark.parametrize(
    "fields", [{"status": "paused"}, {"status": "draft"}, {"status": "ended"}, {"ends_on": AT.date()}]
)
def test_receive_asks_no_rule_of_a_programme_that_is_not_open(fields: dict[str, Any]) -> None:
    person = make_person()
    make_rule(make_programme(**fields))
    assert events.receive([told(person)], at=AT)[0].event.status == "no_match"


def test_receive_asks_no_rule_that_was_turned_off() -> None:
    person, programme = make_person(), make_programme()
    make_rule(programme)
    rules.turn_off(programme=programme, slug="top", by=None)
    assert events.receive([told(person)], at=AT)[0].event.status == "no_match"


def test_receive_asks_every_rule_and_the_strongest_outcome_counts() -> None:
    person, programme = make_person(), make_programme(slug="b")
    make_rule(programme, "broken", points="event.missing")
    make_rule(programme, "given", points="7")
    make_rule(make_programme(slug="a", budget=0), "poor")
    [received] = events.receive([told(person)], at=AT)
    assert received.event.status == "credited"
    assert [
        (match["programme"], match["rule"], (match["problem"] or {}).get("code")) for match in received.matches
    ] == [
        ("a", "poor", "over_budget"),
        ("b", "broken", "rule_error"),
        ("b", "given", None),
    ]
    assert wallets.wallet(person).available == 7


def test_rule_error_is_a_refused_match_that_names_the_field() -> None:
    make_rule(make_programme())
    [received] = events.receive([told(make_person(), data={"rating": 5})], at=AT)
    [match] = received.matches
    assert (received.event.status, match["points_request"]) == ("refused", None)
    assert (match["problem"]["code"], match["problem"]["detail"]) == ("rule_error", "event.period is missing.")


@pytest.mark.parametrize("points", ["0", "-5", "10000001", "4.5", "'500'"])
def test_points_out_of_range_or_no_number_are_refused(points: str) -> None:
    person = make_person()
    make_rule(make_programme(), points=f"event.rating > 0.0 ? {points} : {points}")
    [received] = events.receive([told(person)], at=AT)
    assert received.event.status == "refused"
    assert received.matches[0]["problem"]["code"] in {"points_out_of_range", "rule_error"}
    assert wallets.wallet(person).available == 0


@pytest.mark.parametrize(("unknown", "status"), [("refuse", "refused"), ("park", "parked")])
def test_unknown_recipient_is_refused_or_parked_as_the_programme_says(unknown: str, status: str) -> None:
    make_rule(make_programme(unknown_recipients=unknown))
    [received] = events.receive([told("E-nobody")], at=AT)
    problem = received.matches[0]["problem"]
    assert (received.event.status, problem["code"] if problem else None) == (
        status,
        "unknown_recipient" if unknown == "refuse" else None,
    )


def test_unknown_recipient_is_refused_where_the_rule_asks_about_the_person() -> None:
    make_rule(make_programme(unknown_recipients="park"), when='person.country == "DE"')
    [received] = events.receive([told("E-nobody")], at=AT)
    assert received.matches[0]["problem"]["code"] == "unknown_recipient"


def test_event_without_recipient_is_kept_and_refused() -> None:
    make_rule(make_programme(unknown_recipients="park"))
    [received] = events.receive([told("")], at=AT)
    assert (Event.objects.get().status, received.matches[0]["problem"]["code"]) == ("refused", "unknown_recipient")
    assert received.matches[0]["problem"]["errors"][0]["pointer"] == "/subject"


def test_inactive_person_earns_nothing() -> None:
    make_rule(make_programme())
    [received] = events.receive([told(make_person(status=PersonStatus.LEFT))], at=AT)
    assert received.matches[0]["problem"]["code"] == "recipient_inactive"


def test_waiting_for_approval_is_pending() -> None:
    make_rule(make_programme(steps=[(100, 1)]))
    assert events.receive([told(make_person())], at=AT)[0].event.status == "pending"


@pytest.mark.parametrize(
    ("when", "status", "summary"),
    [
        ("event.rating >= 4.0", "no_match", "rating is empty (-1972 counts as none)"),
        ('event.rating < 2.0 || event.period == "2026-Q3"', "no_match", "rating is empty (-1972 counts as none)"),
        ("has(event.rating) && event.rating > 1", None, None),
        ('event.period == "2026-Q3" && !has(event.rating)', "credited", None),
    ],
)
def test_empty_value_never_credits_unless_the_rule_asks_for_it(
    when: str, status: str | None, summary: str | None
) -> None:
    person = make_person()
    make_rule(make_programme(), when=when, points="500", reason="For {event.period}")
    data, empty = {"period": "2026-Q3"}, {"rating": "-1972 counts as none"}
    [received] = events.receive([told(person, data=data, empty=empty)], at=AT)
    assert received.event.status == (status or "no_match")
    if summary:
        [match] = received.matches
        assert (match["explanation"]["summary"], match["points_request"], match["problem"]) == (summary, None, None)


def test_reconsider_asks_again_what_gave_nothing_and_never_what_gave_points() -> None:
    person = make_person()
    make_rule(make_programme(), once_per=[])
    events.receive([told(person, "wrong", data={}), told(person, "right")], at=AT)
    listed = [told(person, "wrong"), told(person, "right", rating=4), told("E-later", "third")]
    mended, kept, refused = events.receive(listed, at=AT, reconsider=True)
    assert [(each.event.status, each.replayed) for each in (mended, kept, refused)] == [
        ("credited", False),
        ("credited", True),
        ("refused", False),
    ]
    make_person(employee_number="E-later")
    assert events.receive([told("E-later", "third")], at=AT)[0].event.status == "refused"
    assert events.receive([told("E-later", "third")], at=AT, reconsider=True)[0].event.status == "credited"
    assert wallets.wallet(person).available == 2000
    assert Event.objects.get(source_id="wrong").data == {"rating": 5, "period": "2026-Q3"}


def test_simulate_answers_the_same_and_leaves_nothing() -> None:
    person = make_person()
    make_rule(make_programme())
    [simulated] = events.simulate([told(person)], at=AT)
    assert (simulated.event.status, simulated.matches[0]["points_request"]["points"]) == ("credited", 1000)
    assert simulated.event.source_id == "1"
    assert (Event.objects.count(), PointsRequest.objects.count(), wallets.wallet(person).available) == (0, 0, 0)
    events.receive([told(person)], at=AT)
    [after] = events.simulate([told(person)], at=AT)
    assert after.matches[0]["problem"]["code"] == "already_credited"


def test_number_of_statements_does_not_grow_with_the_list() -> None:
    people = [make_person() for _ in range(50)]
    make_rule(make_programme())
    make_rule(make_programme(), "second")
    statements(50, people)  # opens every wallet
    assert statements(1, people) == statements(49, people)


def test_version_that_decided_points_is_never_deleted() -> None:
    make_rule(make_programme())
    events.receive([told(make_person())], at=AT)
    with pytest.raises(IntegrityError, match="decided points"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM programs_ruleversion")
    assert RuleVersion.objects.count() == 1


def test_ledger_stays_whole() -> None:
    people = [make_person() for _ in range(3)]
    make_rule(make_programme())
    events.receive([told(person) for person in people], at=AT)
    call_command("check_ledger")


@pytest.mark.django_db(transaction=True)
def test_two_equal_deliveries_at_once_settle_to_one_effect() -> None:
    person = make_person()
    make_rule(make_programme(), once_per=[])
    start, answers = threading.Barrier(2), []

    def deliver(order: int) -> None:
        try:
            start.wait()
            listed = [told(person, "1"), told(person, "2")]
            answers.extend(events.receive(listed if order else listed[::-1], at=AT))
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver, args=(order,)) for order in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.event.status for each in answers] == ["credited"] * 4
    assert sorted(each.replayed for each in answers) == [False, False, True, True]
    assert wallets.wallet(person).available == 2000
    call_command("check_ledger")
