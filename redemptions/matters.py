"""What of spending waits for approvals: what each would do, in words, and with which operations it is decided."""

from django.db.models import QuerySet

from approvals.matters import Facts, Matter
from redemptions.fingerprints import of_order_refund
from redemptions.models import Order, OrderRefund, TravelCredit, Voucher
from redemptions.operations import refunds
from redemptions.wording import reward_in_words
from wallets.operations.refunds import REFUND_GRACE_DAYS


def refund_facts(order: Order, reason: str) -> Facts:
    """Return, in words, what a refund does."""
    return [
        ("What", f"{order.points:,} points back to {order.person} for {reward_in_words(order)}, the whole order"),
        ("Dates", f"The points keep their dates; where those have passed, they last {REFUND_GRACE_DAYS} days"),
        ("Delivered", _delivered(order)),
        ("Reason", reason),
        ("Told", f"{order.person} is told, with the reason, once it is approved"),
    ]


def _delivered(order: Order) -> str:
    if TravelCredit.objects.filter(order=order).exists():
        return "The travel credit's value is withdrawn; nothing more can be booked on it"
    seen = Voucher.objects.filter(order=order, first_revealed_at__isnull=False).count()
    if seen:
        return f"{seen} of {order.quantity} codes were seen; all of them are void from then on"
    return "No code was seen; all of them are void from then on"


def _refunds() -> QuerySet[OrderRefund]:
    return OrderRefund.objects.select_related("order__product", "order__person", "requested_by", "approval__group")


ORDER_REFUND = Matter(
    kind=refunds.ORDER_REFUND,
    label="Order refund",
    rows=_refunds,
    seen=of_order_refund,
    facts=lambda row: refund_facts(row.order, row.reason),
    button=lambda row: f"Refund {row.order.points:,} points",
    approve=refunds.approve,
    reject=refunds.reject,
)
