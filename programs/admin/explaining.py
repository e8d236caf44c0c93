"""Why a points request is what it is, in words and numbers, for its page in the admin."""

from dataclasses import dataclass
from typing import Any

from approvals import queries as approvals
from approvals.enums import ApprovalStatus, Verdict
from approvals.models import Decision
from people.models import Person
from programs import queries
from programs.enums import PointsRequestStatus, Source
from programs.matters import budget_after, limit_of
from programs.models import PointsRequest
from programs.operations.crediting import in_words

NUMBERS = {1: "one approval", 2: "two approvals"}
CAME_BY = {
    Source.API: "a system asked for it over the API",
    Source.UPLOAD: "it stood in an uploaded list",
    Source.ADMIN: "somebody gave it in the admin",
    Source.RECOGNITION: "a colleague thanked them",
}


@dataclass(frozen=True)
class Deciding:
    """What somebody sees above the buttons of a request that waits.

    Args:
        why: why it waits.
        budget: what the budget holds now, and would hold after.
        person: what counts against the person's limit; empty where there is none.
        four_eyes: who approved so far, and what one more approval would do.
        objection: why the one who looks may not decide; empty where they may.
        button: what approving does, with its number.
    """

    why: str
    budget: str
    person: str
    four_eyes: str
    objection: str
    button: str


def in_a_sentence(request: PointsRequest) -> str:
    """Return what happened and why, in one sentence."""
    whom = request.person.name if request.person else request.recipient
    points = in_words(request.points)
    back = f", {request.reversed_points:,} of which were taken back," if request.reversed_points else ""
    what = {
        PointsRequestStatus.CREDITED: f"{whom} got {points}{back}",
        PointsRequestStatus.REVERSED: f"{whom} got {points}, which were taken back",
        PointsRequestStatus.PENDING_APPROVAL: f"{points} for {whom} wait for approval",
        PointsRequestStatus.PARKED: f"{points} wait until {whom} is known",
        PointsRequestStatus.REJECTED: f"{points} for {whom} were not approved",
        PointsRequestStatus.EXPIRED: f"{points} for {whom} expired before the person was known",
        PointsRequestStatus.FAILED: f"{points} for {whom} could not be given",
    }[PointsRequestStatus(request.status)]
    return f"{what} in {request.programme}: {_cause(request)}."


def _cause(request: PointsRequest) -> str:
    version = request.rule_version
    if version is None:
        return CAME_BY.get(Source(request.source), "an event asked for it")
    kind = f"the event {request.event.type}" if request.event else "an event"
    return f"rule {version.rule.slug}, version {version.number}, gives it for {kind}"


def values(request: PointsRequest) -> list[tuple[str, Any]]:
    """Return the values that decided, by the name that the rule uses for them."""
    found = request.explanation
    named = [
        (f"{variable}.{name}", value)
        for variable in ("event", "person")
        for name, value in (found.get(variable) or {}).items()
    ]
    return [*named, *((f"once per {source}", value) for source, value in (found.get("once_per") or {}).items())]


def decisions(request: PointsRequest) -> list[Decision]:
    """Return who decided what, in the order they did."""
    if request.approval_id is None:
        return []
    found = Decision.objects.filter(approval=request.approval_id).select_related("by", "on_behalf_of")
    return list(found.order_by("decided_at", "pk"))


def deciding(request: PointsRequest, said: list[Decision], person: Person) -> Deciding | None:
    """Return what to show above the buttons; None where nothing waits."""
    approval = request.approval
    if approval is None or approval.status != ApprovalStatus.WAITING:
        return None
    objection = approvals.objection(approval, person) or ""
    if not objection and any(each.by_id == person.pk for each in said):
        objection = "You decided this already; it waits for another approver."
    return Deciding(
        why=_why(request),
        budget=budget_after(request),
        person=limit_of(request),
        four_eyes=_four_eyes(approval.required, said),
        objection=objection,
        button=f"Approve {in_words(request.points)}",
    )


def _why(request: PointsRequest) -> str:
    approval = request.approval
    if approval is None:
        return ""
    step = queries.terms([request.programme.slug])[request.programme.slug].step(request.points)
    needed = f"{NUMBERS[approval.required]} from {approval.approver or approval.group}"
    if step and (step.approvals, step.group_id) == (approval.required, approval.group_id):
        return f"Requests over {in_words(step.over)} in {request.programme} need {needed}."
    return f"When it was asked for, it needed {needed}."


def _four_eyes(required: int, said: list[Decision]) -> str:
    approved = [each.who for each in said if each.verdict == Verdict.APPROVE]
    missing = required - len(approved)
    so_far = f"{' and '.join(approved)} approved. " if approved else ""
    ends = "One more approval and the points arrive at once." if missing == 1 else f"{missing} approvals are missing."
    return f"{so_far}{ends} Nobody approves what they asked for or receive."
