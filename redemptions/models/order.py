"""Something somebody redeems."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from api.models import ApiClient
from redemptions.enums import OrderStatus
from wallets.models import Hold, Transfer


class Order(models.Model):
    """Something somebody redeems: points are held when it is placed, taken when fulfilled, given back when it fails.

    The row is the queue: a placed order that is due is fulfilled by the worker if the request itself did not get there.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    product = models.ForeignKey("redemptions.Product", on_delete=models.PROTECT, related_name="orders")
    face_value = models.PositiveIntegerField(help_text="Minor units, each.")
    currency = models.CharField(max_length=3)
    quantity = models.PositiveSmallIntegerField(default=1)
    points = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=OrderStatus.choices, default=OrderStatus.PLACED)
    status_reason = models.CharField(max_length=300, blank=True)
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="order")
    refund = models.OneToOneField(Transfer, on_delete=models.PROTECT, null=True, related_name="refunded_order")
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, null=True, related_name="+")
    external_id = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    placed_at = models.DateTimeField()
    fulfilled_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_known"),
            models.CheckConstraint(condition=Q(points__gte=1, face_value__gte=1), name="order_points_positive"),
            models.CheckConstraint(condition=Q(quantity__range=(1, 10)), name="order_quantity_range"),
            models.CheckConstraint(
                condition=~Q(status__in=["fulfilled", "refunded"]) | Q(fulfilled_at__isnull=False),
                name="order_fulfilled_at_when_fulfilled",
            ),
            models.CheckConstraint(
                condition=Q(status="refunded", refund__isnull=False) | (~Q(status="refunded") & Q(refund__isnull=True)),
                name="order_refund_when_refunded",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["placed", "fulfilled"], closed_at__isnull=True)
                | (~Q(status__in=["placed", "fulfilled"]) & Q(closed_at__isnull=False)),
                name="order_closed_at_when_closed",
            ),
            # one order for each external_id: of a client, or of a person's own form (a double click)
            models.UniqueConstraint(
                fields=["client", "external_id"], name="order_external_id_once", nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-placed_at"], name="order_person"),  # my rewards, newest first
            models.Index(fields=["next_attempt_at"], condition=Q(status="placed"), name="order_due"),  # the sweep
        ]

    @property
    def reference(self) -> str:
        """Return what the ledger, the messages and a supplier know it by."""
        return f"rd:{self.id.hex}"

    def __str__(self) -> str:
        return f"{self.product} for {self.person}"
