"""What a country, a language and a time zone may be."""

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


@cache
def _countries() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").territories) if code.isalpha() and code not in NO_COUNTRIES)


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
