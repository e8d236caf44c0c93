"""Points earned together, with one expiry date."""

from django.db import models
from django.db.models import F, Q

from api import ids


class Lot(models.Model):
    """Points that came into a wallet by one transfer and expire together.

    A wallet's points are the sum of its lots' `remaining`.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    account = models.ForeignKey(
        "wallets.Account", on_delete=models.PROTECT, related_name="lots", db_index=False, db_constraint=False
    )
    transfer = models.OneToOneField(
        "wallets.Transfer", on_delete=models.PROTECT, related_name="lot", db_constraint=False
    )
    points = models.BigIntegerField()
    remaining = models.BigIntegerField()
    earned_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gte=1), name="lot_points_positive"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("points")), name="lot_remaining_range"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("earned_at")), name="lot_expires_after_earned"
            ),
        ]
        indexes = [
            # what a wallet spends next: earliest expiry first
            models.Index(
                "account",
                F("expires_at").asc(nulls_last=True),
                "id",
                condition=Q(remaining__gt=0),
                name="lot_spend_order",
            ),
            models.Index(fields=["expires_at"], condition=Q(remaining__gt=0), name="lot_due"),  # the expiry run
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.points} points"


class LotDraw(models.Model):
    """What one transfer took out of one lot. Never changed."""

    pk = models.CompositePrimaryKey("lot_id", "transfer_id")
    lot = models.ForeignKey(
        "wallets.Lot", on_delete=models.PROTECT, related_name="draws", db_index=False, db_constraint=False
    )
    transfer = models.ForeignKey(
        "wallets.Transfer", on_delete=models.PROTECT, related_name="draws", db_constraint=False
    )
    points = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(points__gte=1), name="lot_draw_points_positive")]

    def __str__(self) -> str:
        return f"{self.points} points"


class LotReturn(models.Model):
    """What one refund put back into one lot. Never changed; writing it is what fills the lot (sql/lot_returns.sql)."""

    pk = models.CompositePrimaryKey("lot_id", "transfer_id")
    lot = models.ForeignKey("wallets.Lot", on_delete=models.PROTECT, related_name="returns", db_index=False)
    transfer = models.ForeignKey("wallets.Transfer", on_delete=models.PROTECT, related_name="returns")
    points = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(points__gte=1), name="lot_return_points_positive")]

    def __str__(self) -> str:
        return f"{self.points} points"
