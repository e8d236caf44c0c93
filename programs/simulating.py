"""What a rule would have given for a batch of past events, decided by the code that decides about live ones.

Each event is judged as on the day it was received, by the programme's terms of today, as if the programme had been
open and had given nothing but this. People are as they are today: nobody keeps what their department was then. The
limits and `once_per` count what the simulation itself gave before, read for the people of the batch alone, so that
memory does not grow with the period.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import TruncDate

from api.errors import PortalError
from people import queries as people_queries
from people.models import Person
from programs import judgement, matching, queries, rule_drafts
from programs.enums import EventStatus, PointsRequestStatus, ProgrammeStatus
from programs.judgement import Known
from programs.matching import Match, NewEvent
from programs.models import Event, PointsRequest, Programme, Rule, RuleSimulation, SimulatedMatch
from programs.operations.rules import Wording
from programs.queries import ProgrammeLimit, Terms

GIVEN = (EventStatus.CREDITED, EventStatus.PENDING)
STATUS_OF = {
    PointsRequestStatus.CREDITED: EventStatus.CREDITED,
    PointsRequestStatus.PENDING_APPROVAL: EventStatus.PENDING,
    PointsRequestStatus.PARKED: EventStatus.PARKED,
}


@dataclass(slots=True)
class Past:
    """What the simulation gave before, to the people of a batch, counted on.

    Args:
        once: (person, once_key) that were used.
        got: when each person got how many points, within the longest window that a limit looks back.
        days: points of each day (UTC), for the programme's own limit.
    """

    once: set[tuple[UUID, str]] = field(default_factory=set)
    got: dict[UUID, list[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(list))
    days: dict[date, int] = field(default_factory=lambda: defaultdict(int))


def wording_of(simulation: RuleSimulation) -> Wording:
    """Return what a simulation asks."""
    return {
        "event_type": simulation.event_type,
        "when": simulation.when,
        "points": simulation.points_wording,
        "reason": simulation.reason,
        "once_per": simulation.once_per,
    }


def run(simulation: RuleSimulation, events: Sequence[Event]) -> list[SimulatedMatch]:
    """Return what the rule would have made of these events, in their order; only what is wanted, or was given."""
    programme = simulation.programme
    terms = _as_if_open(queries.terms([programme.slug])[programme.slug])
    rule = rule_drafts.draft(terms.programme, simulation.slug, wording_of(simulation))
    people = people_queries.recipients({event.subject for event in events if event.subject})
    given = _given(simulation, events)
    past = _past(simulation, terms.programme, {person.pk for person in people.values()}, events)
    found = []
    for event in events:
        person = people.get(event.subject)
        allowed = not (event.client and event.client.programmes and programme.slug not in event.client.programmes)
        match = _match(event, rule, person) if allowed else None
        if match is not None or event.pk in given:
            row = _row(simulation, event, person, match, terms, past)
            row.given_points = given.get(event.pk, 0)
            found.append(row)
    return found


def _as_if_open(terms: Terms) -> Terms:
    programme = terms.programme
    programme.status, programme.starts_on, programme.ends_on = ProgrammeStatus.ACTIVE, None, None
    return terms


def _match(event: Event, rule: Rule, person: Person | None) -> Match | None:
    told = NewEvent(
        source=event.source,
        source_id=event.source_id,
        type=event.type,
        subject=event.subject,
        time=event.time,
        data=event.data,
    )
    return matching.match(told, rule, person, at=event.received_at)


def _row(
    simulation: RuleSimulation, event: Event, person: Person | None, match: Match | None, terms: Terms, past: Past
) -> SimulatedMatch:
    row = SimulatedMatch(
        simulation=simulation,
        event_id=event.pk,
        received_at=event.received_at,
        recipient=event.subject,
        person=person,
        status=EventStatus.NO_MATCH,
    )
    if match is None:
        row.detail = "The rule does not want this event."
        return row
    row.reason, row.once_key = match.reason, match.once_key
    error = match.error
    if error is None and match.points is not None:
        decided = _judge(event, person, match, terms, past)
        if isinstance(decided, EventStatus):
            row.status, row.points = decided, match.points
            return row
        error = decided
    row.status = EventStatus.REFUSED if error else EventStatus.NO_MATCH
    row.code = error.code if error else ""
    row.detail = (error.detail if error else str(match.explanation["summary"]))[:500]
    return row


def _judge(event: Event, person: Person | None, match: Match, terms: Terms, past: Past) -> EventStatus | PortalError:
    """Decide about the points of one event, and count them on."""
    programme, at = terms.programme, event.received_at
    points = match.points or 0
    request = PointsRequest(
        programme=programme,
        recipient=event.subject,
        person=person,
        points=points,
        reason=match.reason,
        once_key=match.once_key,
        created_at=at,
    )
    decided = judgement.judge(request, terms, _known(person, programme, at, past))
    if isinstance(decided, PortalError):
        return decided
    if person is not None:
        past.got[person.pk].append((at, points))
        past.days[at.astimezone(UTC).date()] += points
    return STATUS_OF[decided.status]


def _known(person: Person | None, programme: Programme, at: datetime, past: Past) -> Known:
    """Return what counts against the limits at a time."""
    known = Known(credited_once=past.once, earned={})
    if person is not None and programme.per_person_limit_days is not None:
        since = at - timedelta(days=programme.per_person_limit_days)
        known.earned[person.pk, programme.pk] = sum(points for got, points in past.got[person.pk] if got > since)
    if programme.per_programme_limit is not None and programme.per_programme_limit_days is not None:
        first = at.astimezone(UTC).date() - timedelta(days=programme.per_programme_limit_days - 1)
        used = sum(points for day, points in past.days.items() if day >= first)
        known.limits[programme.pk] = ProgrammeLimit(
            programme.per_programme_limit, programme.per_programme_limit_days, used
        )
    return known


def _past(simulation: RuleSimulation, programme: Programme, people: set[UUID], events: Sequence[Event]) -> Past:
    """Read what the simulation gave before; nothing where the rule and the programme count nothing."""
    past, first = Past(), events[0].received_at
    given = simulation.matches.filter(status__in=GIVEN)
    if simulation.once_per:
        used = given.filter(person__in=people, once_key__isnull=False)
        past.once = {(key, once) for key, once in used.values_list("person_id", "once_key") if key and once}
    if (days := programme.per_person_limit_days) is not None:
        counted = given.filter(person__in=people, received_at__gt=first - timedelta(days=days))
        for person_id, at, points in counted.values_list("person_id", "received_at", "points"):
            if person_id:
                past.got[person_id].append((at, points))
    if (days := programme.per_programme_limit_days) is not None:
        since = given.filter(received_at__gt=first - timedelta(days=days))
        by_day = since.annotate(day=TruncDate("received_at", tzinfo=UTC)).values_list("day").annotate(sum=Sum("points"))
        past.days.update(by_day.order_by())
    return past


def _given(simulation: RuleSimulation, events: Sequence[Event]) -> dict[UUID, int]:
    """Return the points that any version of the rule really gave for these events, by event."""
    asked = PointsRequest.objects.filter(
        event_id__in=[event.pk for event in events],
        rule_version__rule__slug=simulation.slug,
        programme_id=simulation.programme_id,
        status__in=[PointsRequestStatus.CREDITED, PointsRequestStatus.PENDING_APPROVAL],
    )
    return {event_id: points for event_id, points in asked.values_list("event_id", "points") if event_id}
