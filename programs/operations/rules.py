"""Writes rules: each change is a new version; what decided before stays as it was.

`write` makes it live at once, for what was reviewed elsewhere: the configuration file, the demo. In the admin a second
person turns it on: see rule_changes.py. Turning off is the safe direction, and one person's.
"""

from collections.abc import Sequence
from typing import TypedDict, Unpack

import pghistory
from django.db import transaction
from django.db.models import Max

from people.models import Person
from programs import expressions
from programs.expressions import ExpressionError
from programs.models import Programme, Rule, RuleVersion
from wallets.models.account import POINTS_MAX

ONCE_PER_MAX = 5
REASON_CHARACTERS_MAX = 300
ONCE_PER_CHARACTERS_MAX = 200
EVENT_TYPE_CHARACTERS_MAX = 200


class Wording(TypedDict):
    """What one version of a rule says: event type, and CEL for `when`, `points`, `reason` (a text) and `once_per`."""

    event_type: str
    when: str
    points: str
    reason: str
    once_per: Sequence[str]


def write(*, programme: Programme, slug: str, by: Person | None, **wording: Unpack[Wording]) -> RuleVersion:
    """Give a rule of a programme a new wording, live from now on.

    1. Check every expression. 2. Lock the rule, or make it. 3. Where the live (or, turned off, the latest) version says
    the same, keep that one. 4. Else write a version with the next number. 5. Make it the live one.

    Args:
        programme: whose rule it is.
        slug: the rule's name within the programme.
        by: who writes it; None for a system.
        wording: see `Wording`.

    Returns:
        The version that is live now.

    Raises:
        ExpressionError: an expression is wrong; `pointer` says which, as `/once_per/0`.
    """
    check(**wording)
    with transaction.atomic(), actor(by):
        rule, _ = Rule.objects.get_or_create(programme=programme, slug=slug)
        rule = Rule.objects.select_for_update(of=("self",)).select_related("live_version").get(pk=rule.pk)
        version = rule.live_version or rule.versions.first()
        if version is None or not says(version, wording):
            version = add_version(rule, by=by, **wording)
        if rule.live_version != version:
            rule.live_version = version
            rule.save(update_fields=["live_version"])
        return version


def turn_off(*, programme: Programme, slug: str, by: Person | None) -> None:
    """Leave a rule without a live version: it decides nothing until it is written again. Its versions stay."""
    with transaction.atomic(), actor(by):
        Rule.objects.filter(programme=programme, slug=slug, live_version__isnull=False).update(live_version=None)


def add_version(rule: Rule, *, by: Person | None, **wording: Unpack[Wording]) -> RuleVersion:
    """Write a version with the next number, live nowhere yet. The rule is locked by whoever calls."""
    last = rule.versions.aggregate(last=Max("number"))["last"] or 0
    text = {**wording, "once_per": list(wording["once_per"])}
    return RuleVersion.objects.create(rule=rule, number=last + 1, created_by=by, **text)


def check(**wording: Unpack[Wording]) -> None:
    """Check a wording without writing it.

    Raises:
        ExpressionError: an expression is wrong; `pointer` says which, as `/when` or `/once_per/0`.
    """
    _refuse("/event_type", _event_type_problem(wording["event_type"]))
    _refuse("/when", expressions.check(wording["when"]))
    _refuse("/points", expressions.check(wording["points"]) or _points_problem(wording["points"]))
    _refuse("/reason", expressions.check_text(wording["reason"]) or _reason_problem(wording["reason"]))
    if len(wording["once_per"]) > ONCE_PER_MAX:
        _refuse("/once_per", f"once_per takes at most {ONCE_PER_MAX} values.")
    for index, source in enumerate(wording["once_per"]):
        too_long = (
            f"Write at most {ONCE_PER_CHARACTERS_MAX} characters." if len(source) > ONCE_PER_CHARACTERS_MAX else None
        )
        _refuse(f"/once_per/{index}", expressions.check(source) or too_long)


def _event_type_problem(event_type: str) -> str | None:
    """Return what is wrong with the type that a rule listens to, or None."""
    if event_type.strip() and len(event_type) <= EVENT_TYPE_CHARACTERS_MAX:
        return None
    return f"Name the event type, as performance.rating_submitted, in at most {EVENT_TYPE_CHARACTERS_MAX} characters."


def _points_problem(points: str) -> str | None:
    """Return what is wrong with points that depend on nothing, such as "500", -5 or 10^12; None where they depend."""
    if expressions.names(points):
        return None
    try:
        number = expressions.integer(points, {})
    except ExpressionError as error:
        return error.detail
    return None if 1 <= number <= POINTS_MAX else f"{number:,} is no number of points: write 1 to {POINTS_MAX:,}."


def _reason_problem(reason: str) -> str | None:
    """Return what is wrong with the length of a reason, or None."""
    if reason.strip() and len(reason) <= REASON_CHARACTERS_MAX:
        return None
    return f"Say why points are given, in at most {REASON_CHARACTERS_MAX} characters."


def _refuse(pointer: str, detail: str | None) -> None:
    """Raise where there is something to say."""
    if detail:
        raise ExpressionError(detail, pointer=pointer)


def says(version: RuleVersion, wording: Wording) -> bool:
    """Whether a version says exactly this."""
    return all(
        getattr(version, name) == value for name, value in {**wording, "once_per": list(wording["once_per"])}.items()
    )


def actor(by: Person | None) -> pghistory.context:
    """Return the context in which the history says who changed what."""
    return pghistory.context(user=str(by.pk)) if by else pghistory.context()
