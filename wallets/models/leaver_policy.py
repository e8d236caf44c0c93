"""What becomes of the points of people who leave."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from wallets.enums import LeaverAction, PayoutStatus
from wallets.models.transfer import Transfer

DAYS_MAX = 3650


@pghistory.track()
class LeaverPolicy(models.Model):
    """The one row that says what happens to a wallet so many days after its owner left. None means: they keep it."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    action = models.CharField(max_length=8, choices=LeaverAction.choices, default=LeaverAction.KEEP)
    after_days = models.PositiveIntegerField(default=90, help_text="Days after somebody left.")

    class Meta:
        verbose_name_plural = "leaver policy"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="leaver_policy_is_one_row"),
            models.CheckConstraint(condition=Q(action__in=LeaverAction.values), name="leaver_policy_action_known"),
            models.CheckConstraint(condition=Q(after_days__range=(0, DAYS_MAX)), name="leaver_policy_days_range"),
        ]

    def __str__(self) -> str:
        if self.action == LeaverAction.KEEP:
            return "Leavers keep their points"
        return f"{self.get_action_display()}, {self.after_days} days after somebody left"


class LeaverPayout(models.Model):
    """Points of somebody who left, to be paid in money. Finance pays and marks it; the points are out of the wallet.

    `amount` is in minor units of `currency`, as the points were worth when they left the wallet.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leaver_payouts")
    transfer = models.OneToOneField(Transfer, on_delete=models.PROTECT, related_name="leaver_payout")
    points = models.BigIntegerField()
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=8, choices=PayoutStatus.choices, default=PayoutStatus.WAITING)
    created_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True, help_text="As in the company's books.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gte=1, amount__gte=0), name="leaver_payout_positive"),
            models.CheckConstraint(condition=Q(status__in=PayoutStatus.values), name="leaver_payout_status_known"),
            models.CheckConstraint(
                condition=Q(status="waiting", paid_at__isnull=True, paid_by__isnull=True)
                | Q(status="paid", paid_at__isnull=False, paid_by__isnull=False),
                name="leaver_payout_paid_by_when_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(status="waiting"), name="leaver_payout_waiting")
        ]  # finance's queue

    def __str__(self) -> str:
        return f"{self.points:,} points of {self.person}"
