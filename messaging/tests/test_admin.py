"""Messages and deliveries in the HR admin."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging.models import ChannelPreference, Delivery, Message
from messaging.operations import messages, preferences
from messaging.operations.messages import NewMessage
from people.tests.factories import make_person
from tests.standins.slack import SlackStandIn
from tests.standins.teams import SIGNATURE, TeamsStandIn

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DELIVERIES = reverse("admin:messaging_delivery_changelist")
MESSAGES = reverse("admin:messaging_message_changelist")
PREFERENCES = reverse("admin:messaging_channelpreference_changelist")
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slack")]


def page_of(role: str) -> Client:
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    page = Client()
    page.force_login(person)
    return page


@pytest.fixture
def hr() -> Client:
    return page_of("HR administrators")


def delivery(number: int = 1, **fields: object) -> Delivery:
    message = NewMessage(make_person().pk, "points_credited", f"News {number}", f"pr:{number}", channels=["slack"])
    messages.tell([message], at=AT)
    Delivery.objects.filter(message__reference=f"pr:{number}").update(**fields)
    return Delivery.objects.get(message__reference=f"pr:{number}")


def send_again(page: Client, *chosen: Delivery) -> list[str]:
    given = {"action": "send_again", "_selected_action": [str(each.pk) for each in chosen]}
    return [str(each) for each in get_messages(page.post(DELIVERIES, given).wsgi_request)]


def test_hr_finds_dead_deliveries_and_why(hr: Client) -> None:
    delivery(1, status="dead", last_error="Slack: http_500.")
    delivery(2)

    shown = hr.get(DELIVERIES, {"status__exact": "dead"}).content.decode()

    assert ("News 1" in shown, "Slack: http_500." in shown, "News 2" in shown) == (True, True, False)


def test_hr_sends_dead_ones_again(hr: Client, slack: SlackStandIn) -> None:
    dead, skipped, waiting = delivery(1, status="dead", attempts=12), delivery(2, status="skipped"), delivery(3)

    said = send_again(hr, dead, skipped, waiting)

    assert said == ["2 deliveries are sent again.", "1 had not stopped and was left."]
    assert set(Delivery.objects.values_list("status", "attempts")) == {("pending", 0)}


def test_hr_finds_the_deliveries_of_one_channel(hr: Client) -> None:
    delivery(1), delivery(2, channel="teams")

    shown = hr.get(DELIVERIES, {"channel__exact": "teams"}).content.decode()

    assert ("News 1" in shown, "News 2" in shown) == (False, True)


def test_where_teams_messages_go_is_shown_without_the_credential(hr: Client, teams: TeamsStandIn) -> None:
    row = delivery(1, channel="teams", status="dead", last_error="Teams: http_500.")

    shown = hr.get(reverse("admin:messaging_delivery_change", args=[row.pk])).content.decode()

    assert ("http://127.0.0.1/…?sig=••••" in shown, SIGNATURE in shown) == (True, False)


def test_where_messages_go_is_not_said_of_a_channel_that_is_not_set_up(hr: Client) -> None:
    row = delivery(1, channel="teams")

    assert (
        "This channel is not set up."
        in hr.get(reverse("admin:messaging_delivery_change", args=[row.pk])).content.decode()
    )


@pytest.mark.usefixtures("teams", "smtp")
@pytest.mark.parametrize("channel", ["email", "teams"])
def test_hr_sends_dead_ones_of_every_channel_again(hr: Client, channel: str) -> None:
    dead = delivery(1, channel=channel, status="dead", attempts=12)

    assert send_again(hr, dead) == ["1 delivery is sent again."]


def test_hr_looks_at_what_people_chose_and_changes_nothing(hr: Client) -> None:
    person = make_person(name="Ana Ribeiro")
    preferences.choose(person=person, channels={"slack": False}, at=AT)
    row = ChannelPreference.objects.get()

    assert "Ana Ribeiro" in hr.get(PREFERENCES).content.decode()
    change = reverse("admin:messaging_channelpreference_change", args=[row.pk])
    assert (hr.get(change).status_code, hr.post(change, {"is_on": "on"}).status_code) == (200, 403)


def test_auditors_look_and_send_nothing() -> None:
    auditor, dead = page_of("Auditors"), delivery(1, status="dead")

    assert auditor.get(DELIVERIES).status_code == 200
    send_again(auditor, dead)

    dead.refresh_from_db()
    assert dead.status == "dead"


def test_colleagues_do_not_get_in() -> None:
    page = Client()
    page.force_login(make_person())

    assert [page.get(address).status_code for address in (DELIVERIES, MESSAGES)] == [302, 302]


@pytest.mark.parametrize("model", ["message", "delivery"])
def test_nobody_adds_edits_or_removes(model: str) -> None:
    root = Client()
    root.force_login(make_person(is_staff=True, is_superuser=True))
    row = delivery(1)
    key = row.pk if model == "delivery" else row.message_id

    assert root.get(reverse(f"admin:messaging_{model}_add")).status_code == 403
    assert root.get(reverse(f"admin:messaging_{model}_delete", args=[key])).status_code == 403
    change = reverse(f"admin:messaging_{model}_change", args=[key])
    assert root.get(change).status_code == 200
    assert root.post(change, {"title": "other"}).status_code == 403


@pytest.mark.parametrize("address", [DELIVERIES, MESSAGES, PREFERENCES])
def test_a_list_costs_the_same_at_one_row_and_at_three(hr: Client, address: str) -> None:
    counts = []
    for number in (1, 2, 3):
        row = delivery(number)
        preferences.choose(person=row.message.person, channels={"slack": False}, at=AT)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            hr.get(address)
        counts.append(len(queries))

    assert counts[0] == counts[2]
    assert Message.objects.count() == 3
