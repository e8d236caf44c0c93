"""Sending events to client systems: at least once under one id, or visible as dead."""

import socket
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from api import outbound
from api.errors import NotFound
from api.tests.factories import make_client
from messaging import tasks
from messaging.errors import DeliveryNotStopped, WebhookEndpointDisabled
from messaging.models import Message, WebhookDelivery, WebhookEndpoint, WebhookEvent
from messaging.operations import webhook_deliveries, webhook_endpoints
from messaging.tests.factories import AT, happened, make_endpoint, push, pushed
from people.tests.factories import make_person
from tests.standins.receiver import Hang, Receiver, Reset, Status, verified

pytestmark = pytest.mark.django_db
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def secret(system: Receiver) -> str:
    """Let the system listen, and return its secret."""
    return make_endpoint(system.url)[1]


@pytest.fixture
def delivery(secret: str) -> WebhookDelivery:
    return happened()


def the_endpoint() -> WebhookEndpoint:
    return WebhookEndpoint.objects.get()


def test_an_event_arrives_once_signed_and_is_marked_delivered(
    system: Receiver, secret: str, delivery: WebhookDelivery
) -> None:
    with time_machine.travel(AT, tick=False):
        done = pushed(AT)
        [request] = system.requests
        assert verified(request, secret)
        assert not verified(request, "whsec_" + "A" * 43 + "=")
    assert request.headers["webhook-id"] == f"we_{delivery.event_id.hex}"
    assert request.headers["webhook-timestamp"] == str(int(AT.timestamp()))
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == {"type": "budget.low", "timestamp": "2026-11-23T09:30:00Z", "data": {"left": 1}}
    assert (done.status, done.attempts, done.delivered_at, done.response_status) == ("delivered", 1, AT, 204)
    assert push(AT + 4 * DAY) is None


