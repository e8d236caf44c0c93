"""How numbers, money and dates are written on a page (the look's "Words"): pure functions, one for each."""

from datetime import date, datetime, timedelta

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import get_language, to_locale

from api.money import face_value_in_words, in_words

MINUS = "\u2212"
NEAR_DAYS = 14  # up to so many days a date is said as "in 7 days"
NOON, EVENING = 12, 18  # hours


def points(number: int) -> str:
    """Return a number of points with its thousands apart: `18,450`; a minus is U+2212."""
    return f"{MINUS if number < 0 else ''}{format_decimal(abs(number), locale=_locale())}"


def signed(number: int) -> str:
    """Return points that came in or went out: `+1,000`, `−2,500`."""
    return f"+{points(number)}" if number > 0 else points(number)


def money(minor: int, currency: str) -> str:
    """Return an amount with its cents, as balances show it: `€184.50`.

    Args:
        minor: the amount in minor units.
        currency: its ISO 4217 code.
    """
    return f"{MINUS if minor < 0 else ''}{in_words(abs(minor), currency)}"


def face_value(minor: int, currency: str) -> str:
    """Return a denomination: `€50` where it is round, else `€12.50`."""
    return face_value_in_words(minor, currency)


def short_date(moment: date) -> str:
    """Return `30 Nov`, with the year where it is not this one: `30 Nov 2027`."""
    day = local_date(moment)
    return str(format_date(day, "d MMM" if day.year == timezone.localdate().year else "d MMM y", locale="en"))


def day_and_month(moment: date) -> str:
    """Return `30 Nov`, where the year stands above it."""
    return str(format_date(local_date(moment), "d MMM", locale="en"))


def month_and_year(moment: date) -> str:
    """Return `Nov 2027`."""
    return str(format_date(local_date(moment), "MMM y", locale="en"))


def month(moment: date) -> str:
    """Return `November 2026`."""
    return str(format_date(local_date(moment), "MMMM y", locale="en"))


def until(moment: date) -> str:
    """Return how far away a day is: `today`, `tomorrow`, `in 7 days`; beyond 14 days `on 30 Nov`."""
    days = (local_date(moment) - timezone.localdate()).days
    if days < 0 or days > NEAR_DAYS:
        return f"on {short_date(moment)}"
    return ("today", "tomorrow")[days] if days < 2 else f"in {days} days"  # noqa: PLR2004


def is_near(moment: date) -> bool:
    """Return whether a day is so close that it is said in days."""
    return 0 <= (local_date(moment) - timezone.localdate()).days <= NEAR_DAYS


def local_date(moment: date) -> date:
    """Return the day of a moment on the reader's clock; a plain date stays what it is."""
    return timezone.localtime(moment).date() if isinstance(moment, datetime) else moment


def last_day(moment: datetime) -> date:
    """Return the last day before a moment on the reader's clock: what expires at midnight expires the day before."""
    return local_date(moment - timedelta(microseconds=1))


def greeting() -> str:
    """Return `Good morning` and its like, by the reader's clock."""
    hour = timezone.localtime().hour
    return "Good morning" if hour < NOON else "Good afternoon" if hour < EVENING else "Good evening"


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or "en-gb"))
