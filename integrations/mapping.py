"""Turns one thing of a message into one event, as a connection's paths say."""

from typing import Any
from zoneinfo import ZoneInfo

from integrations import paths, times, values
from integrations.errors import UnmappedRecord
from integrations.models import Connection
from integrations.values import NoValue
from programs.operations.events import NewEvent

ID_CHARACTERS_MAX = 500
RECIPIENT_CHARACTERS_MAX = 300


def source(connection: Connection) -> str:
    """Return the source of a connection's events: together with their ids unique for ever."""
    return f"/hooks/{connection.slug}"


def event(connection: Connection, thing: Any) -> NewEvent:
    """Return the event that a thing of a message stands for.

    A value that counts as none is left out of `data` and named in `empty` with the reason, so that no rule credits for
    it.
    A recipient that is not there leaves `subject` empty: the event is kept, and refused.

    Args:
        connection: whose mapping.
        thing: what `items` picked: a record of a list, an ExternalEvent's event.

    Raises:
        UnmappedRecord: there is no id, or a value is not of its kind.
    """
    zone = ZoneInfo(connection.time_zone)
    recipient = values.scalar(paths.search(connection.recipient, thing))
    if len(recipient) > RECIPIENT_CHARACTERS_MAX:
        raise UnmappedRecord(f"recipient: more than {RECIPIENT_CHARACTERS_MAX} characters.", pointer="/recipient")
    data, empty = _data(connection, thing, zone)
    return NewEvent(
        source=source(connection),
        source_id=_id(connection, thing),
        type=connection.event_type,
        subject=recipient,
        time=_time(connection, thing, zone),
        data=data,
        empty=empty,
    )


def _id(connection: Connection, thing: Any) -> str:
    """Return what tells this thing from all others of the connection, for ever."""
    parts = [values.scalar(paths.search(path, thing)) for path in connection.id_paths]
    for path, part in zip(connection.id_paths, parts, strict=True):
        if not part:
            raise UnmappedRecord(f"id: `{path}` finds no value in this record.", pointer="/id")
    joined = "/".join(parts)
    if len(joined) > ID_CHARACTERS_MAX:
        raise UnmappedRecord(f"id: more than {ID_CHARACTERS_MAX} characters.", pointer="/id")
    return joined


def _time(connection: Connection, thing: Any, zone: ZoneInfo) -> Any:
    """Return when it happened; None where the mapping names no time or the record has none."""
    found = paths.search(connection.time, thing) if connection.time else None
    if found is None or found == "":
        return None
    try:
        return times.parse(found, zone)
    except ValueError:
        detail = f"time: {values.shown(found)} is not a time. ISO 8601 is, as 2026-11-22T21:14:05+00:00."
        raise UnmappedRecord(detail, pointer="/time") from None


def _data(connection: Connection, thing: Any, zone: ZoneInfo) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the event's data, and the names that are empty with the reason of each."""
    data: dict[str, Any] = {}
    empty: dict[str, str] = {}
    for name, how in connection.data.items():
        found = paths.search(how["path"], thing)
        try:
            data[name] = values.convert(name, found, how, zone)
        except NoValue as none:
            empty[name] = f"`{how['path']}` finds nothing" if found is None else none.reason
    return data, empty
