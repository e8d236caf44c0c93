"""Points put into a budget."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from api.models import ApiClient
from wallets.models import Transfer
from wallets.models.account import TRANSFER_POINTS_MAX


class Funding(models.Model):
    """Points put into a programme's budget, by a person or a system."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="fundings")
    points = models.BigIntegerField()
    reference = models.CharField(max_length=200, blank=True)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, null=True, related_name="+")
    external_id = models.CharField(max_length=255, null=True)
    funded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="funding")
    funded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__range=(1, TRANSFER_POINTS_MAX)), name="funding_points_range"),
            models.UniqueConstraint(
                fields=["client", "external_id"],
                condition=Q(external_id__isnull=False),
                name="funding_external_id_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points:,} points for {self.programme}"
