"""How many points people may still give each other this month: worked out from the policy and what they gave.

A month is the giver's own: it begins on the 1st in their time zone, and nothing has to run for that. What is left of a
month goes into the next, as far as the policy carries it over. The terms of today count for months gone by as well, so
a change of the policy, or of who manages somebody, holds at once. A gift that was not approved, or failed, counts for
nothing: its points are back in the month that paid it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from people.enums import PersonStatus
from people.models import Person
from programs import judgement
from programs.enums import ProgrammeStatus
from programs.models import AllowancePolicy, Programme

Given = Mapping[date, int]  # points by month

GIVEN = """
SELECT recognition.giver_id, request.programme_id, recognition.month, sum(request.points)::bigint
FROM programs_recognition recognition JOIN programs_pointsrequest request ON request.id = recognition.points_request_id
WHERE recognition.giver_id = ANY(%s) AND request.status NOT IN ('rejected', 'failed', 'expired')
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """Somebody's allowance of one month, in points.

    Args:
        month: its first day.
        granted: what the policy gives for the month.
        carried: what came along from the month before.
        given: what was given of it, waiting for approval included.
    """

    month: date
    granted: int
    carried: int
    given: int

    @property
    def whole(self) -> int:
        """Return what there was before anything was given."""
        return self.granted + self.carried

    @property
    def left(self) -> int:
        """Return what may still be given."""
        return max(self.whole - self.given, 0)

    @property
    def renews_on(self) -> date:
        """Return the first day of the next month."""
        return _after(self.month)


def of(policies: Collection[tuple[AllowancePolicy, Person]], *, at: datetime) -> list[Left]:
    """Return what givers have left under policies; two queries, however many.

    Args:
        policies: each with the giver who is asked about.
        at: now.

    Returns:
        In the same order.
    """
    givers = {giver.pk for _, giver in policies}
    managing, given = managers(givers), _given(givers)
    return [
        work_out(
            granted=max(policy.everyone, policy.managers if giver.pk in managing else 0),
            carry_over=policy.carry_over,
            since=max(month_of(giver, policy.created_at), _joined(giver)),
            given=given.get((giver.pk, policy.programme_id), {}),
            month=month_of(giver, at),
        )
        for policy, giver in policies
    ]


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme out of which somebody may give, and what they have left of it."""

    policy: AllowancePolicy
    left: Left

    @property
    def programme(self) -> Programme:
        """Return the programme."""
        return self.policy.programme

    @property
    def points_max(self) -> int:
        """Return how many points one gift may have now."""
        return min(self.left.left, self.programme.per_request_limit or self.left.left)


def offers(giver: Person, *, at: datetime) -> list[Offer]:
    """Return the programmes out of which somebody may give at all, by name; five queries, however many."""
    policies = AllowancePolicy.objects.filter(programme__status=ProgrammeStatus.ACTIVE).select_related("programme")
    loaded = policies.prefetch_related("programme__company_values", "programme__approval_steps__group")
    live = [policy for policy in loaded.order_by("programme__name") if judgement.is_open(policy.programme, at)]
    if not live:
        return []
    lefts = of([(policy, giver) for policy in live], at=at)
    return [Offer(policy, left) for policy, left in zip(live, lefts, strict=True) if left.whole]


def work_out(*, granted: int, carry_over: int, since: date, given: Given, month: date) -> Left:
    """Return what is left, month after month from `since` on.

    A month that was begun stays begun: who travels west on the 1st does not get the last one back.

    Args:
        granted: points for each month.
        carry_over: points that may go into the next month, at most.
        since: the first month with an allowance.
        given: points given, by month.
        month: the month now.
    """
    now, carried = max([month, *given]), 0
    at = min(since, now)
    while at < now:
        carried, at = min(max(granted + carried - given.get(at, 0), 0), carry_over), _after(at)
    return Left(month=now, granted=granted, carried=carried, given=given.get(now, 0))


def month_of(person: Person, at: datetime) -> date:
    """Return the first day of the month that it is for somebody."""
    return at.astimezone(person.zone).date().replace(day=1)


def managers(person_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these people who manage somebody who works here."""
    reports = Person.objects.filter(manager__in=person_ids, status=PersonStatus.ACTIVE)
    return {pk for pk in reports.order_by().values_list("manager_id", flat=True).distinct() if pk}


def _joined(person: Person) -> date:
    return person.joined_on.replace(day=1) if person.joined_on else month_of(person, person.created_at)


def _given(person_ids: Collection[UUID]) -> dict[tuple[UUID, int], dict[date, int]]:
    """Return the points that people gave, by giver and programme, then by month."""
    given: dict[tuple[UUID, int], dict[date, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(GIVEN, [list(person_ids)])
        for giver_id, programme_id, month, points in cursor.fetchall():
            given.setdefault((giver_id, programme_id), {})[month] = points
    return given


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
