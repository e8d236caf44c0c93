"""A programme's own limit: exact, whichever way points are asked for, and given back as a person's limit is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from people.tests.factories import make_person
from programs.errors import OverProgrammeLimit
from programs.models import CountedDay, PointsRequest, Programme
from programs.operations import points_requests, reversals
from programs.operations.points_requests import submit
from programs.tests.factories import AT, approvers, credited, make_programme, new, submit_one
from programs.tests.test_ledger_rules import without_triggers
from wallets.ledger_rules import findings
from wallets.models import Account

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def make_limited(points: int = 1200, days: int = 30, *, settled: bool = True, **fields: Any) -> Programme:
    """Create a programme with a limit of its own; settled: it has had it for so long that it counts by its days."""
    programme = make_programme(per_programme_limit=points, per_programme_limit_days=days, **fields)
    if settled:
        with without_triggers():
            Programme.objects.filter(pk=programme.pk).update(counted_since=LONG_AGO)
    return programme


def counted(programme: Programme) -> dict[date, int]:
    return dict(CountedDay.objects.filter(programme=programme, points__gt=0).values_list("day", "points"))


@pytest.mark.parametrize("settled", [True, False])
def test_limit_is_for_all_people_together(settled: bool) -> None:
    programme = make_limited(settled=settled)
    credited(programme, make_person())
    credited(programme, make_person())
    error = submit_one(programme, make_person()).error
    assert isinstance(error, OverProgrammeLimit)
    assert (error.code, error.detail) == (
        "over_programme_limit",
        f"points: {programme.slug} gives at most 1200 points in 30 days to all together; 200 are left.",
    )
    credited(programme, make_person(), points=200)
    Programme.objects.filter(pk=programme.pk).update(per_programme_limit=1199)
    error = submit_one(programme, make_person(), points=1).error
    assert error is not None
    assert (error.pointer, error.detail) == (
        "/points",
        f"points: {programme.slug} gives at most 1199 points in 30 days to all together; 0 are left.",
    )
    assert list(findings()) == []


def test_limit_counts_within_one_list() -> None:
    programme, people = make_limited(), [make_person() for _ in range(3)]
    done = submit([new(programme, person) for person in people], at=AT)
    assert [each.error.code if each.error else "new" for each in done] == ["new", "new", "over_programme_limit"]
    assert counted(programme) == {AT.date(): 1000}


def test_points_fall_out_of_the_window_by_whole_days() -> None:
    programme, ana = make_limited(500, 30), make_person()
    credited(programme, ana)
    for days, is_free in ((29, False), (30, True)):
        [done] = submit([new(programme, make_person())], at=datetime(2026, 5, 4, tzinfo=UTC) + timedelta(days=days))
        assert (done.error is None) == is_free


def test_what_waits_counts_until_it_is_rejected_and_on_its_day_once_it_is_approved() -> None:
    programme, approver = make_limited(steps=[(100, 1)]), make_person()
    approver.groups.add(approvers())
    first, second = (credited(programme, make_person()) for _ in range(2))
    assert submit_one(programme, make_person()).error is not None
    points_requests.approve(first.pk, by=approver, at=AT)
    assert counted(programme) == {AT.date(): 500, date.max: 500}
    points_requests.reject(second.pk, by=approver, at=AT)
    assert counted(programme) == {AT.date(): 500}
    assert submit_one(programme, make_person()).error is None
    assert list(findings()) == []


def test_reversal_gives_room_back_on_the_day_of_the_credit() -> None:
    programme, hr = make_limited(), make_person()
    rows = [credited(programme, make_person()) for _ in range(2)]
    later = AT + timedelta(days=2)
    reversals.reverse(rows[0].pk, points=300, reason="Too many", by=hr, at=later)
    assert counted(programme) == {AT.date(): 700}
    reversals.reverse(rows[0].pk, reason="All of it", by=hr, at=later)
    assert counted(programme) == {AT.date(): 500}
    assert list(findings()) == []


def test_whole_reversal_gives_all_room_back_also_for_what_was_spent_as_of_one_person() -> None:
    programme, ana, hr = make_limited(per_person_limit=500, per_person_limit_days=30), make_person(), make_person()
    row = credited(programme, ana)
    with without_triggers():
        Account.objects.filter(person=ana).update(held=400)
    reversals.reverse(row.pk, reason="Wrong", by=hr, at=AT)
    assert counted(programme) == {}
    with without_triggers():
        Account.objects.filter(person=ana).update(held=0)
    assert submit_one(programme, ana).error is None


def test_parked_points_count_when_they_are_credited_and_wait_while_the_limit_is_reached() -> None:
    programme = make_limited(700, unknown_recipients="park")
    parked = credited(programme, recipient="E900")
    assert counted(programme) == {}
    credited(programme, make_person())
    make_person(employee_number="E900")
    points_requests.release_parked(at=AT, limit=10)
    parked.refresh_from_db()
    assert (parked.status, "200 are left" in str(parked.status_reason)) == ("parked", True)
    points_requests.release_parked(at=AT + timedelta(days=30), limit=10)
    parked.refresh_from_db()
    assert parked.status == "credited"
    assert list(findings()) == []


def test_refused_by_the_budget_counts_nothing() -> None:
    programme = make_limited(budget=100)
    assert submit_one(programme, make_person()).error.code == "over_budget"  # type: ignore[union-attr]
    assert counted(programme) == {}


def test_limit_set_later_counts_what_was_given_before_and_ends_with_it() -> None:
    programme = make_programme(steps=[(900, 1)])
    credited(programme, make_person())
    credited(programme, make_person(), points=901)
    programme.per_programme_limit, programme.per_programme_limit_days = 2000, 30
    programme.save()
    assert counted(programme) == {AT.date(): 500, date.max: 901}
    assert submit_one(programme, make_person(), points=600).error is not None
    programme.refresh_from_db()
    programme.per_programme_limit = programme.per_programme_limit_days = None
    programme.save()
    assert counted(programme) == {}
    assert submit_one(programme, make_person(), points=600).error is None


def test_credit_of_somebody_who_did_not_know_the_limit_yet_is_counted() -> None:
    programme = make_limited(settled=False)
    credited(programme, make_person())
    CountedDay.objects.all().delete()  # as if it had been credited without counting, just after the limit was set
    credited(programme, make_person())
    assert submit_one(programme, make_person()).error is not None


def test_days_that_count_something_else_are_found() -> None:
    programme, other = make_limited(), make_limited()
    row = credited(programme, make_person())
    credited(other, make_person())
    assert list(findings()) == []
    CountedDay.objects.filter(programme=programme).update(points=499)
    CountedDay.objects.filter(programme=other).delete()
    broken = {found.id: found.detail for found in findings() if found.rule == "counted_days"}
    day = f"{row.credited_at:%Y-%m-%d}"
    assert broken == {
        str(programme.pk): f"On {day} it counts 499 points; its requests add up to 500.",
        str(other.pk): f"On {day} it counts 0 points; its requests add up to 500.",
    }


@pytest.mark.parametrize("count", [1, 3])
def test_limit_costs_the_same_statements_for_any_number(count: int, django_assert_num_queries: Any) -> None:
    programme, people = make_limited(100_000), [make_person() for _ in range(count)]
    credited(programme, people[0])
    requests = [new(programme, person) for person in people]
    submit(requests, at=AT)
    with django_assert_num_queries(2 + 4):  # a savepoint; look up, lock and read the limit, write, count
        submit(requests, at=AT)


def test_without_a_limit_there_is_no_further_statement(django_assert_num_queries: Any) -> None:
    programme, ana = make_programme(), make_person()
    credited(programme, ana)
    with django_assert_num_queries(2 + 2):  # a savepoint; look up, write
        submit_one(programme, ana)


@pytest.mark.parametrize(
    "fields",
    [
        {"per_programme_limit": 1},
        {"per_programme_limit_days": 1},
        {"per_programme_limit": 0, "per_programme_limit_days": -1},
    ],
)
def test_half_a_limit_is_refused_by_the_database(fields: dict[str, int]) -> None:
    programme = make_programme()
    with pytest.raises(IntegrityError), transaction.atomic():
        Programme.objects.filter(pk=programme.pk).update(**fields)


def test_now_is_the_day_in_utc() -> None:
    programme = make_limited()
    [done] = submit([new(programme, make_person())], at=timezone.now())
    assert counted(programme) == {timezone.now().astimezone(UTC).date(): 500}
    assert PointsRequest.objects.get() == done.points_request
