"""A rule as somebody is writing it: what each part of it gives over an event, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from people.models import Person
from programs import expressions
from programs.expression_checks import error_in, error_in_text, nearest
from programs.expression_sources import in_words, paths, place, template_parts
from programs.expressions import ExpressionError, Variables
from programs.known_fields import KnownField
from programs.models import Event, Programme, Rule, RuleVersion
from programs.operations import rules
from programs.operations.rules import Wording
from wallets.models.account import POINTS_MAX

SAMPLES = 20  # past events that a wording is tried on while it is written
PARTS = ("when", "points", "reason", "once_per")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend, or to look at again: the part it is about, where in it, and a sentence.

    Args:
        part: `event_type`, `when`, `points`, `reason` or `once_per`.
        detail: what is wrong and what to do.
        place: line and column, where one stands out.
        is_error: whether the wording cannot be saved so; else it could come to nothing.
    """

    part: str
    detail: str
    place: tuple[int, int] | None = None
    is_error: bool = True


@dataclass(slots=True)
class Evaluated:
    """What the parts of a wording give over one event, each as far as the ones before it went well."""

    wanted: bool | None = None
    points: int | None = None
    reason: str = ""
    once_per: list[tuple[str, str]] = field(default_factory=list)
    values: list[tuple[str, Any]] = field(default_factory=list)
    error: Finding | None = None


def draft(programme: Programme, slug: str, wording: Wording) -> Rule:
    """Return a rule that says this, with a live version, saved nowhere: for `matching` and for trials."""
    rule = Rule(programme=programme, slug=slug)
    newest = RuleVersion.objects.filter(rule__programme=programme, rule__slug=slug).first()
    number = newest.number + 1 if newest else 1
    rule.live_version = RuleVersion(rule=rule, number=number, **{**wording, "once_per": list(wording["once_per"])})
    return rule


def evaluate(wording: Wording, variables: Mapping[str, Any]) -> Evaluated:
    """Return what each part of a wording gives over these variables, and at the first that fails, why."""
    found = Evaluated()
    part = "when"
    try:
        ready = Variables(variables)
        found.values = _values(wording, ready)
        found.wanted = expressions.boolean(wording["when"], ready)
        if not found.wanted:
            return found
        part = "points"
        points = expressions.integer(wording["points"], ready)
        part = "reason"
        found.reason = expressions.text(wording["reason"], ready)
        part = "once_per"
        found.once_per = [(source, expressions.key(source, ready)) for source in wording["once_per"]]
        found.points = points
        if not 1 <= points <= POINTS_MAX:
            detail = f"`{wording['points']}` gives {points:,}; a credit is a whole number from 1 to {POINTS_MAX:,}."
            found.error = Finding("points", detail)
    except ExpressionError as error:
        found.error = Finding(part, error.detail, error.place)
    return found


def variables(event: Event, person: Person | None, programme: Programme, at: datetime) -> dict[str, Any]:
    """Return what a rule reads about one kept event."""
    return {
        "event": event.data,
        "person": expressions.person_variables(person, at=at) if person else {},
        "programme": expressions.programme_variables(programme),
        "now": at,
    }


def check(
    wording: Wording,
    known: Sequence[KnownField],
    samples: Sequence[tuple[Event, Mapping[str, Any]]],
    types: Sequence[str],
) -> list[Finding]:
    """Return what is wrong with a wording, the errors first, then what past events say against it.

    Args:
        wording: as it is written so far.
        known: the fields of past events of its type.
        samples: past events with their variables.
        types: the types of events that came.
    """
    errors = list(_errors(wording))
    if errors:
        return errors
    doubts = list(_doubts(wording, known, types))
    return [*doubts, *_failures(wording, samples, doubts)]


def _errors(wording: Wording) -> Iterator[Finding]:
    """Yield every part that cannot be read; where all can, what else `rules.check` refuses."""
    found = [(part, error_in(source)) for part, source in _sources(wording)]
    found.append(("reason", error_in_text(wording["reason"])))
    unreadable = [Finding(part, error.detail, error.place) for part, error in found if error]
    yield from unreadable
    if not unreadable:
        try:
            rules.check(**wording)
        except ExpressionError as error:
            yield Finding((error.pointer or "").strip("/").split("/")[0], error.detail, error.place)


def _sources(wording: Wording) -> list[tuple[str, str]]:
    """Return the expressions of a wording but those in its reason, by part."""
    return [
        ("when", wording["when"]),
        ("points", wording["points"]),
        *(("once_per", source) for source in wording["once_per"]),
    ]


def _all_sources(wording: Wording) -> list[tuple[str, str]]:
    return [
        *_sources(wording),
        *(("reason", part) for part, is_source in template_parts(wording["reason"]) if is_source),
    ]


def _doubts(wording: Wording, known: Sequence[KnownField], types: Sequence[str]) -> Iterator[Finding]:
    """Yield names that no past event knows."""
    if wording["event_type"] not in types:
        meant = nearest(wording["event_type"], types)
        hint = f" Did you mean {meant}?" if meant else ""
        yield Finding("event_type", f"No event of type {wording['event_type']} came yet.{hint}", is_error=False)
        return
    names = {each.path for each in known}
    said: set[str] = set()
    for part, source in _all_sources(wording):
        for path in sorted(paths(source)):
            if not path.startswith("event.") or path in said or not names:
                continue
            if path in names or any(name.startswith((f"{path}.", f"{path}[")) for name in names):
                continue
            said.add(path)
            where, meant = place(source, path), nearest(path, names)
            hint = f"Did you mean {meant}?" if meant else "Ask has(…) first where it may be missing."
            yield Finding(
                part, f"None of the last events of this type has {path}{in_words(source, where)}. {hint}", where, False
            )


def _failures(
    wording: Wording, samples: Sequence[tuple[Event, Mapping[str, Any]]], doubts: Sequence[Finding]
) -> Iterator[Finding]:
    """Yield the first failure of each part over past events."""
    parts = {doubt.part for doubt in doubts}
    for event, values in samples:
        error = evaluate(wording, values).error
        if error and error.part not in parts:
            parts.add(error.part)
            day = f"{event.received_at:%d %b %Y}"
            yield Finding(error.part, f"For the event of {day} it would be refused: {error.detail}", error.place, False)


def _values(wording: Wording, ready: Variables) -> list[tuple[str, Any]]:
    """Return the values that a wording names, by the name it uses for them."""
    sources = [source for _, source in _all_sources(wording)]
    roots = ("event", "person", "programme")
    return [
        (f"{root}.{name}", value)
        for root in roots
        for name, value in expressions.used_values(sources, ready, root).items()
    ]
