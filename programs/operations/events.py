"""Takes what happened: keeps it, asks the rules, asks for the points they give."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from api import ids, problems
from api.errors import PortalError
from people import queries as people
from people.models import Person
from programs import judgement, representations
from programs.enums import EventStatus, PointsRequestStatus, ProgrammeStatus, Source
from programs.errors import UnknownRecipient
from programs.matching import Match, NewEvent, live_version, match
from programs.models import Event, Rule
from programs.operations import points_requests
from programs.operations.points_requests import NewPointsRequest, Submitted
from programs.races import settle

__all__ = ["NewEvent", "Received", "receive", "simulate"]

STATUS_OF = {
    PointsRequestStatus.CREDITED: EventStatus.CREDITED,
    PointsRequestStatus.PENDING_APPROVAL: EventStatus.PENDING,
    PointsRequestStatus.PARKED: EventStatus.PARKED,
}
STRONGEST_FIRST = list(EventStatus)

NO_RULE: dict[str, Any] = dict.fromkeys(
    ("programme", "rule", "rule_version", "explanation", "points_request", "problem")
)

KEEP = """
INSERT INTO programs_event
    (id, source, source_id, type, subject, person_id, time, data, fingerprint, client_id, status, outcome, received_at)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::timestamptz[],
    %s::jsonb[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[])
ON CONFLICT (source, source_id) DO NOTHING
RETURNING id
"""
EARLIER = """
SELECT event.* FROM unnest(%s::text[], %s::text[]) AS asked (source, source_id)
JOIN programs_event AS event ON event.source = asked.source AND event.source_id = asked.source_id
"""
EARLIER_LOCKED = EARLIER + " ORDER BY event.id FOR UPDATE OF event"
SETTLE = """
UPDATE programs_event AS event SET
    status = told.status, outcome = told.outcome, type = told.type, subject = told.subject, person_id = told.person_id,
    time = told.time, data = told.data, fingerprint = told.fingerprint
FROM unnest(%s::uuid[], %s::text[], %s::jsonb[], %s::text[], %s::text[], %s::uuid[], %s::timestamptz[], %s::jsonb[],
    %s::text[]) AS told (id, status, outcome, type, subject, person_id, time, data, fingerprint)
