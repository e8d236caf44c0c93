"""Points that were taken back."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids
from api.models import ApiClient
from wallets.models import Transfer
from wallets.models.account import POINTS_MAX


class Reversal(models.Model):
    """One time that a points request was taken back, whole or in part. Never changed, never deleted.

    `points` were asked for, `taken` came back to the budget, `shortfall` had been spent and stays spent.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    points_request = models.ForeignKey("programs.PointsRequest", on_delete=models.PROTECT, related_name="reversals")
    points = models.BigIntegerField()
    taken = models.BigIntegerField()
    shortfall = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    reversed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, null=True, related_name="+")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, related_name="reversal")
    reversed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__range=(1, POINTS_MAX)), name="reversal_points_range"),
            models.CheckConstraint(
                condition=Q(taken__gte=0, shortfall__gte=0, points=F("taken") + F("shortfall")),
                name="reversal_taken_and_shortfall",
            ),
            models.CheckConstraint(
                condition=Q(taken=0, transfer__isnull=True) | Q(taken__gte=1, transfer__isnull=False),
                name="reversal_transfer_when_taken",
            ),
            models.CheckConstraint(
                condition=Q(reversed_by__isnull=False, client__isnull=True)
                | Q(reversed_by__isnull=True, client__isnull=False),
                name="reversal_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="reversal_reason_given"),
        ]

    @property
    def reference(self) -> str:
        """Return what its transfer and its message are known by."""
        return f"rev:{self.pk.hex}"

    def __str__(self) -> str:
        return f"{self.taken:,} of {self.points:,} points taken back"
