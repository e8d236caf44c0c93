"""Birthdays, work anniversaries and first days: told as events, each once for ever, and rules decide.

An occasion begins at 08:00 of its day on the person's own clock. Its id, `birthday/E10482/2026-05-31`, is unique for
ever like that of any event, so it counts once, whoever looks and however often. After a time without a scheduler, and
for somebody who was enrolled late, what began within 31 days is told then. What is older is kept as an event that no
rule was asked about: HR sees it and may have it decided all the same.

Who was born on 29 February is marked on the 28th in common years, and so is who joined then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from people.clocks import clock
from people.enums import PersonStatus
from people.models import Person
from programs.matching import NewEvent
from programs.models import OccasionWatch
from programs.operations import events

SOURCE = "urn:rewards-portal:occasions"
BIRTHDAY, ANNIVERSARY, JOINED = "occasion.birthday", "occasion.work_anniversary", "occasion.joined"
BEGINS_AT = time(8)  # on the person's own clock
CATCH_UP = timedelta(days=31)
SKIPPED_WITHIN = timedelta(days=366)  # what is older still is not even kept
FIRST_LOOK = timedelta(days=1)  # a programme that is turned on at noon marks those whose day it is
SKIPPED = f"Skipped: it began more than {CATCH_UP.days} days before anybody looked. Replay it to let the rules decide."
LIMIT = 1000  # occasions in one transaction

# Whose day it is. `due` has a row for each time zone and day in question, twice where 28 February stands for the 29th.
# The conditions that seem to say nothing let the partial indexes of people_person answer.
DUE = """
SELECT person.employee_number, due.zone, due.day,
    (extract(year FROM due.day) - extract(year FROM person.joined_on))::integer
FROM unnest(%(zones)s::text[], %(days)s::date[], %(months)s::integer[], %(dates)s::integer[])
    AS due (zone, day, month, date)
JOIN people_person person ON {occasion} AND person.time_zone = due.zone
WHERE person.status = 'active' AND (person.joined_on IS NULL OR person.joined_on <= due.day)
    AND NOT EXISTS (
        SELECT FROM programs_event event WHERE event.source = %(source)s
        AND event.source_id = %(prefix)s || person.employee_number || '/' || due.day
    )
ORDER BY due.day, person.employee_number LIMIT %(limit)s
"""
ON_THE_DAY = """
    person.joined_on IS NOT NULL
    AND extract(month FROM person.joined_on) = due.month AND extract(day FROM person.joined_on) = due.date
"""
OCCASIONS = {
    BIRTHDAY: """
        NOT (person.birthday = '') AND person.marks_birthday
        AND person.birthday = to_char(due.month, 'FM00') || '-' || to_char(due.date, 'FM00')
    """,
    ANNIVERSARY: ON_THE_DAY + " AND extract(year FROM person.joined_on) < extract(year FROM due.day)",
    JOINED: ON_THE_DAY + " AND person.joined_on = due.day",
}


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody's occasion: the day on which it is marked, and how many years after they joined that is."""

    type: str
    employee_number: str
    day: date
    years: int | None
    begins_at: datetime

    def event(self) -> NewEvent:
        """Return it as an event."""
        name = self.type.removeprefix("occasion.")
        return NewEvent(
            source=SOURCE,
            source_id=f"{name}/{self.employee_number}/{self.day}",
            type=self.type,
            subject=self.employee_number,
            time=self.begins_at,
            data={"years": self.years} if self.type == ANNIVERSARY else {},
        )


def mark(*, at: datetime, limit: int = LIMIT) -> int:
    """Tell the occasions that began by now, to the rules of open programmes that listen; nothing where none does.

    1. Begin to watch what is listened to, and forget what no longer is: a pause is not caught up with.
    2. Claim what is watched; what another scheduler has in hand is skipped.
    3. Keep what began too long ago without asking, and let the rules decide about the rest.

    Args:
        at: now.
        limit: how many occasions of a kind at most.

    Returns:
        How many were told or kept; call again until it is 0.
    """
    with transaction.atomic():
        listened = events.listened_to(OCCASIONS, at=at)
        OccasionWatch.objects.exclude(type__in=listened).delete()
        first = at - FIRST_LOOK
        OccasionWatch.objects.bulk_create(
            [OccasionWatch(type=each, since=first, through=first) for each in sorted(listened)], ignore_conflicts=True
        )
        claimed = OccasionWatch.objects.select_for_update(skip_locked=True).filter(type__in=listened).order_by("pk")
        zones = _zones() if listened else []
        return sum(_mark(watch, zones, at, limit) for watch in claimed)


def _mark(watch: OccasionWatch, zones: Sequence[str], at: datetime, limit: int) -> int:
    """Tell one kind of occasion."""
    recent = at - CATCH_UP
    skipped = _due(watch.type, zones, max(watch.through, recent - SKIPPED_WITHIN), recent, limit)
    if skipped:
        events.set_aside([due.event() for due in skipped], why=SKIPPED, at=at)
    told = _due(watch.type, zones, max(watch.since, recent), at, limit)
    if told:
        events.receive([due.event() for due in told], at=at)
    if len(skipped) < limit and len(told) < limit and at > watch.through:
        watch.through = at
        watch.save(update_fields=["through"])
    return len(skipped) + len(told)


def _due(kind: str, zones: Sequence[str], after: datetime, until: datetime, limit: int) -> list[Due]:
    """Return the occasions that began after one moment and by another, and that no event tells of yet; one query."""
    begun = {(zone, day): begins_at for zone in zones for day, begins_at in _days(zone, after, until)}
    asked = [(zone, day, *each) for zone, day in begun for each in _dates(day)]
    if not asked:
        return []
    names = ("zones", "days", "months", "dates")
    values: dict[str, Any] = dict(zip(names, (list(column) for column in zip(*asked, strict=True)), strict=True))
    values |= {"source": SOURCE, "prefix": kind.removeprefix("occasion.") + "/", "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(DUE.format(occasion=OCCASIONS[kind]), values)
        rows = cursor.fetchall()
    return [Due(kind, number, day, years, begun[zone, day]) for number, zone, day, years in rows]


def _days(zone: str, after: datetime, until: datetime) -> Iterator[tuple[date, datetime]]:
    """Yield the days of a time zone that began within a time, with the moment."""
    local = clock(zone)
    day, last = after.astimezone(local).date(), until.astimezone(local).date()
    while day <= last:
        begins_at = datetime.combine(day, BEGINS_AT, local).astimezone(UTC)
        if after < begins_at <= until:
            yield day, begins_at
        day += timedelta(days=1)


def _dates(day: date) -> list[tuple[int, int]]:
    """Return the months and dates that a day marks: its own and, on 28 February of a common year, the 29th."""
    stands_for_29th = (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3  # noqa: PLR2004 - March
    return [(day.month, day.day), *([(2, 29)] if stands_for_29th else [])]


def _zones() -> list[str]:
    people = Person.objects.filter(status=PersonStatus.ACTIVE)
    return list(people.order_by().values_list("time_zone", flat=True).distinct())
