"""How a file writes numbers, days and people. A format is chosen, never guessed from a cell: 1.500 is 1500 or 1.5."""

import re
from datetime import date

from django.db import models

from people.queries import EMAIL
from wallets.models.account import POINTS_MAX


class WrittenNumbers(models.TextChoices):
    """How points are written. They are whole; decimals may only be zeros."""

    PLAIN = "plain", "1500"
    COMMA = "comma", "1,500 or 1,500.00"
    POINT = "point", "1.500 or 1.500,00"
    SPACE = "space", "1 500 or 1'500 or 1 500,00"


class WrittenDays(models.TextChoices):
    """How days are written."""

    ISO = "iso", "2027-06-30"
    DAY_FIRST = "dmy", "30.06.2027 or 30/06/2027"
    MONTH_FIRST = "mdy", "06/30/2027"


class WrittenPeople(models.TextChoices):
    """What the column of recipients holds."""

    NUMBER = "number", "Employee numbers"
    EMAIL = "email", "E-mail addresses"


PLAIN = re.compile(r"[1-9][0-9]{0,14}")
LOOKS_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,' \u00a0\u202f][0-9]{3})+")
GROUPED = {
    WrittenNumbers.COMMA: re.compile(r"([1-9][0-9]{0,2}(?:,[0-9]{3}){0,4}|[1-9][0-9]{0,14})(?:\.0+)?"),
    WrittenNumbers.POINT: re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3}){0,4}|[1-9][0-9]{0,14})(?:,0+)?"),
    WrittenNumbers.SPACE: re.compile(
        r"([1-9][0-9]{0,2}(?:[ '’\u00a0\u202f][0-9]{3}){0,4}|[1-9][0-9]{0,14})(?:[.,]0+)?"
    ),
}
NO_DIGIT = re.compile(r"[^0-9]")
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
BY_HAND = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")


def points(text: str, written: WrittenNumbers) -> int:
    """Return the whole number that a cell means.

    Raises:
        ValueError: it means none, and what to do.
    """
    if PLAIN.fullmatch(text):  # every format writes small numbers so
        found = int(text)
    elif not text:
        raise ValueError("Points are missing.")
    elif written in GROUPED and (match := GROUPED[written].fullmatch(text)):
        found = int(NO_DIGIT.sub("", match[1]))
    else:
        raise ValueError(_no_points(text, written))
    if found > POINTS_MAX:
        raise ValueError(f"Points must be at most {POINTS_MAX:,}.")
    return found


def _no_points(text: str, written: WrittenNumbers) -> str:
    if written in GROUPED:
        return f"Points must be a whole number from 1, written as {written.label}."
    if LOOKS_GROUPED.fullmatch(text):
        return f"Points must be a whole number in digits alone, such as {NO_DIGIT.sub('', text)}."
    return "Points must be a whole number from 1, in digits alone, such as 1500."


def day(text: str, written: WrittenDays) -> date | None:
    """Return the day that a cell means; None where it is empty.

    Raises:
        ValueError: it means none: 01/02/2027 is no day before somebody said which of the two is the month.
    """
    if not text:
        return None
    try:
        if written == WrittenDays.ISO:
            return _date(ISO, text, "ymd")
        return _date(BY_HAND, text, written)
    except ValueError:
        raise ValueError(f"“{text[:20]}” is not a day. Write it as {written.label}.") from None


def _date(pattern: re.Pattern[str], text: str, order: str) -> date:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError
    parts = dict(zip(order, match.groups(), strict=True))
    return date(int(parts["y"]), int(parts["m"]), int(parts["d"]))


def recipient(text: str, written: WrittenPeople) -> str:
    """Return a cell as the name of a recipient: an address gets its `email:` where the column holds addresses."""
    if written == WrittenPeople.EMAIL and "@" in text and not text.startswith(EMAIL):
        return EMAIL + text
    return text
