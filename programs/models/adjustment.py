"""Points given or taken by hand, outside any rule."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from approvals.models import Approval
from programs.enums import AdjustmentStatus
from wallets.models import Transfer
from wallets.models.account import POINTS_MAX


class Adjustment(models.Model):
    """Points that HR gives (`points` above zero) or takes (below), by two people: one proposes, another decides.

    A programme's budget pays for what is given and gets what is taken. A trigger keeps it as it was proposed.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="adjustments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adjustments")
    points = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=10, choices=AdjustmentStatus.choices, default=AdjustmentStatus.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="adjustment")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, related_name="adjustment")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(points__range=(-POINTS_MAX, POINTS_MAX)) & ~Q(points=0), name="adjustment_points_range"
            ),
            models.CheckConstraint(condition=Q(status__in=AdjustmentStatus.values), name="adjustment_status_known"),
            models.CheckConstraint(
                condition=Q(status="posted", transfer__isnull=False) | (~Q(status="posted") & Q(transfer__isnull=True)),
                name="adjustment_transfer_when_posted",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", closed_at__isnull=True)
                | (~Q(status="waiting") & Q(closed_at__isnull=False)),
                name="adjustment_closed_at_when_closed",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_reason_given"),
            models.CheckConstraint(condition=~Q(person=models.F("requested_by")), name="adjustment_not_of_own_wallet"),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(status="waiting"), name="adjustment_waiting")
        ]  # the queue

    @property
    def reference(self) -> str:
        """Return what its transfer and its message are known by."""
        return f"adj:{self.pk.hex}"

    def __str__(self) -> str:
        return f"{self.points:+,} points for {self.person}"
