"""What the worker does about messages."""

import time

from celery import shared_task
from django.utils import timezone

from integrations.operations import received_messages

SWEEP_SECONDS_MAX = 60  # then the worker gets a breath for other tasks; the next sweep goes on


@shared_task  # type: ignore[untyped-decorator]
def fetch_details() -> None:
    """Ask again for the details that HR systems did not give, message by message, until none is due."""
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while time.monotonic() < deadline and received_messages.work(at=timezone.now()):
        pass
