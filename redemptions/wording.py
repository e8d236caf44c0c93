"""How money and rewards are named in sentences."""

from decimal import Decimal

from babel.numbers import format_currency
from django.utils import translation
from django.utils.translation import to_locale

from api.money import minor_units_per_unit
from redemptions.enums import ProductKind
from redemptions.models import Order


def face_value_in_words(minor: int, currency: str) -> str:
    """Return a face value for reading: `€50` when round, else `€12.50`."""
    units = minor_units_per_unit(currency)
    locale = to_locale(translation.get_language() or "en-gb")
    if minor % units == 0:
        return str(format_currency(minor // units, currency, format="¤#,##0", currency_digits=False, locale=locale))
    return str(format_currency(Decimal(minor) / units, currency, locale=locale))


def reward_in_words(order: Order) -> str:
    """Return what an order is, as `Kettle Lane voucher, €25` or `2 Kettle Lane vouchers, €25 each`."""
    thing = "travel credit" if order.product.kind == ProductKind.TRAVEL_CREDIT else "voucher"
    value = face_value_in_words(order.face_value, order.currency)
    if order.quantity == 1:
        return f"{order.product.name} {thing}, {value}"
    return f"{order.quantity} {order.product.name} {thing}s, {value} each"