@pytest.mark.parametrize(
    ("behaviour", "status", "error"),
    [
        (Status(500, "a stack trace"), 500, "It answered 500."),
        (Status(400), 400, "It answered 400."),
        (Status(404, "<html>"), 404, "It answered 404."),
        (Status(302, headers={"Location": "http://127.0.0.1:1/"}), 302, "It answered 302."),
        (Status(503), 503, "It answered 503."),
        (Reset(), None, "the connection to 127.0.0.1 broke."),
        (Reset(after_posting=True), None, "the connection to 127.0.0.1 broke."),
        (Hang(), None, "127.0.0.1 did not answer in 0 s."),
    ],
)
def test_a_failed_attempt_is_made_again_under_the_same_id(
    system: Receiver,
    delivery: WebhookDelivery,
    behaviour: Any,
    status: int | None,
    error: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system.next(behaviour)
    with monkeypatch.context() as patience:
        if behaviour == Hang():
            patience.setattr(outbound, "READ_SECONDS", 0.3)
        failed = pushed()
    assert (failed.status, failed.attempts, failed.response_status, failed.last_error) == ("pending", 1, status, error)
    assert failed.response_excerpt == getattr(behaviour, "body", "")
    assert AT + 5 * SECOND <= failed.next_attempt_at <= AT + 5.5 * SECOND
    assert push(AT + 4 * SECOND) is None

    again = pushed(AT + 6 * SECOND)
    assert (again.status, again.attempts, again.last_error) == ("delivered", 2, "")
    assert system.ids == [f"we_{delivery.event_id.hex}"] * 2
    first, second = system.requests
    assert first.raw == second.raw
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert the_endpoint().failing_since is None


def test_the_waits_are_those_of_the_standard(system: Receiver, delivery: WebhookDelivery) -> None:
    system.next(*[Status(500)] * 9, Status(201))
    at, waits = AT, []
    for _ in range(9):
        failed = pushed(at)
        waits.append(failed.next_attempt_at - at)
        at = failed.next_attempt_at
        WebhookEndpoint.objects.update(failing_since=None, resting_until=None)  # of one event alone, not of the system
    hours = [wait / HOUR for wait in waits]
    plain = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    assert all(least <= each <= least * 1.1 for least, each in zip(plain, hours, strict=True))
    assert at - AT > 3 * DAY
    assert pushed(at).status == "delivered"


def test_after_the_last_attempt_it_is_dead_and_can_be_sent_again(system: Receiver, delivery: WebhookDelivery) -> None:
    WebhookDelivery.objects.update(attempts=9)
    system.next(Status(500, "no"))
    dead = pushed()
    assert (dead.status, dead.attempts, dead.response_status, dead.response_excerpt) == ("dead", 10, 500, "no")
    assert push(AT + 9 * DAY) is None

    retried = webhook_deliveries.retry(dead.pk, at=AT + HOUR)
    assert (retried.status, retried.attempts) == ("pending", 0)
    assert pushed(AT + HOUR).status == "delivered"
    assert len(set(system.ids)) == 1


def test_what_waits_for_its_next_attempt_can_be_sent_now(system: Receiver, delivery: WebhookDelivery) -> None:
    system.next(Status(500))
    pushed()
    webhook_deliveries.retry(delivery.pk, at=AT + SECOND)
    assert pushed(AT + SECOND).attempts == 2


def test_what_was_delivered_is_not_sent_again(delivery: WebhookDelivery) -> None:
    pushed()
    with pytest.raises(DeliveryNotStopped):
        webhook_deliveries.retry(delivery.pk, at=AT)


def test_nothing_is_sent_again_to_a_disabled_endpoint_nor_by_another_client(delivery: WebhookDelivery) -> None:
    with pytest.raises(NotFound):
        webhook_deliveries.retry(delivery.pk, client=make_client(), at=AT)
    webhook_endpoints.disable(delivery.endpoint_id, at=AT)
    with pytest.raises(WebhookEndpointDisabled):
        webhook_deliveries.retry(delivery.pk, at=AT)


def test_410_disables_the_endpoint_and_its_keepers_are_told(system: Receiver, delivery: WebhookDelivery) -> None:
    keeper = make_person(is_staff=True, is_superuser=False)
    keeper.user_permissions.add(permission("change_webhookendpoint"))
    make_person(is_staff=True)
    other = happened()
    system.next(Status(410))
    gone = pushed()
    other.refresh_from_db()
    endpoint = the_endpoint()
    assert (gone.status, other.status, endpoint.status, endpoint.disabled_because) == (
        "dead", "dead", "disabled", "gone",
    )  # fmt: skip
    [message] = Message.objects.filter(kind="webhook_endpoint_disabled")
    assert (message.person, "2 events wait" in message.body) == (keeper, True)
    assert (push(AT + DAY), len(system.requests)) == (None, 1)

    webhook_endpoints.enable(endpoint.pk)
    webhook_deliveries.retry(gone.pk, at=AT + DAY)
    assert pushed(AT + DAY).status == "delivered"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_lets_the_endpoint_rest_and_does_not_count(
    system: Receiver, delivery: WebhookDelivery, status: int
) -> None:
    second = happened()
    system.next(Status(status, headers={"Retry-After": "120"}))
    paused = pushed()
    assert (paused.status, paused.attempts, paused.next_attempt_at) == ("pending", 0, AT + 120 * SECOND)
    assert push(AT + 119 * SECOND) is None  # the second one neither
    assert {pushed(AT + 120 * SECOND).pk, pushed(AT + 120 * SECOND).pk} == {paused.pk, second.pk}


def test_an_endpoint_that_asks_for_peace_for_days_is_failing(system: Receiver, delivery: WebhookDelivery) -> None:
    system.next(*[Status(429)] * 2)
    pushed()
    late = pushed(AT + 3 * DAY)
    assert (late.status, the_endpoint().disabled_because) == ("dead", "failing")


def test_an_endpoint_that_takes_nothing_for_three_days_is_disabled(system: Receiver, delivery: WebhookDelivery) -> None:
    system.next(*[Status(500)] * 2)
    pushed()
    WebhookDelivery.objects.update(next_attempt_at=AT)
    assert push(AT + 3 * DAY - SECOND) is not None
    assert the_endpoint().status == "enabled"
    happened(AT + 3 * DAY)
    WebhookEndpoint.objects.update(resting_until=None)
    system.next(Status(500))
    dead = pushed(AT + 3 * DAY)
    assert (dead.status, the_endpoint().disabled_because) == ("dead", "failing")
    assert not WebhookDelivery.objects.exclude(status="dead").exists()


def test_a_failing_endpoint_rests_longer_and_longer_but_ten_minutes_at_most(
    system: Receiver, delivery: WebhookDelivery
) -> None:
    rests = []
    for after in (timedelta(), 60 * SECOND, 2 * HOUR):
        happened()
        WebhookEndpoint.objects.update(resting_until=None)
        system.next(Status(500))
        pushed(AT + after)
        rests.append((the_endpoint().resting_until or AT) - (AT + after))
    assert rests == [timedelta(), 15 * SECOND, 600 * SECOND]


def test_a_failing_endpoint_is_tried_by_one_worker_at_a_time(system: Receiver, delivery: WebhookDelivery) -> None:
    happened()
    WebhookEndpoint.objects.update(failing_since=AT)
    assert webhook_deliveries.claim(at=AT) is not None
    assert webhook_deliveries.claim(at=AT) is None
    WebhookEndpoint.objects.update(failing_since=None)
    assert webhook_deliveries.claim(at=AT) is not None


def test_a_worker_that_died_between_sending_and_marking_sends_it_again_under_the_same_id(
    system: Receiver, delivery: WebhookDelivery
) -> None:
    claimed = webhook_deliveries.claim(at=AT)
    assert claimed is not None
    webhook_deliveries.send(claimed, at=AT)  # and then the process is gone
    assert push(AT + webhook_deliveries.LEASE - SECOND) is None
    assert pushed(AT + webhook_deliveries.LEASE).status == "delivered"
    assert system.ids == [f"we_{delivery.event_id.hex}"] * 2
    assert system.requests[0].raw == system.requests[1].raw


def test_a_slow_worker_does_not_undo_what_another_settled(system: Receiver, delivery: WebhookDelivery) -> None:
    slow = webhook_deliveries.claim(at=AT)
    assert slow is not None
    pushed(AT + webhook_deliveries.LEASE)
    webhook_deliveries.settle(slow, webhook_deliveries.Attempt(error="It answered 500."), at=AT + HOUR)
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_an_endpoint_disabled_while_something_is_sent_gets_no_more(system: Receiver, delivery: WebhookDelivery) -> None:
    claimed = webhook_deliveries.claim(at=AT)
    assert claimed is not None
    webhook_endpoints.disable(delivery.endpoint_id, at=AT)
    webhook_deliveries.settle(claimed, webhook_deliveries.Attempt(error="It answered 500."), at=AT)
    delivery.refresh_from_db()
    assert delivery.status == "dead"


def test_a_name_that_leads_inside_is_never_called(
    system: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = False
    port = system.url.rpartition(":")[2].partition("/")[0]
    make_endpoint(f"https://hr.acme.example:{port}/hooks")
    happened()
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port)))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: inside)
    failed = pushed()
    assert (failed.status, failed.response_status, system.requests) == ("pending", None, [])
    assert failed.last_error.startswith("hr.acme.example is not a public address")


