"""A Slack workspace for the tests of this room."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.standins.slack import TOKEN, SlackStandIn, slack_standin


@pytest.fixture
def slack(settings: Settings) -> Iterator[SlackStandIn]:
    """A workspace, and the settings that lead there."""
    with slack_standin() as workspace:
        settings.DEBUG = True  # loopback may be called
        settings.SLACK_API_URL, settings.SLACK_BOT_TOKEN = workspace.url, TOKEN
        settings.BASE_URL = "https://rewards.acme.example"
        yield workspace
