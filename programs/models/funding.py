"""Points put into a budget."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from api.models import ApiClient
from approvals.models import Approval
from programs.enums import BudgetStatus
from wallets.models import Transfer
from wallets.models.account import TRANSFER_POINTS_MAX


class Funding(models.Model):
    """Points put into a programme's budget, by a person and, above a threshold, a second one, or by a system.

    A trigger keeps it as it was asked for.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="fundings")
    points = models.BigIntegerField()
    reference = models.CharField(max_length=200, blank=True)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, null=True, related_name="+")
    external_id = models.CharField(max_length=255, null=True)
    funded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=8, choices=BudgetStatus.choices, default=BudgetStatus.POSTED)
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="funding")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, related_name="funding")
    funded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__range=(1, TRANSFER_POINTS_MAX)), name="funding_points_range"),
            models.CheckConstraint(condition=Q(status__in=BudgetStatus.values), name="funding_status_known"),
            models.CheckConstraint(
                condition=Q(status="posted", transfer__isnull=False, funded_at__isnull=False)
                | (
                    ~Q(status="posted")
                    & Q(transfer__isnull=True, funded_at__isnull=True, approval__isnull=False, funded_by__isnull=False)
                ),
                name="funding_transfer_when_posted",
            ),
            models.UniqueConstraint(
                fields=["client", "external_id"],
                condition=Q(external_id__isnull=False),
                name="funding_external_id_once",
                nulls_distinct=False,
            ),
        ]

    @property
    def transfer_reference(self) -> str:
        """Return what its transfer and its messages are known by."""
        return f"fund:{self.pk.hex}"

    def __str__(self) -> str:
        return f"{self.points:,} points for {self.programme}"
