"""Birthdays, anniversaries and first days: in everybody's own time zone, once, also after days without a scheduler."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from people.models import Person
from people.operations import people as people_operations
from people.tests.factories import make_person
from programs import tasks
from programs.enums import EventStatus, ProgrammeStatus
from programs.models import Event, OccasionWatch, PointsRequest, Programme
from programs.operations import events, occasions, rules
from programs.tests.factories import make_programme
from programs.tests.test_races import at_once
from wallets.ledger_rules import findings
from wallets.queries import wallet

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def make_listener(kind: str = occasions.BIRTHDAY, *, points: str = "100", **fields: Any) -> Programme:
    programme = make_programme(**fields)
    reason = "{event.years} years with us" if kind == occasions.ANNIVERSARY else "For you"
    rules.write(
        programme=programme, slug="it", event_type=kind, when="true", points=points, reason=reason, once_per=[], by=None
    )
    return programme


def watched(kind: str, since: datetime) -> None:
    """Have the portal watch since some time, as if it had been up until then."""
    OccasionWatch.objects.create(type=kind, since=since, through=since)


def mark(at: datetime) -> None:
    """Do what the worker does: until nothing is left."""
    while occasions.mark(at=at):
        pass


def told() -> list[str]:
    return list(Event.objects.order_by("source_id").values_list("source_id", flat=True))


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Pacific/Kiritimati", utc(2026, 5, 30, 18)),  # UTC+14: 08:00 there is the day before in London
        ("Pacific/Honolulu", utc(2026, 5, 31, 18)),
        ("Asia/Kathmandu", utc(2026, 5, 31, 2, 15)),
        ("UTC", utc(2026, 5, 31, 8)),
        ("Gone/Zone", utc(2026, 5, 31, 8)),
    ],
)
def test_a_birthday_begins_at_eight_on_the_persons_own_clock(zone: str, begins: datetime) -> None:
    person = make_person(birthday="05-31", time_zone=zone, employee_number="E1")
    make_listener()
    mark(begins - timedelta(seconds=1))
    assert told() == []
    mark(begins)
    assert told() == ["birthday/E1/2026-05-31"]
    assert wallet(person).available == 100
    event = Event.objects.get()
    assert (event.source, event.type, event.time, event.data) == (occasions.SOURCE, occasions.BIRTHDAY, begins, {})
    for later in range(1, 12):
        mark(begins + later * DAY / 3)
    assert wallet(person).available == 100
    assert list(findings()) == []


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_days_on_which_clocks_change_have_one_eight_o_clock(day: date) -> None:
    person = make_person(birthday=f"{day:%m-%d}", time_zone="Europe/Berlin")
    make_listener()
    eight = datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    mark(eight - timedelta(minutes=1))
    assert wallet(person).available == 0
    mark(eight)
    assert wallet(person).available == 100


@pytest.mark.parametrize(("year", "marked"), [(2026, "2026-02-28"), (2024, "2024-02-29"), (2025, "2025-02-28")])
def test_the_29th_of_february_is_marked_on_the_28th_in_common_years(year: int, marked: str) -> None:
    make_person(birthday="02-29", employee_number="E1")
    make_listener()
    for day in range(27, 32):
        mark(utc(year, 2, 1, 9) + (day - 1) * DAY)
    assert told() == [f"birthday/E1/{marked}"]
    assert occasions._dates(date(2100, 2, 28)) == [(2, 28), (2, 29)]


def test_an_anniversary_says_the_years_and_the_first_day_is_none() -> None:
    joined = make_person(joined_on=date(2021, 5, 31), employee_number="E1")
    leap = make_person(joined_on=date(2024, 2, 29), employee_number="E2")
    new = make_person(joined_on=date(2026, 5, 31), employee_number="E3")
    make_listener(occasions.ANNIVERSARY, points="event.years * 100")
    watched(occasions.ANNIVERSARY, utc(2026, 2, 1))
    mark(utc(2026, 2, 28, 9))
    assert PointsRequest.objects.get(person=leap).reason == "2 years with us"
    mark(utc(2026, 5, 31, 9))
    assert (wallet(joined).available, wallet(leap).available, wallet(new).available) == (500, 200, 0)
    assert told() == ["work_anniversary/E1/2026-05-31", "work_anniversary/E2/2026-02-28"]


def test_who_joins_is_marked_on_the_day_and_not_before_also_when_enrolled_late() -> None:
    make_listener(occasions.JOINED)
    watched(occasions.JOINED, utc(2026, 5, 1))
    future = make_person(joined_on=date(2026, 6, 10), employee_number="E1")
    mark(utc(2026, 6, 9, 23))
    assert told() == []
    late = make_person(joined_on=date(2026, 6, 1), employee_number="E2")
    mark(utc(2026, 6, 10, 9))
    assert told() == ["joined/E1/2026-06-10", "joined/E2/2026-06-01"]
    assert (wallet(future).available, wallet(late).available) == (100, 100)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "left"},
        {"status": "suspended"},
        {"marks_birthday": False},
        {"birthday": ""},
        {"joined_on": date(2026, 6, 1)},
    ],
)
def test_who_left_is_suspended_wants_it_not_or_is_not_here_yet_is_left_alone(fields: dict[str, Any]) -> None:
    make_person(**({"birthday": "05-31"} | fields))
    make_listener()
    mark(utc(2026, 5, 31, 9))
    assert told() == []


def test_five_days_without_a_scheduler_are_caught_up_with_once_and_in_order() -> None:
    days = {f"E{day}": f"05-{day}" for day in (10, 12, 14, 15)}
    staff = [make_person(employee_number=number, birthday=day) for number, day in days.items()]
    make_listener()
    watched(occasions.BIRTHDAY, utc(2026, 4, 1))
    mark(utc(2026, 5, 10, 9))
    assert told() == ["birthday/E10/2026-05-10"]
    mark(utc(2026, 5, 15, 7, 59))
    assert told() == ["birthday/E10/2026-05-10", "birthday/E12/2026-05-12", "birthday/E14/2026-05-14"]
    mark(utc(2026, 5, 15, 8)), mark(utc(2026, 5, 16, 8))
    assert [wallet(person).available for person in staff] == [100] * 4
    assert list(findings()) == []


def test_what_is_older_than_the_window_is_kept_unasked_and_a_replay_may_still_give_it() -> None:
    old = make_person(employee_number="E1", birthday="03-02")
    recent = make_person(employee_number="E2", birthday="04-20")
    make_person(employee_number="E3", birthday="01-31")  # marked before everything stood still
    make_listener()
    watched(occasions.BIRTHDAY, utc(2026, 2, 1))
    mark(utc(2026, 5, 4, 9))
    kept = Event.objects.get(source_id="birthday/E1/2026-03-02")
    assert (kept.status, kept.person) == (EventStatus.NO_MATCH, old)
    assert kept.outcome[0]["explanation"]["summary"].startswith("Skipped: it began more than 31 days")
    assert (wallet(old).available, wallet(recent).available) == (0, 100)
    assert told() == ["birthday/E1/2026-03-02", "birthday/E2/2026-04-20"]
    mark(utc(2026, 5, 5, 9))
    assert (len(told()), wallet(old).available) == (2, 0)
    events.replay([kept.pk], at=utc(2026, 5, 5, 10))
    assert wallet(old).available == 100


def test_a_programme_turned_on_marks_today_and_nothing_before_and_a_pause_is_not_caught_up_with() -> None:
    today, past = make_person(birthday="05-31"), make_person(birthday="05-20")
    make_listener()
    mark(utc(2026, 5, 31, 15))
    assert (wallet(today).available, wallet(past).available) == (100, 0)
    paused = make_person(birthday="06-05")
    Programme.objects.update(status=ProgrammeStatus.PAUSED)
    mark(utc(2026, 6, 5, 15))
    assert OccasionWatch.objects.count() == 0
    Programme.objects.update(status=ProgrammeStatus.ACTIVE)
    mark(utc(2026, 6, 10, 15))
    assert wallet(paused).available == 0


@pytest.mark.parametrize("fields", [{"status": "draft"}, {"status": "paused"}, {"ends_on": date(2026, 5, 31)}])
def test_where_no_open_programme_listens_nothing_is_looked_for(fields: dict[str, Any]) -> None:
    make_person(birthday="05-31")
    make_listener(**fields)
    make_programme()
    mark(utc(2026, 5, 31, 9))
    assert (told(), OccasionWatch.objects.count()) == ([], 0)


def test_rules_decide_who_gets_what_and_every_programme_is_asked_once() -> None:
    person = make_person(birthday="05-31", country="PT")
    make_listener(points="person.country == 'PT' ? 70 : 50"), make_listener(points="5")
    mark(utc(2026, 5, 31, 9))
    assert (wallet(person).available, len(told())) == (75, 1)


def test_whoever_moves_to_another_time_zone_has_one_birthday() -> None:
    person = make_person(birthday="05-31", time_zone="Pacific/Kiritimati")
    make_listener()
    mark(utc(2026, 5, 30, 18))
    Person.objects.update(time_zone="Pacific/Honolulu")
    mark(utc(2026, 5, 31, 18))
    assert wallet(person).available == 100


def test_batches_end_and_statements_do_not_grow_with_people(django_assert_max_num_queries: Any) -> None:
    make_listener()
    for _ in range(5):
        make_person(birthday="05-31")
    at = utc(2026, 5, 31, 9)
    assert [occasions.mark(at=at, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    for people in (1, 30):
        for _ in range(people):
            make_person(birthday="06-01")
        with django_assert_max_num_queries(24):
            occasions.mark(at=utc(2026, 6, 1, 9))
    assert wallet(Person.objects.latest("created_at")).available == 100


def test_the_task_marks_all_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.timezone, "now", lambda: utc(2026, 5, 31, 9))
    person = make_person(birthday="05-31")
    make_listener()
    tasks.mark_occasions()
    assert wallet(person).available == 100


def test_each_look_up_is_answered_by_an_index() -> None:
    make_person(birthday="05-31", joined_on=date(2020, 5, 31))
    for kind, index in (
        (occasions.BIRTHDAY, "person_birthday"),
        (occasions.ANNIVERSARY, "person_joined"),
        (occasions.JOINED, "person_joined"),
    ):
        values = {"zones": ["UTC"], "days": [date(2026, 5, 31)], "months": [5], "dates": [31]}
        values |= {"source": "", "prefix": "", "limit": 1}  # type: ignore[dict-item]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + occasions.DUE.format(occasion=occasions.OCCASIONS[kind]), values)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert index in plan, plan
        assert "Seq Scan" not in plan


def test_a_watch_goes_forward_alone() -> None:
    with pytest.raises(IntegrityError, match="occasion_watch_goes_forward"), transaction.atomic():
        OccasionWatch.objects.create(type="x", since=utc(2026, 5, 2), through=utc(2026, 5, 1))


@pytest.mark.django_db(transaction=True)
def test_ten_schedulers_at_once_mark_each_once() -> None:
    people = [make_person(birthday="05-31") for _ in range(20)]
    make_listener()
    at_once(lambda _: mark(utc(2026, 5, 31, 9)))
    mark(utc(2026, 5, 31, 10))
    assert [wallet(person).available for person in people] == [100] * 20
    assert len(told()) == 20
    assert list(findings()) == []


@pytest.mark.django_db(transaction=True)
def test_it_is_the_name_of_an_occasion_that_makes_it_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with names of their own, and no turns taken, two schedulers would mark everybody twice."""
    event, number = occasions.Due.event, iter(range(1000))

    def with_a_name_of_its_own(self: occasions.Due) -> events.NewEvent:
        told = event(self)
        return type(told)(**{name: getattr(told, name) for name in told.__slots__} | {"source_id": str(next(number))})

    monkeypatch.setattr(occasions.Due, "event", with_a_name_of_its_own)
    people = [make_person(birthday="05-31") for _ in range(3)]
    make_listener()
    at_once(lambda _: occasions.mark(at=utc(2026, 5, 31, 9)), threads=2)
    occasions.mark(at=utc(2026, 5, 31, 9))
    assert all(wallet(person).available > 100 for person in people)


def test_enrol_brings_birthdays() -> None:
    person = people_operations.NewPerson(
        employee_number="E1", name="Ana", email="ana@acme.example", country="PT", birthday="05-31"
    )
    people_operations.enrol([person], by=None, at=utc(2026, 5, 1))
    make_listener()
    mark(utc(2026, 5, 31, 9))
    assert told() == ["birthday/E1/2026-05-31"]
