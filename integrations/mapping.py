"""Turns a message into its things, and each thing into one event, as a connection's paths say."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from integrations import paths, times, values
from integrations.documents import Document
from integrations.errors import UnmappedRecord, UnreadableMessage
from integrations.models import Connection
from integrations.systems import SYSTEMS
from integrations.values import NoValue
from programs.operations.events import NewEvent

ID_CHARACTERS_MAX = 500
RECIPIENT_CHARACTERS_MAX = 300
DATA = "event."  # before a name of the event's data, as rules write it


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What one path of a mapping made of a thing.

    Args:
        name: `id`, `recipient`, `time`, or `event.…` for a name of the event's data, as rules write it.
        path: the JMESPath.
        found: what it found in the thing.
        value: what the event gets; None where it gets nothing.
        none: why what was found counts as none; "" where it does not.
        error: why it cannot be read; None where it can.
    """

    name: str
    path: str
    found: Any
    value: Any = None
    none: str = ""
    error: UnmappedRecord | None = None


def source(connection: Connection) -> str:
    """Return the source of a connection's events: together with their ids unique for ever."""
    return f"/hooks/{connection.slug}"


def things(connection: Connection, document: Document) -> list[Any]:
    """Return what becomes one event each.

    Raises:
        UnreadableMessage: the connection's `items` finds nothing: the message is another one than the mapping is for.
    """
    if not connection.items:
        return SYSTEMS[connection.system].split(document.content)
    found = paths.search(connection.items, document.content)
    if found is None:
        raise UnreadableMessage(f"items: `{connection.items}` finds nothing in this message.")
    return found if isinstance(found, list) else [found]


def read(connection: Connection, thing: Any) -> list[Reading]:
    """Return what each path of a connection makes of a thing: the parts of its id, who, when, and the data.

    Args:
        connection: whose mapping.
        thing: one of `things`: a record of a list, an ExternalEvent's event.
    """
    zone = ZoneInfo(connection.time_zone)
    readings = [_reading("id", path, thing, partial(_id_part, path)) for path in connection.id_paths]
    readings.append(_reading("recipient", connection.recipient, thing, _recipient))
    if connection.time:
        readings.append(_reading("time", connection.time, thing, partial(_time, zone)))
    for name, how in connection.data.items():
        readings.append(
            _reading(f"{DATA}{name}", how["path"], thing, partial(values.convert, name, how=how, zone=zone))
        )
    return readings


def event(connection: Connection, readings: Iterable[Reading]) -> NewEvent:
    """Return the event that a thing stands for.

    A value that counts as none is left out of `data` and named in `empty` with the reason, so that no rule credits for
    it. A recipient that is not there leaves `subject` empty: the event is kept, and refused.

    Args:
        connection: whose mapping.
        readings: as `read` returns them.

    Raises:
        UnmappedRecord: there is no id, or a value is not of its kind.
    """
    readings = list(readings)
    for reading in readings:
        if reading.error:
            raise reading.error
    named = {reading.name: reading.value for reading in readings}
    source_id = "/".join(reading.value for reading in readings if reading.name == "id")
    if len(source_id) > ID_CHARACTERS_MAX:
        raise UnmappedRecord(f"id: more than {ID_CHARACTERS_MAX} characters.", pointer="/id")
    data = {reading.name.removeprefix(DATA): reading for reading in readings if reading.name.startswith(DATA)}
    return NewEvent(
        source=source(connection),
        source_id=source_id,
        type=connection.event_type,
        subject=named["recipient"] or "",
        time=named.get("time"),
        data={name: reading.value for name, reading in data.items() if not reading.none},
        empty={name: reading.none for name, reading in data.items() if reading.none},
    )


def _reading(name: str, path: str, thing: Any, reads: Callable[[Any], Any]) -> Reading:
    """Return what one path found and what became of it."""
    found = paths.search(path, thing)
    try:
        return Reading(name=name, path=path, found=found, value=reads(found))
    except NoValue as none:
        reason = f"`{path}` finds nothing" if found is None else none.reason
        return Reading(name=name, path=path, found=found, none=reason)
    except UnmappedRecord as error:
        return Reading(name=name, path=path, found=found, error=error)


def _id_part(path: str, found: Any) -> str:
    """Return a part of what tells this thing from all others of the connection, for ever."""
    part = values.scalar(found)
    if not part:
        raise UnmappedRecord(f"id: `{path}` finds no value in this record.", pointer="/id")
    return part


def _recipient(found: Any) -> str:
    """Return whom it is about, as `people.queries.recipients` takes it."""
    recipient = values.scalar(found)
    if not recipient:
        raise NoValue("names nobody")
    if len(recipient) > RECIPIENT_CHARACTERS_MAX:
        raise UnmappedRecord(f"recipient: more than {RECIPIENT_CHARACTERS_MAX} characters.", pointer="/recipient")
    return recipient


def _time(zone: ZoneInfo, found: Any) -> Any:
    """Return when it happened."""
    if found is None or found == "":
        raise NoValue("blank counts as none")
    try:
        return times.parse(found, zone)
    except ValueError:
        detail = f"time: {values.shown(found)} is not a time. ISO 8601 is, as 2026-11-22T21:14:05+00:00."
        raise UnmappedRecord(detail, pointer="/time") from None
