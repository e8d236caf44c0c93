"""Points set aside."""

from django.db import models
from django.db.models import Q

from api import ids
from wallets.enums import HoldStatus


class Hold(models.Model):
    """Points of a wallet set aside for something not finished yet: placed, then captured, released or expired."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    account = models.ForeignKey("wallets.Account", on_delete=models.PROTECT, related_name="holds")
    points = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=HoldStatus.choices, default=HoldStatus.PLACED)
    reference = models.CharField(max_length=80, unique=True)
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    transfer = models.OneToOneField("wallets.Transfer", on_delete=models.PROTECT, null=True, related_name="hold")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gte=1), name="hold_points_positive"),
            models.CheckConstraint(condition=~Q(reference=""), name="hold_reference_not_empty"),
            models.CheckConstraint(condition=Q(status__in=HoldStatus.values), name="hold_status_known"),
            models.CheckConstraint(
                condition=Q(status=HoldStatus.PLACED, closed_at__isnull=True)
                | (~Q(status=HoldStatus.PLACED) & Q(closed_at__isnull=False)),
                name="hold_closed_at_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(status=HoldStatus.CAPTURED, transfer__isnull=False)
                | (~Q(status=HoldStatus.CAPTURED) & Q(transfer__isnull=True)),
                name="hold_transfer_when_captured",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="placed"), name="hold_due"
            ),  # the sweep of old holds
            models.Index(
                fields=["account", "placed_at"], condition=Q(status="placed"), name="hold_open"
            ),  # what is set aside
        ]

    def __str__(self) -> str:
        return f"{self.points} points, {self.get_status_display().lower()}"
