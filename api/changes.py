"""What pghistory kept, as sentences: who changed which field of a row, when, from what to what."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst

EVENTS_MAX = 500  # the newest of each kind; older ones stay in the tables
LATEST_MAX = 200  # rows on a page of everything
NOTHING = "nothing"
ACTIONS = {"insert": "added", "update": "changed", "delete": "removed"}


@dataclass(frozen=True)
class FieldChange:
    """One field, as the page shows it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class RowChange:
    """What happened to one row: `action` is added, changed or removed. `model` and `key` say which row it was."""

    action: str
    kind: str
    row: str
    fields: Sequence[FieldChange]
    model: type[models.Model]
    key: Any


@dataclass
class ChangeSet:
    """The changes that one request or one command made together."""

    at: datetime
    who: str
    how: str
    rows: list[RowChange] = field(default_factory=list)


def changes(row: models.Model, *, parts: Sequence[tuple[type[models.Model], str]] = ()) -> list[ChangeSet]:
    """Return what happened to a row and to its parts, newest first.

    Args:
        row: a row of a tracked model.
        parts: tracked models whose rows belong to it, each with the name of its foreign key to the row.

    Returns:
        One `ChangeSet` for each request or command. How many queries it takes depends on the kinds of rows alone.
    """
    events = [*_events(type(row), pgh_obj_id=row.pk)]
    for model, foreign_key in parts:
        events += _events(model, **{f"{foreign_key}_id": row.pk})
    return _told(_steps(events))


def latest(tracked: Iterable[type[models.Model]], *, before: datetime | None = None) -> list[ChangeSet]:
    """Return what happened lately to any row of some models, newest first.

    Args:
        tracked: the models.
        before: leave out what is as new as this; None for the newest.

    Returns:
        At most LATEST_MAX rows' worth of change sets, whole ones but for one that is larger by itself.
    """
    newest = sorted((event for model in tracked for event in _latest_events(model, before)), key=_when, reverse=True)
    sets = _told(_Step(event, event.before, _differing(event, event.before)) for event in _with_previous(newest))
    is_cut = len(newest) > LATEST_MAX and _set_of(newest[LATEST_MAX]) == _set_of(newest[LATEST_MAX - 1])
    return sets[:-1] if is_cut and len(sets) > 1 else sets


def _told(steps: Iterable["_Step"]) -> list[ChangeSet]:
    """Return steps that changed something, newest first and in words."""
    telling = sorted((step for step in steps if step.differs), key=lambda step: _when(step.event), reverse=True)
    return _as_sets(telling, _names_of_references(telling), _actors(telling))


def _when(event: Any) -> tuple[datetime, int]:
    """Return what events are put in order by."""
    return event.pgh_created_at, event.pgh_id


def _latest_events(model: type[models.Model], before: datetime | None) -> Iterable[Any]:
    """Return a model's newest events, each with the key of the one before it of the same row."""
    events = model.pgh_event_model.objects  # type: ignore[attr-defined]
    same_row = events.filter(pgh_obj_id=models.OuterRef("pgh_obj_id"), pgh_id__lt=models.OuterRef("pgh_id"))
    found = events.annotate(before_id=models.Subquery(same_row.order_by("-pgh_id").values("pgh_id")[:1]))
    if before is not None:
        found = found.filter(pgh_created_at__lt=before)
    return list(found.select_related("pgh_context").order_by("-pgh_id")[: LATEST_MAX + 1])


def _with_previous(events: Sequence[Any]) -> Iterable[Any]:
    """Give each event of the first LATEST_MAX the one before it as `before`; one query a model."""
    shown = events[:LATEST_MAX]
    wanted = defaultdict(set)
    for event in shown:
        wanted[type(event)].add(event.before_id)
    found = {model: model.objects.in_bulk(keys - {None}) for model, keys in wanted.items()}
    for event in shown:
        event.before = found[type(event)].get(event.before_id)
    return shown


@dataclass(frozen=True)
class _Step:
    """An event of pghistory with the one before it, and the fields in which they differ."""

    event: Any
    previous: Any | None
    differs: list[models.Field[Any, Any]]


def _events(model: type[models.Model], **conditions: Any) -> Iterable[Any]:
    """Return the newest events of a tracked model, oldest first."""
    event_model = model.pgh_event_model  # type: ignore[attr-defined]
    newest = event_model.objects.filter(**conditions).select_related("pgh_context").order_by("-pgh_id")[:EVENTS_MAX]
    return reversed(newest)


def _steps(events: Iterable[Any]) -> Iterable[_Step]:
    """Pair each event with the one before it of the same row."""
    latest: dict[tuple[type, Any], Any] = {}
    for event in events:
        key = (type(event), event.pgh_obj_id)
        previous = latest.get(key)
        latest[key] = event
        yield _Step(event, previous, _differing(event, previous))


def _differing(event: Any, previous: Any | None) -> list[models.Field[Any, Any]]:
    """Return the fields that changed; of a new or a removed row, those that hold something."""
    tracked = [each for each in _fields(event) if hasattr(event, each.attname)]
    if event.pgh_label == "update":
        if previous is None:  # older than what was read
            return []
        return [each for each in tracked if getattr(event, each.attname) != getattr(previous, each.attname)]
    return [each for each in tracked if getattr(event, each.attname) not in (None, False, "", [], {})]


