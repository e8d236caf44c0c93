"""What a room's section of the configuration file looks like to the one who reads the file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from django.contrib.auth.base_user import AbstractBaseUser

Path = tuple[str | int, ...]


class ConfigurationError(Exception):
    """An entry of the configuration file cannot be taken.

    Args:
        path: where it stands, from the section's list down, as `(0, "rules", 1, "when")`.
        detail: what is wrong and what to write instead.
    """

    def __init__(self, path: Path, detail: str) -> None:
        self.path = path
        self.detail = detail
        super().__init__(detail)


class Section(Protocol):
    """One top-level key of the configuration file, kept by the room that owns what it configures."""

    key: str
    identity: str
    schema: dict[str, Any]
    """JSON Schema of one entry, as the file writes it (`api.configuration_schema`)."""

    def normalise(self, entries: list[Any]) -> list[dict[str, Any]]:
        """Return the entries checked and with defaults filled in, exactly as `export` would show them.

        Raises:
            ConfigurationError: an unknown key, a bad value or a bad expression, with where it stands.
        """
        ...

    def export(self) -> list[dict[str, Any]]:
        """Return what is live, in the order of its identities."""
        ...

    def apply(
        self, entries: list[dict[str, Any]], *, removed: Sequence[str], by: AbstractBaseUser | None, at: datetime
    ) -> None:
        """Make the entries that differ live and take away what the file no longer names.

        Raises:
            ConfigurationError: something to take away was used already.
        """
        ...
