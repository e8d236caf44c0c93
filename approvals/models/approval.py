"""Something that may not happen before others agree."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from api import ids
from approvals.enums import ApprovalStatus


def remind_after_days() -> int:
    """Return after how many days those who may decide are reminded, where nobody says otherwise."""
    return int(settings.APPROVAL_REMIND_AFTER_DAYS)


class Approval(models.Model):
    """Asks `required` members of a group, or one `approver`, whether something may happen. Whoever asks keeps the key.

    Neither the person who asked nor the one who gains may decide; the database refuses as well (sql/four_eyes.sql).
    `content_hash` is what the deciders saw: what changes after that must be asked again. `kind` names the matter that
    decides it (approvals/matters.py); `programme` and `points` are said for lists: this room knows no programmes.

    Who may decide is told once, and reminded daily after `remind_after_days`. When `escalate_at` passes, others may
    decide as well: the group `escalate_to`, else the approver's manager (`escalated_to`), else `group`.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    kind = models.CharField(max_length=20)
    summary = models.CharField(max_length=300)
    programme = models.CharField(max_length=80, blank=True)
    points = models.BigIntegerField(null=True)
    content_hash = models.CharField(max_length=64)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")
    required = models.PositiveSmallIntegerField(default=1)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    beneficiary = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Who decides alone, such as the manager of who gains. Empty: the group.",
    )
    remind_after_days = models.PositiveSmallIntegerField(default=remind_after_days)
    escalate_at = models.DateTimeField(null=True)
    escalate_to = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, related_name="+")
    escalated_at = models.DateTimeField(null=True)
    escalated_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=ApprovalStatus.choices, default=ApprovalStatus.WAITING)
    requested_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ApprovalStatus.values), name="approval_status_known"),
            models.CheckConstraint(condition=~Q(kind=""), name="approval_kind_given"),
            models.CheckConstraint(condition=Q(required__range=(1, 2)), name="approval_one_or_two"),
            models.CheckConstraint(
                condition=Q(status="waiting", closed_at__isnull=True)
                | (~Q(status="waiting") & Q(closed_at__isnull=False)),
                name="approval_closed_at_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | Q(required=1), name="approval_one_approver_once"
            ),
            models.CheckConstraint(
                condition=Q(escalated_to__isnull=True) | Q(escalated_at__isnull=False),
                name="approval_escalated_to_when_escalated",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(status="waiting"), name="approval_waiting"),  # the queue
            # what the sweep looks for
            models.Index(fields=["id"], condition=Q(status="waiting", told_at__isnull=True), name="approval_untold"),
            models.Index(
                fields=["escalate_at"],
                condition=Q(status="waiting", escalated_at__isnull=True, escalate_at__isnull=False),
                name="approval_escalates",
            ),
        ]

    def __str__(self) -> str:
        return self.summary
