"""What the worker does for earning."""

from celery import shared_task
from django.utils import timezone

from programs.operations import points_requests

RELEASED_AT_ONCE = 1000


@shared_task  # type: ignore[untyped-decorator]
def release_parked() -> None:
    """Give parked points to those who are known by now."""
    points_requests.release_parked(at=timezone.now(), limit=RELEASED_AT_ONCE)
