"""Asks whether something may happen, and hears the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from approvals import queries
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided, ContentChanged, MayNotDecide
from approvals.models import Approval, Decision
from approvals.queries import Standing
from messaging.enums import Channel
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from messaging.waking import Waker
from people.models import Person

SUMMARY_MAX = 300  # characters
APPROVALS_PATH = "/approvals"
waker = Waker("approvals.tasks.sweep")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewApproval:
    """One question to a group.

    Args:
        kind: of the matter that decides it (approvals/matters.py).
        summary: what would happen, in a line.
        content_hash: what the deciders will see, as 64 hexadecimal digits; a decision on anything else is refused.
        group_id: whose members decide.
        required: how many of them must approve, 1 or 2.
        requested_by_id: who asked, who may not decide; None where a system did.
        beneficiary_id: who gains, who may not decide either.
        programme: its slug, where it is about one.
        points: how many it is about, below zero where they are taken; None where it is not about points.
        approver_id: who decides alone, such as a manager; the group then decides only where it escalates to it.
        remind_after_days: until who may decide is reminded; None as everywhere (APPROVAL_REMIND_AFTER_DAYS).
        escalate_after_days: until others may decide as well; None as everywhere (APPROVAL_ESCALATE_AFTER_DAYS).
        escalate_to_id: whose members those are; None the approver's manager, and where a group decides nobody.
    """

    kind: str
    summary: str
    content_hash: str
    group_id: int
    required: int
    requested_by_id: UUID | None
    beneficiary_id: UUID | None
    programme: str = ""
    points: int | None = None
    approver_id: UUID | None = None
    remind_after_days: int | None = None
    escalate_after_days: int | None = None
    escalate_to_id: int | None = None


def ask(approvals: Sequence[NewApproval], *, at: datetime) -> list[Approval]:
    """Ask all of these, in one statement, and return them in the same order. Who may decide is told by the worker."""
    waker.on_commit()
    return Approval.objects.bulk_create(
        Approval(
            kind=asked.kind,
            summary=asked.summary[:SUMMARY_MAX],
            content_hash=asked.content_hash,
            group_id=asked.group_id,
            required=asked.required,
            requested_by_id=asked.requested_by_id,
            beneficiary_id=asked.beneficiary_id,
            programme=asked.programme,
            points=asked.points,
            requested_at=at,
            approver_id=asked.approver_id,
            remind_after_days=asked.remind_after_days or settings.APPROVAL_REMIND_AFTER_DAYS,
            escalate_at=_escalate_at(asked, at),
            escalate_to_id=asked.escalate_to_id,
        )
        for asked in approvals
    )


def _escalate_at(asked: NewApproval, at: datetime) -> datetime | None:
    if asked.approver_id is None and asked.escalate_to_id is None:
        return None  # to whom?
    return at + timedelta(days=asked.escalate_after_days or settings.APPROVAL_ESCALATE_AFTER_DAYS)


def decide(
    approval_id: UUID, *, by: Person, verdict: Verdict, content_hash: str, note: str = "", at: datetime
) -> Approval:
    """Record what one approver says, and close the approval where that settles it.

    1. Lock the approval and read it again.
    2. Refuse where it is closed, is about something else by now, or this person may not decide, neither for themselves
       nor on behalf of somebody who is away and named them.
    3. Write the decision. One rejection closes it; so does the last approval that was required.

    Args:
        content_hash: of what would happen now; what is approved must be what was asked.

    Raises:
        AlreadyDecided: it is closed, or this person decided before.
        ContentChanged: what would happen is not what was asked.
        MayNotDecide: the person asked for it, gains from it, is not in the group or is not active.
    """
    with transaction.atomic():
        approval = (
            Approval.objects.select_for_update(of=("self",), no_key=True).select_related("group").get(pk=approval_id)
        )
        standing = _check(approval, Person.objects.get(pk=by.pk), verdict, content_hash, at)
        Decision.objects.create(
            approval=approval,
            by=by,
            on_behalf_of=standing.on_behalf_of,
            verdict=verdict,
            note=note,
            decided_at=at,
        )
        if verdict == Verdict.REJECT:
            _close(approval, ApprovalStatus.REJECTED, at)
        elif approval.decisions.filter(verdict=Verdict.APPROVE).count() >= approval.required:
            _close(approval, ApprovalStatus.APPROVED, at)
        _tell(approval, by, note, at)
    return approval


def withdraw(approval_id: UUID, *, at: datetime) -> Approval:
    """Close an approval that nobody asks for any more: what it was about was dropped, or is asked anew as it is now.

    Raises:
        AlreadyDecided: it is closed.
    """
    with transaction.atomic():
        approval = Approval.objects.select_for_update(of=("self",), no_key=True).get(pk=approval_id)
        _check_waits(approval)
        _close(approval, ApprovalStatus.WITHDRAWN, at)
    return approval


def _check_waits(approval: Approval) -> None:
    if approval.status != ApprovalStatus.WAITING:
        raise AlreadyDecided(f"This was {approval.get_status_display().lower()} already; nothing is left to decide.")


def _check(approval: Approval, person: Person, verdict: Verdict, content_hash: str, at: datetime) -> Standing:
    _check_waits(approval)
    if verdict == Verdict.APPROVE and approval.content_hash != content_hash:
        raise ContentChanged("What waits is not what was asked. Look at it again, or reject it and ask anew.")
    standing = queries.standing(approval, person, at=at)
    if standing.objection:
        raise (AlreadyDecided if standing.is_heard else MayNotDecide)(standing.objection)
    return standing


def _close(approval: Approval, status: ApprovalStatus, at: datetime) -> None:
    approval.status = status
    approval.closed_at = at
    approval.save(update_fields=["status", "closed_at"])


def _tell(approval: Approval, by: Person, note: str, at: datetime) -> None:
    """Tell whoever asked, once it is settled: by whom and with which note."""
    if approval.requested_by_id is None or approval.status == ApprovalStatus.WAITING:
        return
    is_approved = approval.status == ApprovalStatus.APPROVED
    message = NewMessage(
        person_id=approval.requested_by_id,
        kind="request_approved" if is_approved else "request_rejected",
        title=f"{'Approved' if is_approved else 'Not approved'}: {approval.summary}",
        body=f"{by}: {note}" if note else f"Decided by {by}",
        reference=f"approval:{approval.pk.hex}",
        channels=Channel.values,
    )
    messages.tell([message], at=at)
