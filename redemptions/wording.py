"""How rewards are named in sentences."""

from api.money import face_value_in_words
from redemptions.enums import ProductKind
from redemptions.models import Order


def reward_in_words(order: Order) -> str:
    """Return what an order is, as `Kettle Lane voucher, €25` or `2 Kettle Lane vouchers, €25 each`."""
    thing = "travel credit" if order.product.kind == ProductKind.TRAVEL_CREDIT else "voucher"
    value = face_value_in_words(order.face_value, order.currency)
    if order.quantity == 1:
        return f"{order.product.name} {thing}, {value}"
    return f"{order.quantity} {order.product.name} {thing}s, {value} each"
