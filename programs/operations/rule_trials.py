"""Tries a rule that is being written on one event: what it would give, and what the one way in would say."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from api import ids
from people import queries as people
from people.models import Person
from programs import expressions, matching, rule_drafts
from programs.enums import PointsRequestStatus, Source
from programs.matching import NewEvent
from programs.models import Programme
from programs.operations import points_requests
from programs.operations.crediting import in_words
from programs.operations.points_requests import NewPointsRequest, Submitted
from programs.operations.rules import Wording
from programs.rule_drafts import Evaluated


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """What one event would lead to.

    Args:
        person: whom the event names; None where nobody is known so.
        evaluated: what each part of the rule gives.
        once_key: what the points are given once for; None where as often as it arrives.
        answer: what `submit` would say, in a sentence; empty where the rule asks for nothing.
        is_credited: whether the person would have the points at once.
    """

    person: Person | None
    evaluated: Evaluated
    once_key: str | None
    answer: str
    is_credited: bool


def run(*, programme: Programme, slug: str, wording: Wording, event: NewEvent, at: datetime) -> RuleTrial:
    """Say what a rule would make of an event now, by the same code as if it came, and leave nothing behind.

    The rule's programme need not be active; then the answer says so.

    Args:
        programme, slug: whose rule it is or would be.
        wording: what it says; it may be wrong.
        event: what happened; kept nowhere.
        at: the rule's `now`.
    """
    person = people.recipients([event.subject]).get(event.subject) if event.subject else None
    variables = {
        "event": event.data,
        "person": expressions.person_variables(person, at=at) if person else {},
        "programme": expressions.programme_variables(programme),
        "now": at,
    }
    evaluated = rule_drafts.evaluate(wording, variables)
    if not evaluated.wanted or evaluated.error or evaluated.points is None:
        return RuleTrial(person, evaluated, None, "", False)
    once_key = matching.once_key(programme.slug, slug, [value for _, value in evaluated.once_per])
    request = NewPointsRequest(
        programme=programme.slug,
        recipient=event.subject,
        points=evaluated.points,
        reason=evaluated.reason,
        source=Source.EVENT,
        once_key=once_key if evaluated.once_per else None,
        external_id=f"trial-{ids.new().hex}",
    )
    with transaction.atomic():
        [submitted] = points_requests.submit([request], at=at)
        transaction.set_rollback(True)
    answer, is_credited = _answer(submitted)
    return RuleTrial(person, evaluated, request.once_key, answer, is_credited)


def _answer(submitted: Submitted) -> tuple[str, bool]:
    """Return what the one way in said, in a sentence, and whether the points were credited."""
    row = submitted.points_request
    if row is None:
        return f"Refused: {submitted.error.detail if submitted.error else ''}", False
    if row.status == PointsRequestStatus.PENDING_APPROVAL:
        return f"{in_words(row.points)} would wait for approval.", False
    if row.status == PointsRequestStatus.PARKED:
        return f"{in_words(row.points)} would be parked until the person is known.", False
    after = f", who would then have {submitted.wallet.available:,} available" if submitted.wallet else ""
    return f"{in_words(row.points)} would be credited to {row.person}{after}.", True
