"""What a country, a language, a time zone and a birthday may be."""

import re
from datetime import date
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from babel import Locale
from django.conf import settings
from django.core.exceptions import ValidationError

NO_COUNTRIES: Final = {
    "EU",
    "EZ",
    "QO",
    "UN",
    "XA",
    "XB",
    "ZZ",
}  # groups and test codes that CLDR lists beside countries


def known_country(code: str) -> None:
    """Refuse what is no country of ISO 3166-1 alpha-2.

    Raises:
        ValidationError: as said.
    """
    if code not in _countries():
        raise ValidationError(
            f'"{code}" is no country. Write two capital letters of ISO 3166-1, as DE.', code="country"
        )


def known_language(code: str) -> None:
    """Refuse a language that the portal does not speak.

    Raises:
        ValidationError: as said.
    """
    spoken = [language for language, _ in settings.LANGUAGES]
    if code not in spoken:
        raise ValidationError(f'"{code}" is not spoken here. Write one of {", ".join(spoken)}.', code="language")


def known_time_zone(name: str) -> None:
    """Refuse what is no time zone of the IANA database.

    Raises:
        ValidationError: as said.
    """
    if name not in _time_zones():
        raise ValidationError(f'"{name}" is no time zone. Write an IANA name, as Europe/Lisbon.', code="time_zone")


def day_of_a_year(text: str) -> None:
    """Refuse what is no month and day, as 05-31. 02-29 is one.

    Raises:
        ValidationError: as said.
    """
    try:
        if not re.fullmatch(r"[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        date.fromisoformat(f"2024-{text}")  # a leap year
    except ValueError:
        raise ValidationError(f'"{text}" is no day of a year. Write month and day, as 05-31.', code="day") from None


@cache
def _countries() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").territories) if code.isalpha() and code not in NO_COUNTRIES)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