WHERE event.id = told.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What came of one event: its row, the matches as the API answers them, and whether it had come before."""

    event: Event
    matches: list[dict[str, Any]]
    replayed: bool


def receive(events: Sequence[NewEvent], *, at: datetime, reconsider: bool = False) -> list[Received]:
    """Take events, each once for ever, and credit what the rules of active programmes give for them.

    1. Find the recipients. 2. Keep the events; one that came before, or comes at this moment on another connection, is
    left to the first. 3. Ask the live rules that listen. 4. Ask for all the points at once. 5. Write what came of each.

    The number of statements does not grow with the list. What is refused keeps its reason in the event's outcome.

    Args:
        events: any number; the same (source, source_id) twice in one list is one event.
        at: now.
        reconsider: ask again about events that came before and gave no points (refused, no match), or of which a rule
            could not be evaluated, as they are told now: for a replay, after a mapping or a rule was mended or a person
            was added. A rule that gave points for an event is not asked about it again.

    Returns:
        One answer per event, in the same order; a repeat gets the first answer.
    """
    return settle(lambda: _receive(events, at, reconsider))


def replay(event_ids: Sequence[UUID], *, at: datetime) -> list[Received]:
    """Let the rules decide again about kept events, as they were told, against what stands today (see `receive`).

    Returns:
        What came of each that there is, the first that was received first.
    """
    kept = Event.objects.select_related("client").filter(pk__in=event_ids).order_by("received_at", "pk")
    names = ("source", "source_id", "type", "subject", "time", "data", "client")
    told = [NewEvent(**{name: getattr(event, name) for name in names}) for event in kept]
    return receive(told, at=at, reconsider=True)


def set_aside(events: Sequence[NewEvent], *, why: str, at: datetime) -> None:
    """Keep events without asking the rules, which a replay may still do; what came before is left as it is.

    Args:
        events: any number.
        why: the sentence that stands in place of an explanation.
        at: now.
    """
    known = people.recipients({event.subject for event in events if event.subject})
    rows = [_row(event, known.get(event.subject), at) for event in sorted(events, key=lambda event: event.key)]
    for row in rows:
        row.status = EventStatus.NO_MATCH
        row.outcome = [{**NO_RULE, "explanation": {"summary": why}}]
    _insert(rows)


def listened_to(types: Iterable[str], *, at: datetime) -> set[str]:
    """Return those of these event types that a live rule of an open programme listens to; one query."""
    return set(_listening(set(types), at))


def simulate(events: Sequence[NewEvent], *, at: datetime) -> list[Received]:
    """Answer as `receive` would, and leave nothing behind: the same code runs and is rolled back.

    An event that was received before is asked about anew, against today's rules.
    """
    with transaction.atomic():
        unseen = [replace(event, source_id=f"{event.source_id[:400]} {ids.new().hex}") for event in events]
        answers = receive(unseen, at=at)
        transaction.set_rollback(True)
    for answer, event in zip(answers, events, strict=True):
        answer.event.source_id = event.source_id
    return answers


def _receive(events: Sequence[NewEvent], at: datetime, reconsider: bool) -> list[Received]:
    """Take events within a transaction."""
    first = {event.key: event for event in reversed(events)}
    known = people.recipients({event.subject for event in first.values() if event.subject})
    kept = _keep(sorted(first.values(), key=lambda event: event.key), known, at)
    earlier = _earlier([key for key in first if key not in kept], lock=reconsider)
    if reconsider:
        for key in [key for key, row in earlier.items() if row.may_be_replayed]:
            kept[key] = _told_again(earlier.pop(key), _row(first[key], known.get(first[key].subject), at))
    _settle([(first[key], row) for key, row in kept.items()], at)
    answered: set[tuple[str, str]] = set()
    return [_received(event, kept, earlier, answered) for event in events]


def _received(
    event: NewEvent,
    kept: dict[tuple[str, str], Event],
    earlier: dict[tuple[str, str], Event],
    answered: set[tuple[str, str]],
) -> Received:
    """Return the answer to one event of the list; `answered` remembers which the list named already."""
    row = kept.get(event.key) or earlier[event.key]
    replayed = event.key in earlier or event.key in answered
    answered.add(event.key)
    return Received(event=row, matches=_in_order(row.outcome), replayed=replayed)


def _in_order(value: Any) -> Any:
    """Return JSON with its members in the order of their names: jsonb forgets theirs, and a repeat answers the same."""
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(each) for each in value] if isinstance(value, list) else value


def _keep(events: Sequence[NewEvent], known: dict[str, Person], at: datetime) -> dict[tuple[str, str], Event]:
    """Insert events in the order of their keys, so that two lists cannot block each other; return the new ones."""
    return _insert([_row(event, known.get(event.subject), at) for event in events])


def _insert(rows: Sequence[Event]) -> dict[tuple[str, str], Event]:
    """Insert rows and return those that are new, by their keys."""
    if not rows:
        return {}
    columns = zip(*(_columns(row) for row in rows), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [list(column) for column in columns])
        new = {pk for (pk,) in cursor.fetchall()}
    return {(row.source, row.source_id): row for row in rows if row.pk in new}


def _row(event: NewEvent, person: Person | None, at: datetime) -> Event:
    """Return the row of an event, refused until something came of it."""
    content = [event.source, event.source_id, event.type, event.subject, str(event.time), event.data]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Event(
        source=event.source,
        source_id=event.source_id,
        type=event.type,
        subject=event.subject,
        person=person,
        time=event.time,
        data=event.data,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
        client=event.client,
        status=EventStatus.REFUSED,
        received_at=at,
    )


def _told_again(row: Event, now_told: Event) -> Event:
    """Return the row of an event that gave no points, as it is told now."""
    for name in ("type", "subject", "person", "time", "data", "fingerprint"):
        setattr(row, name, getattr(now_told, name))
    row.outcome = [match for match in row.outcome if match.get("points_request")]
    return row


def _columns(row: Event) -> tuple[Any, ...]:
    """Return a row's values in the order of `KEEP`."""
    data, outcome = json.dumps(row.data), json.dumps(row.outcome)
    told = (row.pk, row.source, row.source_id, row.type, row.subject, row.person_id, row.time, data, row.fingerprint)
    return (*told, row.client_id, row.status, outcome, row.received_at)


def _earlier(keys: Sequence[tuple[str, str]], *, lock: bool) -> dict[tuple[str, str], Event]:
    """Return the events that came before, by their keys; locked, in the order of their ids, where they may change."""
    if not keys:
        return {}
    sources, source_ids = (list(column) for column in zip(*keys, strict=True))
    rows = Event.objects.raw(EARLIER_LOCKED if lock else EARLIER, [sources, source_ids])
    return {(row.source, row.source_id): row for row in rows}


