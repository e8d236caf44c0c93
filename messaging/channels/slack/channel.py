"""Slack's place in the registry of channels."""

from django.conf import settings


def ready() -> bool:
    """Tell whether a bot token is set."""
    return bool(settings.SLACK_BOT_TOKEN)
