"""The section `connections` of the configuration file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser

from api.configuration import ConfigurationError, Section
from integrations import connections
from integrations.config_schema import CONNECTION
from integrations.models import Connection, ReceivedMessage


class ConnectionsSection:
    """How HR systems' own messages become events."""

    key, identity, schema = "connections", "slug", CONNECTION

    def normalise(self, entries: list[Any]) -> list[dict[str, Any]]:
        """Return the entries checked, with defaults filled in.

        Raises:
            ConfigurationError: with where it stands, from the list down.
        """
        checked = [connections.normalise(entry, index) for index, entry in enumerate(entries)]
        slugs = [entry["slug"] for entry in checked]
        for index, slug in enumerate(slugs):
            if slug in slugs[:index]:
                raise ConfigurationError((index, "slug"), f"{slug} stands here twice.")
        return checked

    def export(self) -> list[dict[str, Any]]:
        """Return the live connections, by slug."""
        return [connections.exported(connection) for connection in Connection.objects.order_by("slug")]

    def apply(
        self,
        entries: list[dict[str, Any]],
        *,
        removed: Sequence[str],
        by: AbstractBaseUser | None,
        at: datetime,
    ) -> None:
        """Make the entries live and take the removed ones away.

        Raises:
            ConfigurationError: messages came through one to take away: they could no longer be read.
        """
        with pghistory.context(user=str(by.pk)) if by else pghistory.context():
            used = ReceivedMessage.objects.filter(connection__slug__in=removed).values_list(
                "connection__slug", flat=True
            )
            if first := used.order_by("connection__slug").first():
                detail = f"{first} has received messages, which need it to be read. Write `active: false` instead."
                raise ConfigurationError((), detail)
            Connection.objects.filter(slug__in=removed).delete()
            for entry in entries:
                values = connections.fields(entry)
                Connection.objects.update_or_create(slug=values.pop("slug"), defaults=values)


SECTIONS: dict[str, Section] = {ConnectionsSection.key: ConnectionsSection()}
