"""How money and rewards are named in sentences."""

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency
from django.utils import translation
from django.utils.translation import to_locale

from api.money import minor_units_per_unit
from redemptions.enums import ProductKind
from redemptions.models import Order


def money_in_words(minor: int, currency: str) -> str:
    """Return an amount with its cents, as a balance is read: `€37.30`."""
    return str(format_currency(Decimal(minor) / minor_units_per_unit(currency), currency, locale=_locale()))


def face_value_in_words(minor: int, currency: str) -> str:
    """Return a face value for reading: `€50` when round, else `€12.50`."""
    units, locale = minor_units_per_unit(currency), _locale()
    if minor % units:
        return money_in_words(minor, currency)
    pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
    return str(format_currency(minor // units, currency, format=pattern, currency_digits=False, locale=locale))


def reward_in_words(order: Order) -> str:
    """Return what an order is, as `Kettle Lane voucher, €25` or `2 Kettle Lane vouchers, €25 each`."""
    thing = "travel credit" if order.product.kind == ProductKind.TRAVEL_CREDIT else "voucher"
    value = face_value_in_words(order.face_value, order.currency)
    if order.quantity == 1:
        return f"{order.product.name} {thing}, {value}"
    return f"{order.quantity} {order.product.name} {thing}s, {value} each"


def _locale() -> Locale:
    return Locale.parse(to_locale(translation.get_language() or "en-gb"))
