"""A budget that runs low."""

from django.db import models
from django.db.models import Q

from wallets.models import Account


class LowBudget(models.Model):
    """One time that a budget was at or below its `low_at`, from when it was noticed until it was above again.

    While it is open nobody is told again.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    low_at = models.BigIntegerField()
    points = models.BigIntegerField()  # left when it was noticed
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # whoever else notices it at the same moment
            models.UniqueConstraint(fields=["account"], condition=Q(ended_at__isnull=True), name="low_budget_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.points:,} points left, low at {self.low_at:,}"
