"""A refund of an order, asked for and decided."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from approvals.models import Approval
from redemptions.enums import OrderRefundStatus


class OrderRefund(models.Model):
    """HR asks to give an order back, whole, with a reason; another person decides. A trigger keeps it as it was asked.

    `is_taken_back` is what HR confirms of a voucher whose code was seen: its supplier will not honour it any more.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    order = models.ForeignKey("redemptions.Order", on_delete=models.PROTECT, related_name="refunds")
    reason = models.CharField(max_length=300)
    is_taken_back = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=OrderRefundStatus.choices, default=OrderRefundStatus.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="order_refund")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OrderRefundStatus.values), name="order_refund_status_known"),
            models.CheckConstraint(
                condition=Q(status="waiting", closed_at__isnull=True)
                | (~Q(status="waiting") & Q(closed_at__isnull=False)),
                name="order_refund_closed_at_when_closed",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="order_refund_reason_given"),
            # one refund of an order: asked for or made
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=["waiting", "done"]), name="order_refund_once"
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(status="waiting"), name="order_refund_waiting")
        ]  # the queue

    def __str__(self) -> str:
        return f"Refund of {self.order}"
