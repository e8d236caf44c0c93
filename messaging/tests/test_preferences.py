"""What a person chose to hear by, and what comes of it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from messaging import queries
from messaging.models import ChannelPreference, Delivery, Message
from messaging.operations import deliveries, messages, preferences
from messaging.operations.messages import NewMessage
from messaging.tests.factories import AT, told, tried
from people.models import Person
from people.tests.factories import make_person
from tests.standins.slack import SlackStandIn
from tests.standins.smtp import SmtpStandIn
from tests.standins.teams import TeamsStandIn

CHANNELS = ("inbox", "email", "slack", "teams")
pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(slack: SlackStandIn, teams: TeamsStandIn, smtp: SmtpStandIn) -> Person:
    return make_person(name="Ana Ribeiro")


def news(person: Person, reference: str = "pr:1") -> NewMessage:
    return NewMessage(person.pk, "points_credited", "You earned 500 points", reference, channels=CHANNELS)


def test_a_person_who_chose_nothing_is_told_by_every_channel(ana: Person) -> None:
    messages.tell([news(ana)], at=AT)

    assert queries.choices(ana) == {"email": True, "slack": True, "teams": True}
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"email", "slack", "teams"}


def test_what_was_switched_off_gets_no_delivery_and_the_inbox_is_always_told(ana: Person) -> None:
    ben = make_person()
    preferences.choose(person=ana, channels={"email": False, "teams": False}, at=AT)
    preferences.choose(person=ben, channels={"slack": False}, at=AT)

    messages.tell([news(ana), news(ben)], at=AT)

    rows = set(Delivery.objects.values_list("message__person", "channel"))
    assert rows == {(ana.pk, "slack"), (ben.pk, "email"), (ben.pk, "teams")}
    assert Message.objects.count() == 2


def test_what_was_switched_on_again_is_told_again(ana: Person) -> None:
    preferences.choose(person=ana, channels={"email": False, "slack": False, "teams": False}, at=AT)
    preferences.choose(person=ana, channels={"teams": True}, at=AT)

    messages.tell([news(ana)], at=AT)

    assert list(Delivery.objects.values_list("channel", flat=True)) == ["teams"]


@pytest.mark.parametrize("count", [1, 3, 50])
def test_tell_stays_one_statement_whatever_people_chose(
    ana: Person, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [make_person() for _ in range(count)]
    for person in people:
        preferences.choose(person=person, channels={"email": False}, at=AT)

    with django_assert_num_queries(1):
        messages.tell([news(person) for person in people], at=AT)

    assert Delivery.objects.count() == 2 * count


def test_what_was_switched_off_since_it_was_queued_is_not_sent(ana: Person, smtp: SmtpStandIn) -> None:
    delivery = told(ana, channel="email")
    preferences.choose(person=ana, channels={"email": False}, at=AT)

    stopped = tried()

    assert (stopped.status, stopped.last_error) == ("skipped", "This person has switched this channel off.")
    deliveries.retry(delivery.pk, by=ana, at=AT)
    assert (tried().status, smtp.letters) == ("skipped", [])


def test_choosing_keeps_what_changed_and_nothing_else(ana: Person) -> None:
    preferences.choose(person=ana, channels={"email": False, "slack": True, "pigeon": False}, at=AT)
    later = AT.replace(hour=12)
    preferences.choose(person=ana, channels={"email": False, "teams": False}, at=later)

    rows = ChannelPreference.objects.order_by("channel").values_list("person", "channel", "is_on", "changed_at")
    assert list(rows) == [(ana.pk, "email", False, AT), (ana.pk, "teams", False, later)]


def test_a_channel_that_is_not_set_up_is_no_choice_and_keeps_the_one_made(ana: Person, settings: Settings) -> None:
    preferences.choose(person=ana, channels={"slack": False}, at=AT)
    settings.SLACK_BOT_TOKEN = ""

    preferences.choose(person=ana, channels={"slack": True}, at=AT)

    assert queries.choices(ana) == {"email": True, "teams": True}
    assert ChannelPreference.objects.get().is_on is False


def test_choosing_costs_the_same_for_one_and_for_three(ana: Person) -> None:
    counts = []
    for chosen in ({"email": False}, {"email": True, "slack": False, "teams": False}):
        with CaptureQueriesContext(connection) as captured:
            preferences.choose(person=ana, channels=chosen, at=AT)
        counts.append(len(captured))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("channel", ["email", "pigeon"])
def test_the_database_holds_one_choice_for_a_known_channel(ana: Person, channel: str) -> None:
    preferences.choose(person=ana, channels={"email": False}, at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        ChannelPreference.objects.create(person=ana, channel=channel, is_on=True, changed_at=AT)


def test_three_channels_tell_one_person_once_each(
    ana: Person, slack: SlackStandIn, teams: TeamsStandIn, smtp: SmtpStandIn
) -> None:
    slack.know(ana.email)
    messages.tell([news(ana)], at=AT)

    assert [tried().status for _ in range(3)] == ["sent"] * 3
    assert [len(each) for each in (slack.messages, teams.messages, smtp.letters)] == [1, 1, 1]
