"""What the worker does for this room."""

import time
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from messaging.channels.contract import Failed
from messaging.operations import deliveries, reminders

HANGING_SECONDS = 2.0
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
