"""What the worker does for the ledger."""

from celery import shared_task
from django.utils import timezone

from wallets.operations import holds, leavers, lots, seals

BATCHES_MAX = 100  # in one run; the next run goes on


@shared_task  # type: ignore[untyped-decorator]
def expire_lots() -> None:
    """Give back what holds kept too long, then let points run out that are past their date, batch by batch."""
    at = timezone.now()
    for expire in (holds.expire, lots.expire):
        for _ in range(BATCHES_MAX):
            if not expire(at=at):
                break


@shared_task  # type: ignore[untyped-decorator]
def seal_transfers() -> None:
    """Seal the transfers that are final, then copy the newest seal to where SEAL_TARGET says."""
    seals.seal(at=timezone.now())
    seals.copy(at=timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def settle_leavers() -> None:
    """Forfeit or pay out what people have who left long enough ago, as the policy says, batch by batch."""
    at, after = timezone.now(), leavers.settle(at=timezone.now())
    for _ in range(BATCHES_MAX):
        if after is None:
            break
        after = leavers.settle(at=at, after=after)
