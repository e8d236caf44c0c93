"""This room as a Django app."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class MessagingConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "messaging"

    def ready(self) -> None:
        """Refuse to start with an address of Teams that cannot be right; bring our part of the settings page.

        Raises:
            ImproperlyConfigured: naming the variable and what it should hold.
        """
        from messaging.channels.teams import address
        from messaging.forms import ChannelsForm
        from people import settings_parts

        url = settings.TEAMS_WORKFLOW_SECRET_URL
        if url and (wrong := address.wrong(url)):
            raise ImproperlyConfigured(wrong)
        settings_parts.register(ChannelsForm)
