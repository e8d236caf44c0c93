"""What the worker does for spending."""

import time

from celery import shared_task
from django.utils import timezone

from redemptions.operations import orders, travel_credits

SWEEP_SECONDS_MAX = 60  # then the worker gets a breath for other tasks; the next sweep goes on


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Fulfil the orders that are due, until none is. Many may run side by side."""
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while orders.sweep(at=timezone.now()) and time.monotonic() < deadline:
        pass


@shared_task  # type: ignore[untyped-decorator]
def expire_authorisations() -> None:
    """Free what bookings held too long, until none is due."""
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while travel_credits.expire(at=timezone.now()) and time.monotonic() < deadline:
        pass
