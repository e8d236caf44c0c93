"""Tries a message on a connection: what would become of it. Nothing is kept, nothing is credited."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations import documents, enrichment, mapping
from integrations.errors import UnmappedRecord
from integrations.mapping import Reading
from integrations.models import Connection
from people import queries as people
from people.models import Person
from programs.enums import EventStatus
from programs.models import Event
from programs.operations import events
from programs.operations.events import NewEvent

RECORDS_MAX = 20


@dataclass(kw_only=True, slots=True)
class TriedRecord:
    """What would become of one record.

    Args:
        thing: as the connection's paths see it.
        readings: what each path made of it.
        event: the event it would become; None where a path cannot be read.
        error: why it would become none.
        person: whom the recipient names; None where nobody is known by it.
        status: credited, pending, parked, refused or no_match, as the sender would hear.
        matches: what the rules say, as the API answers it.
        came_before: whether its id stands further up in the message, or was received in earnest before: it would get
            that answer and credit nothing more.
    """

    thing: Any
    readings: list[Reading]
    event: NewEvent | None = None
    error: UnmappedRecord | None = None
    person: Person | None = None
    status: str = EventStatus.REFUSED.value
    matches: list[dict[str, Any]] = field(default_factory=list)
    came_before: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What would become of a message.

    Args:
        received: how many records it holds.
        records: the first of them, at most 20.
    """

    received: int
    records: list[TriedRecord]


def run(*, connection: Connection, message: str, at: datetime) -> Trial:
    """Try a message on a connection, be it turned on or not; the rules of active programmes are asked.

    1. Read the message as it would be read. 2. Fetch what it leaves out. 3. Make an event of each of its first records.
    4. Find the people. 5. Let the rules decide, and undo it.

    Args:
        connection: how to read it.
        message: XML or JSON, as text.
        at: now.

    Raises:
        UnreadableMessage: it is not readable, or `items` finds nothing in it.
    """
    things = mapping.things(connection, documents.read(message.encode(), "text/plain; charset=utf-8"))
    whole = enrichment.enrich(things[:RECORDS_MAX], connection.enrich, seconds=enrichment.HOOK_SECONDS)
    records = [_record(connection, *each) for each in zip(whole, things[:RECORDS_MAX], strict=True)]
    _find_people(records)
    _mark_repeats(connection, records)
    _ask_rules(records, at)
    return Trial(received=len(things), records=records)


def _record(connection: Connection, thing: Any, as_sent: Any) -> TriedRecord:
    """Return a record with its event, or why there is none."""
    if isinstance(thing, UnmappedRecord):
        return TriedRecord(thing=as_sent, readings=[], error=thing)
    record = TriedRecord(thing=thing, readings=mapping.read(connection, thing))
    try:
        record.event = mapping.event(connection, record.readings)
    except UnmappedRecord as error:
        record.error = error
    return record


def _find_people(records: Sequence[TriedRecord]) -> None:
    """Find whom the records name, also of those that become no event."""
    named = {id(record): _recipient(record) for record in records}
    known = people.recipients({name for name in named.values() if name})
    for record in records:
        record.person = known.get(named[id(record)])


def _recipient(record: TriedRecord) -> str:
    """Return the name of whom a record is about."""
    return next((reading.value or "" for reading in record.readings if reading.name == "recipient"), "")


def _mark_repeats(connection: Connection, records: Sequence[TriedRecord]) -> None:
    """Say which records would be answered as a repeat."""
    ids = [record.event.source_id for record in records if record.event]
    received = Event.objects.filter(source=mapping.source(connection), source_id__in=ids)
    seen = set(received.values_list("source_id", flat=True))
    for record in records:
        if record.event:
            record.came_before = record.event.source_id in seen
            seen.add(record.event.source_id)


def _ask_rules(records: Sequence[TriedRecord], at: datetime) -> None:
    """Ask the rules about the events as if each came for the first time."""
    asked = [(record, record.event) for record in records if record.event]
    for (record, _), answer in zip(asked, events.simulate([event for _, event in asked], at=at), strict=True):
        record.status, record.matches = str(answer.event.status), answer.matches
