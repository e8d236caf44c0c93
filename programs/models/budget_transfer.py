"""Points that moved from one budget to another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids
from approvals.models import Approval
from programs.enums import BudgetStatus
from wallets.models import Account, Transfer
from wallets.models.account import TRANSFER_POINTS_MAX


class BudgetTransfer(models.Model):
    """Points moved between budgets, of programmes or departments, by a person and, above a threshold, a second one.

    What a closing moves (`closing`) was approved with it; `to_account` is then also where points came from at first. A
    trigger keeps it as it was proposed.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    from_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    points = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=8, choices=BudgetStatus.choices)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="budget_transfer")
    closing = models.ForeignKey("programs.BudgetClosing", on_delete=models.PROTECT, null=True, related_name="transfers")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, related_name="budget_transfer")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(points__range=(1, TRANSFER_POINTS_MAX)), name="budget_transfer_points_range"
            ),
            models.CheckConstraint(condition=Q(status__in=BudgetStatus.values), name="budget_transfer_status_known"),
            models.CheckConstraint(condition=~Q(from_account=F("to_account")), name="budget_transfer_between_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="budget_transfer_reason_given"),
            models.CheckConstraint(
                condition=Q(status="posted", transfer__isnull=False) | (~Q(status="posted") & Q(transfer__isnull=True)),
                name="budget_transfer_transfer_when_posted",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", closed_at__isnull=True, approval__isnull=False)
                | (~Q(status="waiting") & Q(closed_at__isnull=False)),
                name="budget_transfer_closed_at_when_closed",
            ),
        ]
        indexes = [
            # what moved out of a budget and into it
            models.Index(fields=["from_account", "-id"], name="budget_transfer_from"),
            models.Index(fields=["to_account", "-id"], name="budget_transfer_to"),
        ]

    @property
    def reference(self) -> str:
        """Return what its transfer and its messages are known by."""
        return f"bt:{self.pk.hex}"

    def __str__(self) -> str:
        return f"{self.points:,} points between budgets"
