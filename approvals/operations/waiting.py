"""What waits does not wait in silence: who may decide is told, reminded, and joined by others after some days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from approvals.enums import ApprovalStatus
from approvals.models import Approval
from approvals.operations.approvals import APPROVALS_PATH
from messaging.enums import Channel
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from messaging.operations.reminders import civil_zones, zone
from people.models import Person

AT_ONCE = 1000  # approvals in one transaction

# One line for each person who may decide any of these: how many, how many points, and the one that waits longest.
BUSINESS = """
SELECT person.id, person.time_zone, count(*), sum(approval.points)::bigint, min(approval.requested_at),
       (array_agg(approval.summary ORDER BY approval.requested_at, approval.id))[1]
FROM (
    SELECT DISTINCT approval_id, person_id FROM approvals_deciders(%(at)s::timestamptz)
    WHERE {which}
) decider
JOIN approvals_approval approval ON approval.id = decider.approval_id
JOIN people_person person ON person.id = decider.person_id
WHERE {due} GROUP BY person.id ORDER BY person.id
"""
THESE = BUSINESS.format(which="approval_id = ANY(%(ids)s)", due="true")
DUE = BUSINESS.format(
    which="true",
    due="approval.requested_at <= %(at)s - approval.remind_after_days * interval '1 day' "
    "AND person.time_zone = ANY(%(zones)s::text[])",
)


@dataclass(frozen=True, slots=True)
class Business:
    """What one person may decide.

    Args:
        count, points: how many, and how many points they are about.
        since: since when the oldest waits.
        summary: of that one.
    """

    person_id: UUID
    time_zone: str
    count: int
    points: int | None
    since: datetime
    summary: str

    @property
    def title(self) -> str:
        """Return what waits, in a line."""
        return self.summary if self.count == 1 else f"{self.count:,} requests{self._points}"

    @property
    def _points(self) -> str:
        return f", {self.points:,} points" if self.points else ""


def tell(*, at: datetime, limit: int = AT_ONCE) -> int:
    """Tell those who may decide of what was asked since the last run: one message each, however much it is.

    Returns:
        How many approvals were told of; fewer than `limit` when none is left.
    """
    with transaction.atomic():
        claimed = list(_claimed(Q(told_at__isnull=True)).order_by("pk")[:limit])
        if claimed:
            told = [_message(each, "approval_waits", "Waits for you", claimed[0]) for each in _business(claimed, at)]
            messages.tell(told, at=at)
            Approval.objects.filter(pk__in=[each.pk for each in claimed]).update(told_at=at)
    return len(claimed)


def remind(*, at: datetime) -> int:
    """Remind those who may decide of what waits longer than it should, once a day and at a civil hour of theirs.

    Returns:
        How many people were reminded of something, now or earlier this day.
    """
    late = _rows(DUE, {"at": at, "zones": civil_zones(at)})
    messages.tell([_reminder(each, at) for each in late], at=at)
    return len(late)


def escalate(*, at: datetime, limit: int = AT_ONCE) -> int:
    """Let others decide as well about what nobody decided in time, and tell all who now may.

    Those others are the group that was named for it; else the approver's manager, where they neither asked for it nor
    gain from it; else the group that would have decided without an approver.

    Returns:
        How many approvals escalated; fewer than `limit` when none is left.
    """
    with transaction.atomic():
        claimed = list(
            _claimed(Q(escalate_at__lte=at, escalated_at__isnull=True))
            .select_related("approver__manager")
            .order_by("escalate_at", "pk")[:limit]
        )
        for approval in claimed:
            approval.escalated_at, approval.escalated_to = at, _superior(approval)
        Approval.objects.bulk_update(claimed, ["escalated_at", "escalated_to"])
        if claimed:
            late = _business(claimed, at)
            messages.tell([_message(each, "approval_escalated", "Waits too long", claimed[0]) for each in late], at=at)
    return len(claimed)


def _claimed(which: Q) -> QuerySet[Approval]:
    waiting = Approval.objects.filter(which, status=ApprovalStatus.WAITING)
    return waiting.select_for_update(of=("self",), no_key=True, skip_locked=True)


def _superior(approval: Approval) -> Person | None:
    """Return the approver's manager, where it escalates to them."""
    manager = approval.approver.manager if approval.approver and approval.escalate_to_id is None else None
    concerned = {approval.requested_by_id, approval.beneficiary_id}
    return manager if manager and manager.is_active and manager.pk not in concerned else None


def _business(approvals: Collection[Approval], at: datetime) -> list[Business]:
    return _rows(THESE, {"at": at, "ids": [approval.pk for approval in approvals]})


def _rows(sql: str, values: dict[str, Any]) -> list[Business]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Business(*row) for row in cursor.fetchall()]


def _message(business: Business, kind: str, word: str, first: Approval) -> NewMessage:
    return NewMessage(
        person_id=business.person_id,
        kind=kind,
        title=f"{word}: {business.title}",
        body="Your approval is asked for." if business.count == 1 else f"The oldest: {business.summary}",
        path=APPROVALS_PATH,
        reference=f"approval:{first.pk.hex}",
        channels=Channel.values,
    )


def _reminder(business: Business, at: datetime) -> NewMessage:
    day = at.astimezone(zone(business.time_zone)).date()
    days = (at - business.since).days
    return NewMessage(
        person_id=business.person_id,
        kind="approval_reminder",
        title=f"Still waits for you: {business.title}",
        body=f"{business.summary}. Asked for {days} {'day' if days == 1 else 'days'} ago.",
        path=APPROVALS_PATH,
        reference=f"approvals:{day:%Y%m%d}",
        channels=Channel.values,
    )