def _fields(event: Any) -> list[models.Field[Any, Any]]:
    """Return the fields of the tracked model that mean something to a reader."""
    fields = event.pgh_tracked_model._meta.concrete_fields
    return [each for each in fields if not each.primary_key and each.name != "created_at"]


def _as_sets(steps: Sequence[_Step], names: dict[tuple[Any, Any], str], actors: dict[str, str]) -> list[ChangeSet]:
    """Group steps that share a context, in the order they come."""
    sets: dict[Any, ChangeSet] = {}
    for step in steps:
        event = step.event
        metadata = event.pgh_context.metadata if event.pgh_context else {}
        key = _set_of(event)
        if key not in sets:
            sets[key] = ChangeSet(at=event.pgh_created_at, who=_who(metadata, actors), how=_how(metadata))
        sets[key].rows.append(_row_change(step, names))
    return list(sets.values())


def _set_of(event: Any) -> Any:
    """Return what events that were made together share: their context, else their transaction's time."""
    return event.pgh_context_id or event.pgh_created_at


def _row_change(step: _Step, names: dict[tuple[Any, Any], str]) -> RowChange:
    """Return what a step says, in words."""
    event, previous = step.event, step.previous if step.event.pgh_label == "update" else None
    model = event.pgh_tracked_model
    shown = []
    for each in step.differs:
        value = _text(each, getattr(event, each.attname), names)
        removed = event.pgh_label == "delete"
        before = value if removed else _text(each, getattr(previous, each.attname, None), names)
        shown.append(FieldChange(capfirst(str(each.verbose_name)), before, NOTHING if removed else value))
    plain = model(
        **{each.attname: getattr(event, each.attname) for each in _fields(event) if hasattr(event, each.attname)}
    )
    plain.pk = event.pgh_obj_id
    return RowChange(
        action=ACTIONS.get(event.pgh_label, event.pgh_label),
        kind=capfirst(str(model._meta.verbose_name)),
        row=_label(plain),
        fields=shown,
        model=model,
        key=event.pgh_obj_id,
    )


def _label(row: models.Model) -> str:
    """Return a past row's name without asking the database for what it refers to."""
    for name in ("name", "slug", "sku", "number", "over"):
        value = row.__dict__.get(name)
        if value not in (None, ""):
            return str(value)
    return str(row.pk)


def _text(each: models.Field[Any, Any], value: Any, names: dict[tuple[Any, Any], str]) -> str:
    """Return a value as somebody reads it."""
    if value in (None, "", [], {}):
        return NOTHING
    if each.remote_field:
        return names.get((each.remote_field.model, value), str(value))
    if each.choices:
        return str(dict(each.flatchoices).get(value, value))
    return _plain(value)


def _plain(value: Any) -> str:
    """Return a value that is neither a reference nor a choice as somebody reads it."""
    match value:
        case bool():
            text = "yes" if value else "no"
        case int():
            text = f"{value:,}"
        case datetime():
            text = date_format(timezone.localtime(value), "j M Y, H:i")
        case date():
            text = date_format(value, "j M Y")
        case list() if all(isinstance(item, str | int) for item in value):
            text = ", ".join(str(item) for item in value)
        case list() | dict():
            text = json.dumps(value, ensure_ascii=False, sort_keys=True)
        case _:
            text = str(value)
    return text


def _names_of_references(steps: Iterable[_Step]) -> dict[tuple[Any, Any], str]:
    """Return how each row that a changed foreign key names is called, by model and key; one query a model."""
    keys = defaultdict(set)
    for step in steps:
        for each in step.differs:
            if each.remote_field:
                for event in (step.event, step.previous):
                    keys[each.remote_field.model].add(getattr(event, each.attname, None))
    return {
        (model, key): str(row)
        for model, wanted in keys.items()
        for key, row in model._default_manager.in_bulk(wanted - {None}).items()
    }


def _actors(steps: Iterable[_Step]) -> dict[str, str]:
    """Return the names of the people in the contexts, by their key as the context has it; one query."""
    user_model = get_user_model()
    found = {str(step.event.pgh_context.metadata.get("user")) for step in steps if step.event.pgh_context}
    keys = {}
    for text in found:
        try:
            keys[text] = user_model._meta.pk.to_python(text)
        except ValidationError:
            continue  # an API client, or nobody
    people = user_model._default_manager.in_bulk([key for key in keys.values() if key is not None])
    return {text: str(people[key]) for text, key in keys.items() if key in people}


def _who(metadata: dict[str, Any], actors: dict[str, str]) -> str:
    """Return who made a change, as far as the context knows."""
    user = metadata.get("user")
    if user is None:
        return str(metadata.get("command", "")).capitalize() or "The system"
    return actors.get(str(user), f"API client {user}")


def _how(metadata: dict[str, Any]) -> str:
    """Return by which way it was made: a command with its file, or the page."""
    if "command" in metadata:
        return " ".join(str(metadata[key]) for key in ("command", "file") if metadata.get(key))
    return str(metadata.get("url", ""))
