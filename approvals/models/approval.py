"""Something that may not happen before others agree."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from api import ids
from approvals.enums import ApprovalStatus


class Approval(models.Model):
    """Asks `required` members of a group whether something may happen. Whoever asks keeps the key to it.

    Neither the person who asked nor the one who gains may decide; the database refuses as well (sql/four_eyes.sql).
    `content_hash` is what the deciders saw: what changes after that must be asked again. `kind` names the matter that
    decides it (approvals/matters.py); `programme` and `points` are said for lists: this room knows no programmes.
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
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(status="waiting"), name="approval_waiting")
        ]  # the queue

    def __str__(self) -> str:
        return self.summary
