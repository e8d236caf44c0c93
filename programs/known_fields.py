"""What events of a type hold: names, kinds and examples, as far as the last of them say."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import RawSQL

from programs.models import Event

EVENTS_READ_MAX = 50
EVENT_BYTES_MAX = 16_384  # as stored; a larger one is not looked at
FIELDS_MAX = 60
TYPES_MAX = 100
EXAMPLE_CHARACTERS = 40
# the types, each found by a step down the index of events: however many events there are, it costs one step a type
TYPES = """
WITH RECURSIVE known AS (
    (SELECT type FROM programs_event ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT type FROM programs_event WHERE type > known.type ORDER BY type LIMIT 1)
    FROM known WHERE known.type IS NOT NULL
)
SELECT type FROM known WHERE type IS NOT NULL LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class KnownField:
    """One field: its path as rules write it, its kind in words, and a value that it had."""

    path: str
    kind: str
    example: str


def event_types() -> list[str]:
    """Return the types of the events that came."""
    with connection.cursor() as cursor:
        cursor.execute(TYPES, [TYPES_MAX])
        return [name for (name,) in cursor.fetchall()]


def past_events(event_type: str) -> "QuerySet[Event]":
    """Return the last events of a type, newest first, but for very large ones."""
    size = RawSQL("pg_column_size(programs_event.data)", (), output_field=IntegerField())
    kept = Event.objects.filter(type=event_type).alias(size=size).filter(size__lte=EVENT_BYTES_MAX)
    return kept.order_by("-received_at")[:EVENTS_READ_MAX]


def known_fields(events: Sequence[Event]) -> list[KnownField]:
    """Return the fields that these events hold, by path; the example is the newest value."""
    found: dict[str, KnownField] = {}
    for event in events:
        for path, value in _walk(event.data, "event"):
            if path not in found and len(found) < FIELDS_MAX:
                found[path] = KnownField(path, kind(value), _example(value))
    return [found[path] for path in sorted(found)]


def kind(value: Any) -> str:
    """Return in a word what kind of value something is."""
    if isinstance(value, bool):
        return "true or false"
    kinds: list[tuple[type, str]] = [(str, "text"), (dict, "group"), (list, "list"), (datetime, "time"), (date, "day")]
    if isinstance(value, int | float):
        return "number"
    return next((word for each, word in kinds if isinstance(value, each)), "empty")


def _walk(data: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(data, dict):
        return
    for name, value in data.items():
        below = f"{path}.{name}" if str(name).isidentifier() else f'{path}["{name}"]'
        yield below, value
        yield from _walk(value, below)
        if isinstance(value, list) and value:
            yield from _walk(value[0], f"{below}[0]")


def _example(value: Any) -> str:
    if isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return f"{len(value)} item{'' if len(value) == 1 else 's'}"
    text = json.dumps(value) if value is None or isinstance(value, bool) else str(value)
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"
