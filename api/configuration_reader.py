"""Reads one entry of the configuration file, strictly: what is wrong is told with its path, and so with its line."""

import difflib
import re
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from babel.numbers import is_currency

from api.configuration import ConfigurationError

SLUG = re.compile(r"[-a-zA-Z0-9_]+")  # what a SlugField takes
SLUG_LENGTH_MAX = 80
NEEDED: Any = object()


class Reader:
    """Takes the members of one mapping, one by one; `finish` refuses those that nobody took.

    Args:
        entry: the mapping.
        path: where it stands, from the section's list down.
    """

    def __init__(self, entry: Any, *path: str | int) -> None:
        self.path = path
        if not isinstance(entry, dict):
            raise ConfigurationError(path, "This must be a mapping, written `{name: value, …}` or over several lines.")
        self._entry = entry
        self._known: set[str] = set()

    def error(self, *path: str | int | None, detail: str) -> ConfigurationError:
        """Return an error about a member; None in the path is about the entry itself."""
        return ConfigurationError((*self.path, *(step for step in path if step is not None)), detail)

    def given(self, name: str) -> bool:
        """Return whether a member is there and not null."""
        self._known.add(name)
        return self._entry.get(name) is not None

    def inside(self, name: str) -> "Reader":
        """Return a reader of a mapping within."""
        return Reader(self._take(name, NEEDED), *self.path, name)

    def text(self, name: str, *, length_max: int, default: str = NEEDED) -> str:
        """Return text without spaces around it, at most so long, and not empty unless that is the default."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise self.error(name, detail=f'{name} must be text. Put it in quotes: "{value}".')
        value = value.strip()
        if len(value) > length_max or "\0" in value:
            raise self.error(name, detail=f"{name} is too long: {length_max} characters at most.")
        if not value and default != "":
            raise self.error(name, detail=f"{name} must not be empty.")
        return value

    def slug(self, name: str) -> str:
        """Return a name made of letters, digits, hyphens and underscores."""
        value = self.text(name, length_max=SLUG_LENGTH_MAX)
        if not SLUG.fullmatch(value):
            raise self.error(name, detail=f"{name} takes letters, digits and hyphens, as acme-voucher.")
        return value

    def choice(self, name: str, choices: Collection[str], *, default: str = NEEDED) -> str:
        """Return one of some words."""
        value = self._take(name, default)
        if value not in choices and value != default:
            close = difflib.get_close_matches(str(value), choices, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Write one of {', '.join(choices)}."
            raise self.error(name, detail=f"{value} is not known here. {hint}")
        return str(value)

    def whole(self, name: str, low: int, high: int, *, default: int | None = NEEDED) -> int | None:
        """Return a whole number from low to high, or the default."""
        value = self._take(name, default)
        if value is None and default is None:
            return None
        if type(value) is not int or not low <= value <= high:
            raise self.error(name, detail=f"{name} must be a whole number from {low} to {high}.")
        return value

    def number(self, name: str) -> int | None:
        """Return a whole number where one stands there; None where something else does, for another method to take."""
        self._known.add(name)
        value = self._entry.get(name)
        return value if type(value) is int else None

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self.error(name, detail=f"{name} must be true or false.")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty when not given."""
        value = self._take(name, [])
        if not isinstance(value, list):
            raise self.error(name, detail=f'{name} must be a list, as ["…", "…"].')
        for place, each in enumerate(value):
            if not isinstance(each, str):
                raise self.error(name, place, detail=f'Put {each} in quotes: "{each}".')
        return value

    def day(self, name: str) -> date | None:
        """Return a day, or None when not given."""
        value = self._take(name, None)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.error(name, detail=f"{name} must be a day, as 2026-01-01.") from None

    def each(self, name: str) -> list["Reader"]:
        """Return a reader for each mapping of a list, none when not given."""
        value = self._take(name, [])
        if not isinstance(value, list):
            raise self.error(name, detail=f"{name} must be a list, one `- …` for each.")
        return [Reader(entry, *self.path, name, place) for place, entry in enumerate(value)]

    def currency(self, name: str) -> str:
        """Return a currency of ISO 4217."""
        value = self.text(name, length_max=3)
        if not is_currency(value):
            raise self.error(name, detail=f"{value} is no currency. Write three capital letters of ISO 4217, as EUR.")
        return value

    def finish(self) -> None:
        """Refuse members that nobody took: a typing error never passes in silence."""
        for name in self._entry:
            if name not in self._known:
                close = difflib.get_close_matches(str(name), self._known, n=1)
                hint = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(sorted(self._known))}."
                raise self.error(name, detail=f"{name} is not known here. {hint}")

    def _take(self, name: str, default: Any) -> Any:
        """Return a member, or the default where it is not there or null."""
        self._known.add(name)
        value = self._entry.get(name)
        if value is not None:
            return value
        if default is NEEDED:
            raise self.error(None, detail=f"{name} is missing.")
        return default
