"""Money is minor units (cents) and an ISO 4217 code inside, a decimal string and the code outside."""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_precision
from django.conf import settings
from django.utils.translation import get_language, to_locale

AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]+)?")


def minor_units_per_unit(currency: str) -> int:
    """Return how many minor units make one major unit: 100 for EUR, 1 for JPY, 1000 for KWD (ISO 4217)."""
    return int(10 ** get_currency_precision(currency))


def minor_units(amount: str, currency: str) -> int:
    """Return an amount in minor units: `25.00` EUR is 2500, `250` JPY is 250.

    Raises:
        ValueError: it is not a plain decimal number, or is finer than the currency goes.
    """
    if not AMOUNT.fullmatch(amount):
        raise ValueError(f'"{amount}" is not an amount. Write digits with a point, as 25.00.')
    digits = get_currency_precision(currency)
    whole, _, fraction = amount.partition(".")
    if len(fraction) > digits:
        raise ValueError(f"{currency} has {digits} decimal places; {amount} has more.")
    return int(whole + fraction.ljust(digits, "0"))


def amount(minor: int, currency: str) -> str:
    """Return minor units as the decimal string that stands outside: 2500 EUR is `25.00`."""
    digits = get_currency_precision(currency)
    if not digits:
        return str(minor)
    return f"{minor // 10**digits}.{minor % 10**digits:0{digits}d}"


def as_json(minor: int, currency: str) -> dict[str, str]:
    """Return money as the API shows it: `{"amount": "25.00", "currency": "EUR"}`."""
    return {"amount": amount(minor, currency), "currency": currency}


def in_words(minor: int, currency: str) -> str:
    """Return an amount with its cents, as a balance is read: `€37.30`, in the reader's language."""
    return str(format_currency(Decimal(minor) / minor_units_per_unit(currency), currency, locale=_locale()))


def face_value_in_words(minor: int, currency: str) -> str:
    """Return a face value for reading: `€50` where it is round, else `€12.50`."""
    units, locale = minor_units_per_unit(currency), _locale()
    if minor % units:
        return in_words(minor, currency)
    pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
    return str(format_currency(minor // units, currency, format=pattern, currency_digits=False, locale=locale))


def worth(points: int) -> tuple[int, str]:
    """Return what points are worth, in minor units rounded down, and in which currency."""
    currency = settings.POINTS_CURRENCY
    return points * 10 ** get_currency_precision(currency) // settings.POINTS_PER_UNIT, currency


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or "en-gb"))
