"""Reads the times that HR systems write."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ODATA = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{1,4})?\)/")  # OData v2: milliseconds UTC; the offset only informs
DIGITS = re.compile(r"\d{10}|\d{13}")
DAY_FIRST = re.compile(r"(\d{2})-(\d{2})-(\d{4})(?:[ T](.*))?")  # Darwinbox: 22-11-2026 18:44:05
COMPACT = re.compile(r"(\d{8}) ?(\d{6})(\.\d{1,6})?")  # Boomi: 20261122 211405.120
YEARS = range(1970, 2200)
SECONDS_DIGITS = 10


def parse(value: Any, zone: tzinfo) -> datetime:
    """Return the moment that a value names.

    Args:
        value: ISO 8601; a day alone is its midnight; seconds (10 digits) or milliseconds (13) since 1970; `/Date(…)/`;
            dd-mm-yyyy with dashes. Days with slashes are refused: 03/04 is two days.
        zone: where the clock hangs when the value has no offset.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a time")
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    try:
        found = _since_1970(text) or _written(text)
    except OverflowError as error:
        raise ValueError("not a year of ours") from error
    moment = found if found.tzinfo else found.replace(tzinfo=zone)
    if moment.year not in YEARS:
        raise ValueError("not a year of ours")
    return moment.astimezone(UTC)


def _since_1970(text: str) -> datetime | None:
    """Return the moment of a count since 1970, or None where it is none."""
    if odata := ODATA.fullmatch(text):
        return EPOCH + timedelta(milliseconds=int(odata.group(1)))
    if DIGITS.fullmatch(text):
        return EPOCH + timedelta(**{"seconds" if len(text) == SECONDS_DIGITS else "milliseconds": int(text)})
    return None


def _written(text: str) -> datetime:
    """Return the moment of a written date and time, naive where it has no offset."""
    if compact := COMPACT.fullmatch(text):
        day, clock, fraction = compact.groups(default="")
        return datetime.fromisoformat(f"{day}T{clock}{fraction}")
    if day_first := DAY_FIRST.fullmatch(text):
        day, month, year, clock = day_first.groups()
        return datetime.fromisoformat(f"{year}-{month}-{day}" + (f"T{clock}" if clock else ""))
    return datetime.fromisoformat(text)
