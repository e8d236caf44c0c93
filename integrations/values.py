"""Turns a value of a message into what rules read: "4.0", "4 - Exceeds Expectations" and 4 are 4, "Unrated" is none."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from integrations import times
from integrations.errors import UnmappedRecord

KINDS = ("string", "number", "integer", "boolean", "date", "time")
# SAP's own: too new to rate, unrated (KBA 2540859). No scale holds them, so they are none for every system.
NO_RATING = frozenset({-1971.0, -1972.0})
NO_NUMBER = frozenset({"n/a", "na", "none", "null", "unrated", "not rated", "too new to rate", "-", "--"})
# The number before the words: "4 - Exceeds Expectations", "4: Exceeds", "4 (Exceeds)", "4 of 5", "4/5", "96.5 %". Not
# the first part of a day ("2026-11-22"), nor of a number with grouped digits ("1,234").
NUMBER = re.compile(
    r"([+-]?\d{1,15}(?:\.\d{1,12}|,\d{1,2})?)"
    r"(?=$|\s*%$|\s*/\s*\d{1,4}(?:\.\d+)?$|\s*[-–—:(]\s*[^\d\s]|\s+[^\d\s:(/–—-])"
)
TRUE, FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
WHOLE_MAX = 2**53  # what a JSON reader holds exactly
SHOWN_CHARACTERS = 40


class NoValue(Exception):
    """The value counts as none.

    Args:
        reason: why, as "-1972 counts as none".
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def convert(name: str, value: Any, how: Mapping[str, Any], zone: ZoneInfo) -> Any:
    """Return a value as its mapping wants it.

    Args:
        name: what it is called in the event's data, for messages.
        value: what its path found.
        how: {"as", "none_if", "min", "max"} of the mapping, each optional.
        zone: where clocks hang that name no offset.

    Raises:
        NoValue: it counts as none: null, blank, one of `none_if`, for numbers also -1971, -1972 and words as "Unrated".
        UnmappedRecord: it is not of that kind.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        raise NoValue("null counts as none" if value is None else "blank counts as none")
    kind = how.get("as")
    number = _number(value)
    if _is_none(value, number, how.get("none_if", ()), numeric=kind in {"number", "integer"}):
        raise NoValue(f"{shown(value)} counts as none")
    if kind is None:
        return value
    try:
        return CONVERSIONS[kind](value, number, how, zone)
    except ValueError as error:
        raise UnmappedRecord(f"{name}: {shown(value)} is {error}.", pointer=f"/data/{name}") from None


def scalar(value: Any) -> str:
    """Return an id or a name as text: 58231, 58231.0 and "58231" are the same; "" for anything that is no scalar."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def shown(value: Any) -> str:
    """Return a value short enough for a sentence."""
    if isinstance(value, dict | list):
        return "a group of values" if isinstance(value, dict) else "a list"
    text = str(value).strip()
    text = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return f'"{text}"' if isinstance(value, str) and _number(value) is None else text


def _is_none(value: Any, number: float | None, none_if: Any, *, numeric: bool) -> bool:
    """Whether a value counts as none. Numbers are compared as numbers: "-1972.0" is -1972."""
    if numeric and (number in NO_RATING or (isinstance(value, str) and value.strip().lower() in NO_NUMBER)):
        return True
    texts = {str(each).strip().lower() for each in none_if}
    numbers = {found for each in none_if if (found := _number(each)) is not None}
    return (isinstance(value, str | int | float) and str(value).strip().lower() in texts) or number in numbers


def _number(value: Any) -> float | None:
    """Return the number that a value is or begins with, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if not isinstance(value, str):
        return float(value) if abs(value) <= WHOLE_MAX else None
    found = NUMBER.match(value.strip())
    return float(found.group(1).replace(",", ".")) if found else None


def _as_number(value: Any, number: float | None, how: Mapping[str, Any], _: ZoneInfo) -> float:
    if number is None or not math.isfinite(number) or abs(number) > WHOLE_MAX:
        raise ValueError("not a number")
    low, high = how.get("min"), how.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"outside {'…' if low is None else low} to {'…' if high is None else high}")
    return int(number) if number.is_integer() else number


def _as_integer(value: Any, number: float | None, how: Mapping[str, Any], zone: ZoneInfo) -> float:
    if number is None or not number.is_integer():
        raise ValueError("not a whole number")
    return _as_number(value, number, how, zone)


def _as_string(value: Any, *_: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise ValueError("not one value")
    return scalar(value)


def _as_boolean(value: Any, *_: Any) -> bool:
    text = str(value).strip().lower()
    if text not in TRUE | FALSE:
        raise ValueError("neither true nor false")
    return text in TRUE


def _as_date(value: Any, _number: Any, _how: Any, zone: ZoneInfo) -> str:
    try:
        return times.parse(value, zone).astimezone(zone).date().isoformat()
    except ValueError:
        raise ValueError("not a day") from None


def _as_time(value: Any, _number: Any, _how: Any, zone: ZoneInfo) -> str:
    try:
        return times.parse(value, zone).isoformat().replace("+00:00", "Z")
    except ValueError:
        raise ValueError("not a time") from None


CONVERSIONS: dict[str, Callable[[Any, float | None, Mapping[str, Any], ZoneInfo], Any]] = {
    "string": _as_string,
    "number": _as_number,
    "integer": _as_integer,
    "boolean": _as_boolean,
    "date": _as_date,
    "time": _as_time,
}
