"""What the worker does for the ledger."""

from celery import shared_task
from django.utils import timezone

from wallets.operations import holds, lots

BATCHES_MAX = 100  # in one run; the next run goes on


@shared_task  # type: ignore[untyped-decorator]
def expire_lots() -> None:
    """Give back what holds kept too long, then let points run out that are past their date, batch by batch."""
    at = timezone.now()
    for expire in (holds.expire, lots.expire):
        for _ in range(BATCHES_MAX):
            if not expire(at=at):
                break
