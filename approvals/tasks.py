"""What the worker does about what waits."""

import time

from celery import shared_task
from django.utils import timezone

from approvals.operations import waiting

SWEEP_SECONDS_MAX = 60  # then the worker gets a breath for other tasks; the next sweep goes on


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Tell those who may decide of what is new, and let what waits too long escalate."""
    at, deadline = timezone.now(), time.monotonic() + SWEEP_SECONDS_MAX
    for work in (waiting.tell, waiting.escalate):
        while time.monotonic() < deadline and work(at=at) >= waiting.AT_ONCE:
            pass


@shared_task  # type: ignore[untyped-decorator]
def remind() -> None:
    """Remind of what waits longer than it should."""
    waiting.remind(at=timezone.now())
