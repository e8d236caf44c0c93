"""Sending what waits: once, or visible as dead."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from api import outbound
from messaging import tasks
from messaging.enums import DeliveryStatus
from messaging.errors import DeliveryNotFound, DeliveryNotStopped
from messaging.models import Address, Delivery, Pause
from messaging.operations import deliveries
from messaging.tests.factories import AT, attempt, told
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from tests.standins.slack import Error, Hang, RateLimited, Reset, SlackStandIn, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(slack: SlackStandIn) -> Person:
    slack.know("ana@acme.example")
    return make_person(name="Ana Ribeiro", email="ana@acme.example")


@pytest.fixture
def delivery(ana: Person) -> Delivery:
    return told(ana)


def test_sending_arrives_once_and_is_marked_sent(slack: SlackStandIn, delivery: Delivery) -> None:
    assert attempt(AT) == delivery
    assert attempt(AT + timedelta(days=1)) is None

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.sent_at, delivery.last_error) == ("sent", 1, AT, "")
    assert delivery.provider_reference == "D07TEST0001:1795382046.000001"
    assert [message["channel"] for message in slack.messages] == ["U07TEST0001"]


def test_claim_counts_the_attempt_before_it_is_made_and_leases_it(delivery: Delivery) -> None:
    claimed = deliveries.claim(at=AT)

    delivery.refresh_from_db()
    assert claimed == delivery
    assert (delivery.status, delivery.attempts, delivery.next_attempt_at) == ("sending", 1, AT + deliveries.LEASE)
    assert deliveries.claim(at=AT + deliveries.LEASE - timedelta(seconds=1)) is None


def test_claim_takes_over_from_a_worker_that_died(slack: SlackStandIn, delivery: Delivery) -> None:
    deliveries.claim(at=AT)  # and then the process is gone

    taken = attempt(AT + deliveries.LEASE)

    assert taken is not None
    assert (taken.status, taken.attempts, len(slack.messages)) == ("sent", 2, 1)


def test_claim_takes_only_the_one_it_is_asked_for(ana: Person) -> None:
    told(ana, "pr:1")
    second = told(ana, "pr:2")

    assert deliveries.claim(at=AT, delivery_id=second.pk) == second
    assert deliveries.claim(at=AT, delivery_id=second.pk) is None


def test_claim_takes_the_one_due_longest_first_and_none_before_its_time(ana: Person) -> None:
    told(ana, "pr:1", at=AT + timedelta(seconds=1))
    earlier = told(ana, "pr:2", at=AT)

    assert [deliveries.claim(at=AT), deliveries.claim(at=AT)] == [earlier, None]


def test_claim_leaves_a_channel_alone_that_is_not_set_up_any_more(delivery: Delivery, settings: Settings) -> None:
    settings.SLACK_BOT_TOKEN = ""

    assert deliveries.claim(at=AT) is None


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Status(500), "Slack: http_500."),
        (Status(503, "<html>"), "Slack: http_503."),
        (Status(302, headers={"Location": "http://127.0.0.1:1/"}), "Slack: http_302."),
        (Status(200, "not json"), "Slack: http_200."),
        (Status(200, "[]"), "Slack: http_200."),
        (Error("internal_error"), "Slack: internal_error."),
        (Error("invalid_auth"), "Slack: invalid_auth."),
        (Reset(), "Slack: the connection to 127.0.0.1 broke."),
        (Hang(), "Slack: 127.0.0.1 did not answer in 0 s."),
    ],
)
def test_a_failed_attempt_waits_and_then_arrives(
    slack: SlackStandIn, delivery: Delivery, behaviour: object, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.next(behaviour)

    with monkeypatch.context() as patience:
        if behaviour == Hang():
            patience.setattr(outbound, "READ_SECONDS", 0.3)
        failed = attempt(AT)

    assert failed is not None
    assert (failed.status, failed.attempts, failed.last_error) == ("pending", 1, reason)
    assert AT + timedelta(seconds=2.5) <= failed.next_attempt_at <= AT + timedelta(seconds=5)
    assert attempt(AT + timedelta(seconds=2)) is None
    sent = attempt(AT + timedelta(seconds=5))
    assert sent is not None
    assert (sent.status, sent.last_error, len(slack.messages)) == ("sent", "", 1)


def test_a_connection_that_breaks_after_posting_is_tried_again_under_the_same_key(
    slack: SlackStandIn, delivery: Delivery
) -> None:
    slack.next(Reset(after_posting=True))

    attempt(AT)
    attempt(AT + timedelta(seconds=5))

    assert [message["client_msg_id"] for message in slack.messages] == [str(delivery.pk)] * 2


def test_nobody_listening_is_a_failed_attempt(delivery: Delivery, settings: Settings) -> None:
    settings.SLACK_API_URL = "http://127.0.0.1:1/api"

    failed = attempt(AT)

    assert failed is not None
    assert (failed.status, failed.last_error) == ("pending", "Slack: 127.0.0.1 could not be reached.")


def test_an_address_that_may_not_be_called_is_a_failed_attempt(delivery: Delivery, settings: Settings) -> None:
    settings.DEBUG = False

    failed = attempt(AT)

    assert failed is not None
    assert failed.last_error.startswith("Slack: 127.0.0.1 is not a public address")


def test_the_last_failed_attempt_leaves_it_dead_and_visible(slack: SlackStandIn, delivery: Delivery) -> None:
    slack.next(*[Status(500)] * deliveries.ATTEMPTS_MAX)
    at = AT
    while (tried := attempt(at)) is not None:
        at = tried.next_attempt_at

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("dead", 12, "Slack: http_500.")
    assert timedelta(hours=2) < at - AT < timedelta(hours=10)
    assert slack.messages == []


def test_a_worker_that_dies_in_every_attempt_leaves_it_dead(slack: SlackStandIn, delivery: Delivery) -> None:
    at = AT
    for _ in range(deliveries.ATTEMPTS_MAX):
        assert deliveries.claim(at=at) is not None
        at += deliveries.LEASE

    last = attempt(at)

    assert last is not None
    assert (last.status, last.last_error, slack.requests) == (
        "dead", "The worker stopped in the middle of each attempt.", [],
    )  # fmt: skip


def test_rate_limited_rests_the_channel_and_does_not_count(slack: SlackStandIn, ana: Person) -> None:
    slack.next(RateLimited(30))
    first, second = told(ana, "pr:1"), told(ana, "pr:2")

    limited = attempt(AT)

    assert limited == first
    assert limited is not None
    assert (limited.status, limited.attempts, limited.last_error) == ("pending", 0, "Slack: ratelimited for 30 s.")
    assert Pause.objects.get() == Pause(channel="slack")
    assert attempt(AT + timedelta(seconds=29)) is None
    assert [attempt(AT + timedelta(seconds=30)), attempt(AT + timedelta(seconds=30))] == [second, first]
    assert len(slack.messages) == 2


def test_a_lookup_that_is_rate_limited_rests_the_channel_too(slack: SlackStandIn, delivery: Delivery) -> None:
    slack.next(RateLimited(7), method="users.lookupByEmail")

    attempt(AT)

    assert Pause.objects.values_list("channel", "until").get() == ("slack", AT + timedelta(seconds=7))


def test_somebody_slack_does_not_know_is_skipped_with_the_reason(slack: SlackStandIn) -> None:
    delivery = told(make_person(email="nobody@acme.example"))

    attempt(AT)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == (
        "skipped", "Slack knows nobody with this person's e-mail address.",
    )  # fmt: skip
    assert slack.calls("chat.postMessage") == []


def test_somebody_slack_has_deactivated_is_skipped(slack: SlackStandIn, delivery: Delivery) -> None:
    slack.deleted.add("ana@acme.example")

    attempt(AT)

    delivery.refresh_from_db()
    assert delivery.status == "skipped"


def test_somebody_who_left_is_skipped_without_a_call(slack: SlackStandIn, ana: Person) -> None:
    delivery = told(ana)
    Person.objects.filter(pk=ana.pk).update(status=PersonStatus.LEFT)

    attempt(AT)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error, slack.requests) == ("skipped", "This person is not active.", [])


def test_the_address_is_looked_up_once_and_again_when_the_e_mail_address_changes(
    slack: SlackStandIn, ana: Person
) -> None:
    told(ana, "pr:1"), told(ana, "pr:2")
    attempt(AT), attempt(AT)
    assert [call.body for call in slack.calls("users.lookupByEmail")] == [{"email": "ana@acme.example"}]

    slack.know("ana.ribeiro@acme.example")
    Person.objects.filter(pk=ana.pk).update(email="ana.ribeiro@acme.example")
    told(ana, "pr:3")
    attempt(AT)

    assert [message["channel"] for message in slack.messages] == ["U07TEST0001", "U07TEST0001", "U07TEST0002"]


def test_an_address_that_is_gone_is_looked_up_anew(slack: SlackStandIn, ana: Person) -> None:
    told(ana, "pr:1")
    attempt(AT)
    slack.users["ana@acme.example"] = "U07MOVED"
    told(ana, "pr:2")

    attempt(AT)
    attempt(AT + timedelta(seconds=5))

    assert [message["channel"] for message in slack.messages] == ["U07TEST0001", "U07MOVED"]


def test_a_late_answer_does_not_undo_what_another_worker_did(slack: SlackStandIn, delivery: Delivery) -> None:
    slow = deliveries.claim(at=AT)
    attempt(AT + deliveries.LEASE)
    assert slow is not None

    deliveries.settle(slow, deliveries.Failed("late"), at=AT + deliveries.LEASE)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("sent", 2)


def test_retry_sends_a_dead_one_again(slack: SlackStandIn, delivery: Delivery, ana: Person) -> None:
    Delivery.objects.update(status=DeliveryStatus.DEAD, attempts=12)
    Address.objects.create(person=ana, channel="slack", value="U07OLD", found_by="x", looked_up_at=AT)

    deliveries.retry(delivery.pk, by=ana, at=AT)
    attempt(AT)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, len(slack.messages)) == ("sent", 1, 1)


@pytest.mark.parametrize("status", ["pending", "sending"])
def test_retry_refuses_one_that_has_not_stopped(delivery: Delivery, ana: Person, status: str) -> None:
    Delivery.objects.update(status=status)

    with pytest.raises(DeliveryNotStopped):
        deliveries.retry(delivery.pk, by=ana, at=AT)


def test_retry_refuses_one_that_does_not_exist(ana: Person) -> None:
    with pytest.raises(DeliveryNotFound):
        deliveries.retry(ana.pk, by=ana, at=AT)


def test_the_sweep_sends_all_that_is_due(slack: SlackStandIn, ana: Person) -> None:
    for number in range(3):
        told(ana, f"pr:{number}")

    tasks.sweep()

    assert len(slack.messages) == 3


def test_the_task_for_one_sends_it_and_a_second_call_does_nothing(
    slack: SlackStandIn, ana: Person, delivery: Delivery
) -> None:
    told(ana, "pr:other")

    tasks.send(str(delivery.pk))
    tasks.send(str(delivery.pk))

    assert [message["client_msg_id"] for message in slack.messages] == [str(delivery.pk)]


@pytest.fixture
def closing_threads() -> Iterator[list[threading.Thread]]:
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join(20)


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_delivery_once(
    slack: SlackStandIn, ana: Person, closing_threads: list[threading.Thread]
) -> None:
    for number in range(40):
        told(ana, f"pr:{number}")

    def work() -> None:
        tasks.sweep()
        connection.close()

    closing_threads += [threading.Thread(target=work) for _ in range(8)]
    for thread in closing_threads:
        thread.start()
    for thread in closing_threads:
        thread.join(20)

    keys = [message["client_msg_id"] for message in slack.messages]
    assert (len(keys), len(set(keys))) == (40, 40)
    assert set(Delivery.objects.values_list("status", "attempts")) == {("sent", 1)}
