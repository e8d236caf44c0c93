"""What the worker does for spending."""

from celery import shared_task
from django.utils import timezone

from redemptions.operations import orders


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Fulfil the orders that are due."""
    orders.sweep(at=timezone.now())
