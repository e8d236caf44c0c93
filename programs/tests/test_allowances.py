"""What is left of an allowance: months, time zones, what is carried over."""

from datetime import UTC, date, datetime

import pytest

from people.models import Person
from people.tests.factories import make_person
from programs import allowances
from programs.models import AllowancePolicy
from programs.tests.factories import make_programme

JAN, FEB, MAR, APR = (date(2026, month, 1) for month in (1, 2, 3, 4))


def left(month: date, given: dict[date, int], *, granted: int = 100, carry_over: int = 30, since: date = JAN) -> int:
    return allowances.work_out(granted=granted, carry_over=carry_over, since=since, given=given, month=month).left


@pytest.mark.parametrize(
    ("month", "given", "expected"),
    [
        (JAN, {}, 100),  # the first month brings nothing along
        (JAN, {JAN: 100}, 0),
        (FEB, {JAN: 100}, 100),
        (FEB, {JAN: 80}, 120),
        (FEB, {}, 130),  # no more than the cap
        (APR, {}, 130),  # which does not pile up
        (MAR, {FEB: 130}, 100),
        (MAR, {FEB: 129}, 101),
        (JAN, {JAN: 150}, 0),  # given under terms that were kinder
        (FEB, {JAN: 150}, 100),  # and not taken from the next
        (JAN, {FEB: 40, JAN: 10}, 90),  # a month that was begun stays begun
    ],
)
def test_what_is_left(month: date, given: dict[date, int], expected: int) -> None:
    assert left(month, given) == expected


def test_an_allowance_begins_with_its_policy_and_not_before() -> None:
    assert left(APR, {}, since=APR) == 100
    assert left(APR, {JAN: 500}, since=APR) == 100
    assert left(JAN, {}, since=APR) == 100


def policy(**terms: int) -> AllowancePolicy:
    made = AllowancePolicy.objects.create(programme=make_programme(), **terms)
    AllowancePolicy.objects.update(created_at=datetime(2026, 1, 15, tzinfo=UTC))
    made.refresh_from_db()
    return made


def of(one: AllowancePolicy, giver: Person, at: datetime) -> allowances.Left:
    return allowances.of([(one, giver)], at=at)[0]


@pytest.mark.django_db
def test_who_manages_somebody_who_works_here_has_the_larger_of_the_two() -> None:
    generous, lead, report = policy(managers=500, everyone=100), make_person(), make_person()
    at = datetime(2026, 1, 20, tzinfo=UTC)
    assert of(generous, lead, at).left == 100
    Person.objects.filter(pk=report.pk).update(manager=lead)
    assert of(generous, lead, at).left == 500
    Person.objects.filter(pk=report.pk).update(status="left", left_at=at)
    assert of(generous, lead, at).left == 100


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "at", "month"),
    [
        ("Pacific/Kiritimati", datetime(2026, 3, 31, 9, 59, tzinfo=UTC), MAR),
        ("Pacific/Kiritimati", datetime(2026, 3, 31, 10, 0, tzinfo=UTC), APR),
        ("Pacific/Honolulu", datetime(2026, 4, 1, 9, 59, tzinfo=UTC), MAR),
        ("Pacific/Honolulu", datetime(2026, 4, 1, 10, 0, tzinfo=UTC), APR),
        ("Europe/Berlin", datetime(2026, 3, 31, 22, 0, tzinfo=UTC), APR),  # summer time since two days
        ("Not/AZone", datetime(2026, 4, 1, 0, 0, tzinfo=UTC), APR),
    ],
)
def test_the_month_is_the_givers_own(zone: str, at: datetime, month: date) -> None:
    assert of(policy(everyone=100), make_person(time_zone=zone), at).month == month


@pytest.mark.django_db
def test_a_newcomer_brings_nothing_along() -> None:
    kind = policy(everyone=100, carry_over=50)
    old, new = make_person(joined_on=date(2020, 1, 1)), make_person(joined_on=date(2026, 3, 9))
    at = datetime(2026, 3, 20, tzinfo=UTC)
    assert [each.whole for each in allowances.of([(kind, old), (kind, new)], at=at)] == [150, 100]


@pytest.mark.django_db
def test_many_are_asked_for_by_two_queries(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    one = policy(everyone=100)
    for people in (1, 3):
        givers = [(one, make_person()) for _ in range(people)]
        with django_assert_num_queries(2):
            allowances.of(givers, at=one.created_at)
