"""What the worker does for this room."""

import time
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from messaging.channels.contract import Failed
from messaging.operations import deliveries, reminders, webhook_deliveries

HANGING_SECONDS = 2.0
TURN_SECONDS = 2.0
SWEEP_SECONDS_MAX = 60  # then the worker gets a breath for other tasks; the next sweep goes on


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Send what is due, one after the other, until nothing is. Many may run side by side.

    A channel that kept us waiting for nothing is left to the next sweep: while a mail server hangs, Slack goes on.
    """
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    hanging: set[str] = set()
    while time.monotonic() < deadline and (delivery := deliveries.claim(at=timezone.now(), without=hanging)):
        began = time.monotonic()
        outcome = deliveries.send(delivery)
        deliveries.settle(delivery, outcome, at=timezone.now())
        if isinstance(outcome, Failed) and time.monotonic() - began > HANGING_SECONDS:
            hanging.add(delivery.channel)


@shared_task  # type: ignore[untyped-decorator]
def send(delivery_id: str) -> None:
    """Send this one, if it is due."""
    if delivery := deliveries.claim(at=timezone.now(), delivery_id=UUID(delivery_id)):
        deliveries.settle(delivery, deliveries.send(delivery), at=timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def remind() -> None:
    """Remind of points that are about to expire, and tell of those that did, batch by batch until none is left."""
    at, deadline = timezone.now(), time.monotonic() + SWEEP_SECONDS_MAX
    for tell in (reminders.remind, reminders.tell_expired):
        while time.monotonic() < deadline and tell(at=at) >= reminders.REMIND_LIMIT:
            pass


@shared_task  # type: ignore[untyped-decorator]
def sweep_webhooks() -> None:
    """Send client systems what is due, one event after the other, until nothing is. Many may run side by side.

    Endpoints take turns by time: one that got two seconds of a round waits while others have something due that got
    less. So a system that is slow slows down itself.
    """
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    spent: dict[UUID, float] = {}
    while time.monotonic() < deadline:
        had_turn = [endpoint for endpoint, seconds in spent.items() if seconds > TURN_SECONDS]
        delivery = webhook_deliveries.claim(at=timezone.now(), without=had_turn)
        if delivery is None and had_turn:
            spent.clear()  # a new round
            delivery = webhook_deliveries.claim(at=timezone.now())
        if delivery is None:
            return
        began = time.monotonic()
        attempt = webhook_deliveries.send(delivery, at=timezone.now())
        webhook_deliveries.settle(delivery, attempt, at=timezone.now())
        spent[delivery.endpoint_id] = spent.get(delivery.endpoint_id, 0.0) + time.monotonic() - began


@shared_task  # type: ignore[untyped-decorator]
def forget_webhooks() -> None:
    """Forget what client systems were told long ago, batch by batch until nothing is left or the time is over."""
    at, deadline = timezone.now(), time.monotonic() + SWEEP_SECONDS_MAX
    while time.monotonic() < deadline and webhook_deliveries.forget(at=at) >= webhook_deliveries.FORGET_LIMIT:
        pass
