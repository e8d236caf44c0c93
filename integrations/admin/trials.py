"""Words what a tried message would become, for the page that shows it."""

import json
from datetime import UTC, datetime
from typing import Any

from django import forms

from integrations import redaction
from integrations.mapping import Reading
from integrations.operations.trials import TriedRecord

VALUE_CHARACTERS_MAX = 160
DOCUMENT_CHARACTERS_MAX = 20_000
# What a sender would hear: what is said here, and in which colour.
WOULD = {
    "credited": ("Would be credited", "ok"),
    "pending": ("Would wait for approval", "info"),
    "parked": ("Would wait for the person", "info"),
    "no_match": ("No rule wants it", "warn"),
    "refused": ("Would be refused", "danger"),
}


class TrialForm(forms.Form):
    """A message as the HR system would send it."""

    message = forms.CharField(
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "class": "message", "spellcheck": "false", "autocomplete": "off"}),
        help_text="The body of one message, XML or JSON. It is not kept, and nothing is credited.",
    )


def shown(record: TriedRecord, number: int) -> dict[str, Any]:
    """Return one record as the page shows it.

    Args:
        record: what would become of it.
        number: where it stands in the message, from 1.
    """
    said, colour = WOULD[record.status]
    return {
        "name": f"Record {number}" + (f": {record.event.source_id}" if record.event else ""),
        "said": said,
        "colour": colour,
        "error": record.error.detail if record.error else "",
        "came_before": record.came_before,
        "event": record.event,
        "person": record.person,
        "readings": [_reading(each) for each in record.readings],
        "rules": [_rule(match) for match in record.matches],
        "points": sum(match["points_request"]["points"] for match in record.matches if match["points_request"]),
        "document": _cut(_text(redaction.masked(record.thing)), DOCUMENT_CHARACTERS_MAX),
    }


def _reading(reading: Reading) -> dict[str, Any]:
    """Return what one path made of a record."""
    secret = redaction.SECRET_NAME.search(f"{reading.name} {reading.path}")
    found = redaction.MASK if secret else _cut(_text(redaction.masked(reading.found)), VALUE_CHARACTERS_MAX)
    value = redaction.MASK if secret else _cut(_text(redaction.masked(reading.value)), VALUE_CHARACTERS_MAX)
    return {
        "name": reading.name,
        "path": reading.path,
        "found": "nothing" if reading.found is None else found,
        "value": value,
        "none": reading.none,
        "error": reading.error.detail if reading.error and not secret else "",
    }


def _rule(match: dict[str, Any]) -> dict[str, Any]:
    """Return what one rule says."""
    asked = match["points_request"]
    return {
        "name": f"{match['programme']} / {match['rule']}, version {match['rule_version']}" if match["rule"] else "–",
        "points": asked["points"] if asked else None,
        "why": match["problem"]["detail"] if match["problem"] else match["explanation"].get("summary", ""),
    }


def _text(value: Any) -> str:
    """Return a value for somebody's eyes: a text as it is, a time in UTC, anything else as JSON."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')} UTC"
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _cut(text: str, characters_max: int) -> str:
    """Return a text that is not longer than a page can bear."""
    return text if len(text) <= characters_max else f"{text[:characters_max]}…"
