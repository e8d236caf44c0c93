"""What the rules say about one event. Reads and writes nothing: values in, matches out."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.errors import PortalError
from api.models import ApiClient
from people.models import Person
from programs import expressions
from programs.errors import UnknownRecipient
from programs.expressions import ExpressionError, Variables
from programs.models import Rule, RuleVersion

ONCE_KEY_CHARACTERS_MAX = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEvent:
    """Something that happened to somebody, as a system told it (CloudEvents 1.0 attributes).

    Args:
        source: who tells; together with `source_id` unique for ever.
        source_id: the event's id there.
        type: what rules listen to, as performance.rating_submitted.
        subject: the recipient: `E10482`, `email:…` or `scim:…`; empty where the system named nobody.
        time: when it happened; aware.
        data: what rules read as `event`.
        client: the API client that told it.
        empty: names that arrived without a value and why they count as none, as {"rating": "-1972 counts as none"}.
    """

    source: str
    source_id: str
    type: str
    subject: str
    time: datetime | None
    data: dict[str, Any]
    client: ApiClient | None = None
    empty: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Return what makes this event one, for ever."""
        return self.source, self.source_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """What one rule says about one event: points with a reason, or why not.

    Args:
        rule: the rule whose live version decided; None where no rule could be asked.
        explanation: the values that decided and the wording, as the API shows them.
        points: how many; None where nothing is given.
        reason: the sentence that the person reads.
        once_key: equal where the rule gives points once.
        error: why the rule could not decide.
    """

    rule: Rule | None
    explanation: dict[str, Any]
    points: int | None = None
    reason: str = ""
    once_key: str | None = None
    error: PortalError | None = None


def match(event: NewEvent, rule: Rule, person: Person | None, *, at: datetime) -> Match | None:
    """Ask one rule about one event.

    Args:
        event: what happened.
        rule: a rule with a live version, its programme selected with it.
        person: the recipient, None where nobody is known by that name.
        at: the `now` of the rule.

    Returns:
        None where the rule does not want the event; else what it gives, or why it gives nothing.
    """
    version = live_version(rule)
    explanation = _wording(rule, version)
    if empty := _empty_values(event, version):
        return Match(rule=rule, explanation={"summary": empty, **explanation})
    try:
        ready = Variables(
            {
                "event": event.data,
                "person": expressions.person_variables(person, at=at) if person else {},
                "programme": expressions.programme_variables(rule.programme),
                "now": at,
            }
        )
        explanation |= _used_values(version, ready)
        return _given(rule, version, ready, explanation)
    except ExpressionError as error:
        caught: PortalError = _unknown_recipient(event) if person is None and "person." in error.detail else error
        return Match(rule=rule, explanation={"summary": caught.detail, **explanation}, error=caught)


def live_version(rule: Rule) -> RuleVersion:
    """Return the live version of a rule that has one."""
    if rule.live_version is None:
        raise ValueError(f"{rule} is turned off.")
    return rule.live_version


def once_key(programme: str, rule: str, values: list[str]) -> str:
    """Return the text that is equal for equal values of a rule and for nothing else.

    Args:
        programme: its slug.
        rule: its slug.
        values: the rule's `once_per` values, as text.
    """
    key = json.dumps([programme, rule, *values], ensure_ascii=False, separators=(",", ":"))
    if len(key) <= ONCE_KEY_CHARACTERS_MAX:
        return key
    return f"{programme}/{rule}#{hashlib.sha256(key.encode()).hexdigest()}"


def _given(rule: Rule, version: RuleVersion, ready: Variables, explanation: dict[str, Any]) -> Match | None:
    """Return what a rule gives over these values, or None where its `when` is false."""
    if not expressions.boolean(version.when, ready):
        return None
    points = expressions.integer(version.points, ready)
    reason = expressions.text(version.reason, ready)
    values = [expressions.key(source, ready) for source in version.once_per]
    return Match(
        rule=rule,
        explanation={"summary": reason, **explanation, "once_per": dict(zip(version.once_per, values, strict=True))},
        points=points,
        reason=reason,
        once_key=once_key(rule.programme.slug, rule.slug, values) if values else None,
    )


def _empty_values(event: NewEvent, version: RuleVersion) -> str:
    """Return why a rule gives nothing for values that arrived empty; "" where it names none, or asks `has(…)` itself.

    An empty value never credits: `event.rating > 3.0 || event.form == "annual"` would be true in CEL without a rating.
    """
    wording = " ".join(_sources(version))
    named = {name for name in event.empty if re.search(rf"\bevent\.{re.escape(name)}\b", wording)}
    asked = {name for name in named if re.search(rf"\bhas\(\s*event\.{re.escape(name)}\b", wording)}
    return "; ".join(f"{name} is empty ({event.empty[name]})" for name in sorted(named - asked))


def _sources(version: RuleVersion) -> list[str]:
    """Return all that a version reads its values from."""
    return [version.when, version.points, version.reason, *version.once_per]


def _wording(rule: Rule, version: RuleVersion) -> dict[str, Any]:
    """Return the part of an explanation that says what was asked."""
    return {
        "rule": rule.slug,
        "rule_version": version.number,
        "when": version.when,
        "points": version.points,
        "reason": version.reason,
    }


def _used_values(version: RuleVersion, ready: Variables) -> dict[str, Any]:
    """Return the part of an explanation that says over which values."""
    sources = _sources(version)
    return {name: expressions.used_values(sources, ready, name) for name in ("event", "person")}


def _unknown_recipient(event: NewEvent) -> UnknownRecipient:
    """Return the error for a rule that asks about somebody who is not known."""
    detail = f"subject: nobody is known as {event.subject}, and the rule asks about the person."
    return UnknownRecipient(detail, pointer="/subject")
