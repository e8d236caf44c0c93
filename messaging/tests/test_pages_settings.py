"""A person's switches, on the settings page of everybody."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from messaging import queries
from messaging.forms import ChannelsForm
from messaging.models import ChannelPreference
from messaging.operations import preferences
from messaging.tests.factories import AT
from people.models import Person
from people.tests.factories import make_person
from tests.pages import assert_strict, text
from tests.standins.slack import SlackStandIn
from tests.standins.teams import SIGNATURE, TeamsStandIn

FORM = {"language": "de", "time_zone": "Europe/Berlin", "theme": ""}
SWITCH = re.compile(r'name="channels" value="(\w+)"( checked)?')
pytestmark = [pytest.mark.django_db]


@pytest.fixture
def ana(slack: SlackStandIn, teams: TeamsStandIn) -> Person:
    return make_person()


@pytest.fixture
def page(ana: Person) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def switches(page: Client) -> dict[str, bool]:
    return {name: bool(on) for name, on in SWITCH.findall(page.get("/settings").content.decode())}


def test_settings_show_a_switch_for_each_channel_that_is_set_up(page: Client) -> None:
    response = page.get("/settings")

    assert_strict(response)
    assert "Inbox Here in the portal; always on" in text(response)
    assert "Microsoft Teams A card from the Workflows app in your chat" in text(response)
    assert SIGNATURE not in response.content.decode()
    assert switches(page) == {"slack": True, "teams": True}


def test_switches_are_kept_with_the_other_settings(page: Client, ana: Person) -> None:
    response = page.post("/settings", FORM | {"shown": ["slack", "teams"], "channels": ["teams"]}, follow=True)

    ana.refresh_from_db()
    assert "Your settings are kept." in text(response)
    assert (ana.language, switches(page)) == ("de", {"slack": False, "teams": True})


def test_a_switch_that_was_not_shown_is_not_taken_for_one_that_is_off(page: Client, ana: Person) -> None:
    page.post("/settings", FORM | {"shown": ["slack"], "channels": []})

    assert queries.choices(ana) == {"slack": False, "teams": True}


@pytest.mark.parametrize("name", ["shown", "channels"])
def test_a_channel_that_does_not_exist_changes_nothing(page: Client, ana: Person, name: str) -> None:
    response = page.post("/settings", FORM | {"shown": ["slack"]} | {name: ["pigeon"]})

    ana.refresh_from_db()
    assert (response.status_code, ana.language, ChannelPreference.objects.count()) == (200, "en-gb", 0)


def test_switches_stay_as_they_were_set_when_something_else_is_wrong(page: Client, ana: Person) -> None:
    response = page.post("/settings", FORM | {"language": "tlh", "shown": ["slack", "teams"], "channels": ["teams"]})

    shown = {name: bool(on) for name, on in SWITCH.findall(response.content.decode())}
    assert (shown, queries.choices(ana)) == ({"slack": False, "teams": True}, {"slack": True, "teams": True})


def test_nobody_switches_for_somebody_else(page: Client, ana: Person) -> None:
    colleague = make_person()
    preferences.choose(person=colleague, channels={"slack": False}, at=AT)

    page.post("/settings", FORM | {"shown": ["slack", "teams"], "channels": [], "person": str(colleague.pk)})

    assert (queries.choices(ana), queries.choices(colleague)) == (
        {"slack": False, "teams": False}, {"slack": False, "teams": True},
    )  # fmt: skip


def test_where_no_channel_is_set_up_there_is_nothing_to_choose(page: Client, settings: Settings) -> None:
    settings.SLACK_BOT_TOKEN = settings.TEAMS_WORKFLOW_SECRET_URL = ""

    response = page.get("/settings")

    assert ("How we tell you" in text(response), switches(page)) == (False, {})


def test_the_switches_are_one_query_however_many(
    page: Client, ana: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        str(ChannelsForm(person=ana))
