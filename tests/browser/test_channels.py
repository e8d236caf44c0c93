"""Choosing what one hears by, in a real browser: with and without JavaScript, by keyboard, at both widths."""

import pytest
from pytest_django import Settings

from messaging import queries
from people.models import Person
from tests.browser.conftest import PHONE, Open
from tests.browser.test_every_page import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _three_channels(settings: Settings) -> None:
    settings.DEBUG = True  # the console will do as a mail server, loopback as Teams
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.SLACK_BOT_TOKEN = "xoxb-stand-in"
    settings.TEAMS_WORKFLOW_SECRET_URL = "http://127.0.0.1:1/invoke?sig=stand-in"


@pytest.mark.parametrize("javascript", [True, False])
def test_a_switch_is_kept(open_page: Open, ana: Person, javascript: bool) -> None:
    page = open_page(java_script_enabled=javascript, viewport=PHONE)
    page.goto("/settings")
    assert page.get_by_role("switch", name="Inbox").is_disabled()

    page.get_by_role("switch", name="Slack").uncheck()
    page.get_by_role("switch", name="E-mail").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Keep these settings").click()

    page.get_by_text("Your settings are kept.").wait_for()
    labels = ("Inbox", "E-mail", "Slack", "Microsoft Teams")
    assert [page.get_by_role("switch", name=label).is_checked() for label in labels] == [True, False, False, True]
    assert queries.choices(ana) == {"email": False, "slack": False, "teams": True}


def test_settings_with_switches_are_clean(open_page: Open) -> None:
    assert faults(open_page(reduced_motion="reduce"), "/settings") == []
