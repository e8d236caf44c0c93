"""A Slack workspace, a flow of Teams, a mail server and a client system for the tests of this room."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from messaging.channels.email.channel import SMTP
from tests.standins.receiver import Receiver, receiver
from tests.standins.slack import TOKEN, SlackStandIn, slack_standin
from tests.standins.smtp import SmtpStandIn, smtp_standin
from tests.standins.teams import TeamsStandIn, teams_standin

BASE_URL = "https://rewards.acme.example"


@pytest.fixture
def slack(settings: Settings) -> Iterator[SlackStandIn]:
    """A workspace, and the settings that lead there."""
    with slack_standin() as workspace:
        settings.DEBUG = True  # loopback may be called
        settings.SLACK_API_URL, settings.SLACK_BOT_TOKEN = workspace.url, TOKEN
        settings.BASE_URL = BASE_URL
        yield workspace


@pytest.fixture
def teams(settings: Settings) -> Iterator[TeamsStandIn]:
    """A flow, and the settings that lead there."""
    with teams_standin() as flow:
        settings.DEBUG = True  # loopback may be called
        settings.TEAMS_WORKFLOW_SECRET_URL = flow.url
        settings.BASE_URL = BASE_URL
        yield flow


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpStandIn]:
    """A mail server, and the settings that lead there."""
    with smtp_standin() as server:
        settings.EMAIL_BACKEND, settings.EMAIL_IS_NAMED = SMTP, True
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.BASE_URL = BASE_URL
        yield server


@pytest.fixture
def system(settings: Settings) -> Iterator[Receiver]:
    """A client system that is told of what happens."""
    with receiver() as one:
        settings.DEBUG = True  # loopback may be called
        yield one