def test_an_answer_is_kept_by_its_beginning_alone(system: Receiver, delivery: WebhookDelivery) -> None:
    system.next(Status(500, "ä\0" * 1000))
    assert pushed().response_excerpt == "ä\N{REPLACEMENT CHARACTER}" * 250


def test_a_secret_that_cannot_be_read_is_a_visible_failure(system: Receiver, delivery: WebhookDelivery) -> None:
    WebhookEndpoint.objects.update(secret=b"gone:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
    failed = pushed()
    assert (failed.status, failed.last_error.startswith("The secret cannot be read")) == ("pending", True)
    assert system.requests == []


def test_nothing_is_sent_for_a_client_that_is_not_let_in(system: Receiver, delivery: WebhookDelivery) -> None:
    client = the_endpoint().client
    client.disabled_at = AT
    client.save()
    assert push(AT + DAY) is None


def test_one_that_waits_for_a_dead_endpoint_costs_the_others_nothing(
    system: Receiver, delivery: WebhookDelivery
) -> None:
    dead, _ = make_endpoint("http://127.0.0.1:1/hooks")
    WebhookEndpoint.objects.filter(pk=dead.pk).update(resting_until=AT + DAY)
    happened()
    assert {pushed().endpoint_id, pushed().endpoint_id} == {delivery.endpoint_id}
    assert push() is None


def test_endpoints_take_turns_by_time(system: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    make_endpoint(system.url + "?slow")
    make_endpoint(system.url + "?quick")
    for _ in range(3):
        happened(timezone.now() - HOUR)
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0.0)
    tasks.sweep_webhooks()
    assert sorted(request.query for request in system.requests[:2]) == ["quick", "slow"]
    assert sorted(request.query for request in system.requests[2:4]) == ["quick", "slow"]
    assert len(system.requests) == 6


def test_the_broker_may_lose_everything(system: Receiver, secret: str) -> None:
    happened(timezone.now())  # and no wake-up ever comes
    tasks.sweep_webhooks()
    assert WebhookDelivery.objects.get().status == "delivered"


def test_claiming_sending_and_settling_cost_the_same_however_much_waits(system: Receiver, secret: str) -> None:
    counts = []
    for more in (1, 3):
        for _ in range(more):
            happened()
        with CaptureQueriesContext(connection) as asked:
            pushed()
        counts.append(len(asked))
    assert counts == [4, 4]  # claim, read, mark, and the test's own look


def test_what_is_old_is_forgotten_with_its_deliveries(system: Receiver, delivery: WebhookDelivery) -> None:
    assert webhook_deliveries.forget(at=timezone.now() + 29 * DAY) == 0
    assert webhook_deliveries.forget(at=timezone.now() + 31 * DAY) == 1
    assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def permission(codename: str) -> Any:
    return Permission.objects.get(codename=codename)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_two_workers_send_one_delivery_once(
    system: Receiver, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    """Without the claim's guard the same race sends twice: so it is the guard that holds."""
    make_endpoint(system.url)
    happened()
    if not is_guarded:
        unguarded = (
            webhook_deliveries.CLAIM.replace("FOR NO KEY UPDATE SKIP LOCKED", "")
            .replace("status = 'sending', attempts", "status = 'pending', attempts")
            .replace("next_attempt_at = %(leased_until)s", "next_attempt_at = %(at)s + 0 * (%(leased_until)s - %(at)s)")
        )
        monkeypatch.setattr(webhook_deliveries, "CLAIM", unguarded)
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        try:
            for _ in range(3):
                claimed = webhook_deliveries.claim(at=AT)
                if claimed:
                    webhook_deliveries.send(claimed, at=AT)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(system.requests) == 1) is is_guarded
