"""What the worker does for this room."""

import time
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from messaging.operations import deliveries

SWEEP_SECONDS_MAX = 60  # then the worker gets a breath for other tasks; the next sweep goes on


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Send what is due, one after the other, until nothing is. Many may run side by side."""
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while time.monotonic() < deadline and (delivery := deliveries.claim(at=timezone.now())):
        deliveries.settle(delivery, deliveries.send(delivery), at=timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def send(delivery_id: str) -> None:
    """Send this one, if it is due."""
    if delivery := deliveries.claim(at=timezone.now(), delivery_id=UUID(delivery_id)):
        deliveries.settle(delivery, deliveries.send(delivery), at=timezone.now())
