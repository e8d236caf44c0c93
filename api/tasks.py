"""What the worker does for the API."""

from celery import shared_task
from django.utils import timezone

from api.operations import housekeeping

BATCHES_MAX = 20  # in one run; the next run goes on


@shared_task  # type: ignore[untyped-decorator]
def forget() -> None:
    """Forget old answers, expired tokens, quotas that are full and old calls, batch by batch."""
    at = timezone.now()
    for forget_some in (
        housekeeping.forget_answers,
        housekeeping.forget_tokens,
        housekeeping.forget_quotas,
        housekeeping.forget_calls,
    ):
        for _ in range(BATCHES_MAX):
            if not forget_some(at=at):
                break
