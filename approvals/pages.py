"""What the admin's and the portal's pages of approvals share: reading what was chosen, and saying what came of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from api.errors import PortalError
from approvals import cases
from approvals.cases import Case
from approvals.enums import ApprovalStatus, Verdict
from approvals.models import Approval
from approvals.operations import deciding
from approvals.operations.deciding import AT_ONCE_MAX, Outcome
from people.models import Person

RELATED = ("group", "requested_by", "beneficiary", "approver", "escalate_to", "escalated_to")


def rows() -> QuerySet[Approval]:
    """Return approvals with what their pages read."""
    return Approval.objects.select_related(*RELATED)


def chosen(ids: Iterable[str], person: Person, *, at: datetime) -> list[Case]:
    """Return what somebody ticked, the longest waiting first; 200 at most, and what is no id is left out."""
    keys = [found for each in ids if (found := key(each))][:AT_ONCE_MAX]
    return cases.look(list(rows().filter(pk__in=keys).order_by("requested_at", "pk")), person, at=at)


def preview(found: Sequence[Case]) -> dict[str, object]:
    """Return what the page shows before many are decided: those that would be, their points, and who is left out."""
    free = [each for each in found if not each.objection]
    return {
        "cases": free,
        "excluded": [each for each in found if each.objection],
        "points": sum(each.approval.points or 0 for each in free),
    }


def decide_many(request: HttpRequest, person: Person, *, at: datetime) -> bool:
    """Do what the button under the preview says, and say what came of it; return whether anything was tried.

    Each `chosen` of the form is the approval's key and the hash of what was shown, with a colon between.
    """
    pairs = [each.partition(":") for each in request.POST.getlist("chosen")]
    seen = {found: digest for text, _, digest in pairs if (found := key(text))}
    verdict = request.POST.get("verdict", "")
    if not seen or verdict not in Verdict.values:
        messages.error(request, "Nothing was decided: choose some first.")
        return False
    try:
        came = deciding.decide_many(seen, by=person, verdict=Verdict(verdict), note=request.POST.get("note", ""), at=at)
    except PortalError as error:
        messages.error(request, error.detail)
        return False
    say(request, came)
    return True


def say(request: HttpRequest, came: Sequence[Outcome]) -> None:
    """Say how many were approved, wait for another approver or were rejected, with their points, and what failed."""
    done = {each.approval.pk: each for each in came if each.error is None}
    after = Approval.objects.in_bulk(done)
    for status, said in (
        (ApprovalStatus.APPROVED, "Approved"),
        (ApprovalStatus.WAITING, "Approved, waits for another approver"),
        (ApprovalStatus.REJECTED, "Rejected"),
    ):
        approvals = [each for each in after.values() if each.status == status]
        if len(approvals) == 1:
            messages.success(request, f"{said}: {approvals[0].summary}")
        elif approvals:
            points = sum(each.points or 0 for each in approvals)
            messages.success(request, f"{said}: {len(approvals)} requests, {points:,} points.")
    for each in came:
        if each.error is not None:
            messages.error(request, f"Not decided: {each.approval.summary}. {each.error.detail}")


def concerns(case: Case, person: Person) -> bool:
    """Return whether a portal page may show an approval to this person: they may decide it, did, or asked for it."""
    asked = case.approval.requested_by_id == person.pk
    return asked or not case.standing.objection or case.standing.is_heard


def key(text: str) -> UUID | None:
    """Return an approval's key as a form sends it; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