def _settle(fresh: Sequence[tuple[NewEvent, Event]], at: datetime) -> None:
    """Ask the rules and for the points; write what came of each event into its row."""
    if not fresh:
        return
    matches = list(_matches(fresh, at))
    asked = [(row, found) for row, found in matches if found.points is not None]
    submitted = points_requests.submit([_asked(row, found) for row, found in asked], at=at) if asked else []
    answers = {id(found): answer for (_, found), answer in zip(asked, submitted, strict=True)}
    came: dict[UUID, list[tuple[EventStatus, dict[str, Any]]]] = defaultdict(list)
    for _, row in fresh:
        came[row.pk] = [(_status_of_given(given), given) for given in row.outcome]  # of a replay
    for row, found in matches:
        came[row.pk].append(_outcome(found, answers.get(id(found))))
    for _, row in fresh:
        statuses = [status for status, _ in came[row.pk]]
        row.status = min(statuses, key=STRONGEST_FIRST.index, default=EventStatus.NO_MATCH)
        row.outcome = [shown for _, shown in came[row.pk]]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [list(column) for column in zip(*(_settled(row) for _, row in fresh), strict=True)])


def _status_of_given(match: dict[str, Any]) -> EventStatus:
    """Return the status that a match which gave points before gives its event."""
    return STATUS_OF.get(PointsRequestStatus(match["points_request"]["status"]), EventStatus.REFUSED)


def _settled(row: Event) -> tuple[Any, ...]:
    """Return a row's values in the order of `SETTLE`."""
    came = (row.pk, row.status, json.dumps(row.outcome), row.type, row.subject, row.person_id, row.time)
    return (*came, json.dumps(row.data), row.fingerprint)


def _matches(fresh: Sequence[tuple[NewEvent, Event]], at: datetime) -> Iterator[tuple[Event, Match]]:
    """Yield what each listening rule says about each event."""
    listening = _listening({event.type for event, _ in fresh}, at)
    for event, row in fresh:
        if not event.subject:
            detail = "subject: the event names no recipient, so nobody can be credited."
            error = UnknownRecipient(detail, pointer="/subject")
            yield row, Match(rule=None, explanation={"summary": error.detail}, error=error)
            continue
        allowed = event.client.programmes if event.client else []
        for rule in listening[event.type]:
            if allowed and rule.programme.slug not in allowed:
                continue
            if any((each["programme"], each["rule"]) == (rule.programme.slug, rule.slug) for each in row.outcome):
                continue  # of a replay: it gave points before
            found = match(event, rule, row.person, at=at)
            if found is not None:
                yield row, found


def _listening(types: set[str], at: datetime) -> dict[str, list[Rule]]:
    """Return the rules of open programmes that are live, by the event type they listen to."""
    rules = Rule.objects.filter(live_version__event_type__in=types, programme__status=ProgrammeStatus.ACTIVE)
    listening: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules.select_related("programme", "live_version").order_by("programme__slug", "slug"):
        if judgement.is_open(rule.programme, at):
            listening[live_version(rule).event_type].append(rule)
    return listening


def _asked(row: Event, found: Match) -> NewPointsRequest:
    """Return the request for the points that a rule gives."""
    if found.rule is None or found.points is None:
        raise ValueError("Only a rule that gives points asks for them.")
    return NewPointsRequest(
        programme=found.rule.programme.slug,
        recipient=row.subject,
        points=found.points,
        reason=found.reason,
        source=Source.EVENT,
        client=row.client,
        event_id=row.pk,
        rule_version_id=live_version(found.rule).pk,
        once_key=found.once_key,
        explanation=found.explanation,
    )


def _outcome(found: Match, answer: Submitted | None) -> tuple[EventStatus, dict[str, Any]]:
    """Return what came of one match: the status it gives the event, and the match as the API shows it."""
    error: PortalError | None = found.error or (answer.error if answer else None)
    points_request = answer.points_request if answer else None
    shown = {
        "programme": found.rule.programme.slug if found.rule else None,
        "rule": found.rule.slug if found.rule else None,
        "rule_version": live_version(found.rule).number if found.rule else None,
        "explanation": found.explanation,
        "points_request": None,
        "problem": problems.problem(error) if error else None,
    }
    if points_request is not None and answer is not None:
        shown["points_request"] = representations.points_request(points_request, wallet=answer.wallet)
        return STATUS_OF.get(PointsRequestStatus(points_request.status), EventStatus.REFUSED), shown
    return (EventStatus.REFUSED if error else EventStatus.NO_MATCH), shown
