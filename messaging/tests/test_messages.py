"""Telling people something."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from messaging.models import Delivery, Message
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from people.models import Person
from people.tests.factories import make_person

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Person:
    return make_person(name="Ana Ribeiro")


@pytest.fixture
def slack(settings: Settings) -> None:
    settings.SLACK_BOT_TOKEN = "xoxb-test"


def credited(person: Person, reference: str = "pr:1", **fields: object) -> NewMessage:
    return NewMessage(
        person_id=person.pk, kind="points_credited", title="You earned 500 points", reference=reference, **fields
    )


def test_tell_writes_the_inbox_row(ana: Person) -> None:
    messages.tell([credited(ana, body="Q3 rating 5", path="/statement")], at=AT)

    row = Message.objects.values("person", "kind", "title", "body", "path", "reference", "created_at", "read_at").get()
    assert row == {
        "person": ana.pk, "kind": "points_credited", "title": "You earned 500 points", "body": "Q3 rating 5",
        "path": "/statement", "reference": "pr:1", "created_at": AT, "read_at": None,
    }  # fmt: skip


@pytest.mark.usefixtures("slack")
def test_tell_queues_one_delivery_for_each_channel_that_is_set_up(ana: Person) -> None:
    messages.tell([credited(ana, channels=["inbox", "slack", "teams", "pigeon", "slack"])], at=AT)

    rows = Delivery.objects.values_list("message__reference", "channel", "status", "attempts", "next_attempt_at")
    assert list(rows) == [("pr:1", "slack", "pending", 0, AT)]


def test_tell_queues_nothing_for_a_channel_that_is_not_set_up(ana: Person, settings: Settings) -> None:
    settings.SLACK_BOT_TOKEN = ""
    messages.tell([credited(ana, channels=["slack"])], at=AT)

    assert (Message.objects.count(), Delivery.objects.count()) == (1, 0)


@pytest.mark.usefixtures("slack")
def test_tell_again_does_nothing(ana: Person) -> None:
    messages.tell([credited(ana, channels=["slack"])], at=AT)
    messages.tell([credited(ana, channels=["slack"], body="other words"), credited(ana, channels=["slack"])], at=AT)

    assert (Message.objects.count(), Delivery.objects.count()) == (1, 1)


@pytest.mark.usefixtures("slack")
def test_tell_the_same_twice_in_one_list_is_one_message(ana: Person) -> None:
    messages.tell([credited(ana, channels=["slack"]), credited(ana, channels=["slack"])], at=AT)

    assert (Message.objects.count(), Delivery.objects.count()) == (1, 1)


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize("count", [1, 3, 50])
def test_tell_is_one_statement(ana: Person, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        messages.tell([credited(ana, f"pr:{number}", channels=["slack"]) for number in range(count)], at=AT)

    assert Delivery.objects.count() == count


def test_tell_nobody_is_no_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        messages.tell([], at=AT)


def test_tell_cuts_what_is_too_long_rather_than_fail_the_credit(ana: Person) -> None:
    messages.tell([NewMessage(ana.pk, "note", "t" * 500, "pr:2", body="ü" * 5000)], at=AT)

    told = Message.objects.get()
    assert (told.title, told.body) == ("t" * 200, "ü" * 1000)


@pytest.mark.usefixtures("slack")
def test_tell_wakes_the_worker_once_in_a_transaction(
    ana: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        messages.tell([credited(ana, channels=["slack"])], at=AT)
        messages.tell([credited(ana, "pr:2", channels=["slack"])], at=AT)

    assert callbacks == [messages.deliveries_waker.wake]


@pytest.mark.usefixtures("slack")
def test_tell_wakes_the_worker_when_an_earlier_telling_was_rolled_back(
    ana: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        with transaction.atomic():
            messages.tell([credited(ana, channels=["slack"])], at=AT)
            transaction.set_rollback(True)
        messages.tell([credited(ana, "pr:2", channels=["slack"])], at=AT)

    assert callbacks == [messages.deliveries_waker.wake]


def test_tell_wakes_nobody_for_the_inbox_alone(
    ana: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        messages.tell([credited(ana)], at=AT)

    assert callbacks == []
