"""What the worker does for earning."""

import time

from celery import shared_task
from django.utils import timezone

from programs.operations import budgets, occasions, points_requests, simulations, upload_pieces, uploads

RELEASED_AT_ONCE = 1000
SWEEP_SECONDS_MAX = 60  # then the worker gets a breath for other tasks; the next sweep goes on


@shared_task  # type: ignore[untyped-decorator]
def release_parked() -> None:
    """Give parked points to those who are known by now."""
    points_requests.release_parked(at=timezone.now(), limit=RELEASED_AT_ONCE)


@shared_task  # type: ignore[untyped-decorator]
def credit_uploads() -> None:
    """Check uploads and credit the rows of confirmed ones, batch by batch, until none is due. Many may run at once."""
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while time.monotonic() < deadline and uploads.work(at=timezone.now()):
        pass


@shared_task  # type: ignore[untyped-decorator]
def drop_forgotten_files() -> None:
    """Keep no uploaded file that nobody confirmed for a week."""
    upload_pieces.drop_forgotten(at=timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def notice_low_budgets() -> None:
    """Tell who funds budgets of those that ran low."""
    budgets.notice(at=timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def mark_occasions() -> None:
    """Tell the birthdays, anniversaries and first days that began, batch by batch, until none is due."""
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while time.monotonic() < deadline and occasions.mark(at=timezone.now()):
        pass


@shared_task  # type: ignore[untyped-decorator]
def run_simulations() -> None:
    """Run simulations of rules, batch by batch, until none is due. Many may run side by side."""
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while time.monotonic() < deadline and simulations.work(at=timezone.now()):
        pass


@shared_task  # type: ignore[untyped-decorator]
def forget_simulations() -> None:
    """Drop simulations that nobody looks at any more."""
    while simulations.forget(at=timezone.now()):
        pass
