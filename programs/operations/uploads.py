"""Uploads: a file is checked, somebody confirms it, others approve it where they must, the worker credits its rows.

Files are taken and checked in `upload_intake`; every row goes through the one way in, `points_requests.submit`.
"""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Min

from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.operations import approvals
from people.models import Person
from programs import queries
from programs.enums import ApprovalSubject, UploadRowStatus, UploadStatus
from programs.errors import OwnWallet, UploadClosed, UploadHasBadRows, UploadHasNoRows
from programs.models import Upload
from programs.operations import upload_approving, upload_crediting, upload_intake, upload_pieces
from programs.operations.upload_intake import lay_out, prepare, receive, uploads_waker
from wallets.operations import transactions

__all__ = [
    "approve",
    "cancel",
    "confirm",
    "credit_batch",
    "lay_out",
    "prepare",
    "receive",
    "reject",
    "retry",
    "same_file",
    "work",
]

CREDITED_AT_ONCE = 2_000  # rows in one transaction, which holds the budget
RETRY_AFTER = timedelta(seconds=15)
ATTEMPTS_MAX = 8  # with the waits between them: half an hour

log = structlog.get_logger()


def confirm(upload_id: UUID, *, by: Person | None, at: datetime, skip_bad: bool = False) -> Upload:
    """Have the good rows of a checked upload credited, once others approved it where the programme asks for that.

    1. Look at it under its lock: is anything left to credit, and nothing for whoever confirms? 2. Where the programme
    has an approval step for uploads of so many points, ask; nothing moves until then. 3. Else the worker credits it, at
    its time. A second call changes nothing.

    Args:
        upload_id: the upload.
        by: who answers for it, and so may approve neither it nor any of its rows.
        at: now.
        skip_bad: whether rows that cannot be credited may be left out.

    Raises:
        UploadHasBadRows: there are some, and they may not be left out.
        UploadHasNoRows: no row is left.
        UploadClosed: it is not checked yet, or it was cancelled.
        OwnWallet: a row gives points to whoever confirms.
    """
    with transaction.atomic():
        upload = _locked(upload_id)
        if upload.status in UploadStatus.unconfirmed() and upload.status != UploadStatus.CHECKED:
            raise UploadClosed(f"This upload is {upload.get_status_display().lower()}. Nothing can be confirmed.")
        if upload.status == UploadStatus.CANCELLED:
            raise UploadClosed("This upload was cancelled. Upload the file again.")
        if upload.status != UploadStatus.CHECKED:
            return upload
        _check_confirmable(upload, by, skip_bad=skip_bad)
        upload.confirmed_by, upload.confirmed_at, upload.samples = by, at, []
        upload_pieces.drop(upload)
        step = queries.step_for(upload.programme, ApprovalSubject.UPLOADS, points=upload.points)
        if step is not None:
            upload_approving.ask(upload, step, at=at)
            upload.status = UploadStatus.WAITING
        else:
            _start(upload, at)
        upload.save()
    return upload


def approve(upload_id: UUID, *, by: Person, note: str = "", at: datetime) -> Upload:
    """Approve an upload that waits; with the last approval that it needs, the worker credits it, at its time.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `upload_approving.decide`.
    """
    with transaction.atomic():
        upload = _waiting(upload_id)
        approval = upload_approving.decide(upload, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            _start(upload, at)
            upload.save(update_fields=["status", "next_attempt_at"])
    return upload


def reject(upload_id: UUID, *, by: Person, note: str = "", at: datetime) -> Upload:
    """Reject an upload that waits: none of its rows is credited, and whoever confirmed it is told.

    Raises:
        AlreadyDecided, MayNotDecide: see `upload_approving.decide`.
    """
    with transaction.atomic():
        upload = _waiting(upload_id)
        upload_approving.decide(upload, Verdict.REJECT, by=by, note=note, at=at)
        upload.status, upload.closed_at = UploadStatus.REJECTED, at
        upload.save(update_fields=["status", "closed_at"])
    return upload


def cancel(upload_id: UUID, *, by: Person | None, at: datetime) -> Upload:
    """Drop an upload that was not confirmed, with its rows; take back one that waits for an approval; of one that is
    being credited, drop the rows that wait for a later day.

    Raises:
        UploadClosed: its rows are being credited, or it is over.
    """
    with transaction.atomic():
        upload = _locked(upload_id)
        if upload.status in UploadStatus.before_confirmed():
            upload.rows.all().delete()
            upload_pieces.drop(upload)
            upload.status, upload.samples = UploadStatus.CANCELLED, []
        elif upload.status == UploadStatus.WAITING:
            assert upload.approval_id is not None
            approvals.withdraw(upload.approval_id, at=at)
            upload.status = UploadStatus.CANCELLED
        elif upload.status in {UploadStatus.SCHEDULED, UploadStatus.DEAD}:
            planned = upload.rows.filter(status__in=UploadRowStatus.planned())
            upload.settled_rows += planned.update(
                status=UploadRowStatus.REFUSED, detail=f"Cancelled on {at:%d %b %Y} before it was credited."
            )
            upload.status = UploadStatus.DONE
        else:
            raise UploadClosed(f"This upload is {upload.get_status_display().lower()}; nothing is left to cancel.")
        upload.closed_at, upload.next_attempt_at = at, None
        upload.save(update_fields=["status", "closed_at", "next_attempt_at", "settled_rows", "samples"])
        log.info("upload_cancelled", upload=upload.public_id, by=by.pk.hex if by else None)
    return upload


def retry(upload_id: UUID, *, at: datetime) -> Upload:
    """Go on with an upload that stopped after its last attempt.

    Raises:
        UploadClosed: it did not stop.
    """
    with transaction.atomic():
        upload = _locked(upload_id)
        if upload.status != UploadStatus.DEAD:
            raise UploadClosed("This upload has not stopped.")
        upload.status, upload.attempts, upload.next_attempt_at = UploadStatus.CREDITING, 0, at
        upload.save(update_fields=["status", "attempts", "next_attempt_at"])
        uploads_waker.on_commit()
    return upload


def credit_batch(upload_id: UUID, *, at: datetime, limit: int = CREDITED_AT_ONCE) -> Upload:
    """Credit the next rows of a confirmed upload, in one transaction: all of it, or, where it is killed, nothing.

    1. Lock the upload: batches of one upload take turns. 2. Submit the next rows that are due. 3. Keep what came of
    each, and how far it is. 4. Where no row is left, close it and tell who confirmed it; where some wait for a later
    day, come back on that day (at midnight, UTC).

    Args:
        upload_id: the upload.
        at: now.
        limit: how many rows at most.

    Returns:
        The upload as it is then; unchanged where it is not being worked on.
    """
    return transactions.run(lambda: _credit_batch(upload_id, at, limit))


def work(*, at: datetime) -> bool:
    """Check the upload that is due longest, or credit one batch of it. What a crash left behind is due again by itself.

    Returns:
        Whether there was something to do.
    """
    claimed = _claim(at)
    if claimed is None:
        return False
    try:
        if claimed.status == UploadStatus.CHECKING:
            upload_intake.check(claimed.pk, attempt=claimed.attempts, at=at)
        else:
            credit_batch(claimed.pk, at=at)
    except Exception as error:  # one upload that cannot be worked on must not stop the others
        _note_failure(claimed, type(error).__name__, at)
    return True


def same_file(upload: Upload) -> Upload | None:
    """Return the latest earlier upload of the same file that was confirmed for the same programme, if there is one."""
    earlier = Upload.objects.filter(
        programme_id=upload.programme_id, content_hash=upload.content_hash, confirmed_at__isnull=False, pk__lt=upload.pk
    )
    return earlier.select_related("confirmed_by").order_by("-pk").first()


def _check_confirmable(upload: Upload, by: Person | None, *, skip_bad: bool) -> None:
    if upload.bad_rows and not skip_bad:
        raise UploadHasBadRows(f"{upload.bad_rows} rows cannot be credited. Mend them, or leave them out.")
    if not upload.planned_rows:
        raise UploadHasNoRows("No row is left to credit: each is bad, or was credited before.")
    if number := upload_approving.own_row(upload, by):
        raise OwnWallet(f"Row {number} gives points to you. Have a colleague confirm this upload, or take the row out.")


def _start(upload: Upload, at: datetime) -> None:
    """Hand an upload to the worker, now or at its time."""
    starts_at = max(at, upload.credit_at or at)
    upload.status = UploadStatus.SCHEDULED if starts_at > at else UploadStatus.CREDITING
    upload.next_attempt_at = starts_at
    uploads_waker.on_commit()


def _locked(upload_id: UUID) -> Upload:
    """Return an upload under its row lock, with its programme and who confirmed it."""
    uploads = Upload.objects.select_for_update(of=("self",), no_key=True).select_related("programme", "confirmed_by")
    return uploads.get(pk=upload_id)


def _waiting(upload_id: UUID) -> Upload:
    """Return an upload that waits for an approval, under its row lock."""
    upload = _locked(upload_id)
    if upload.status != UploadStatus.WAITING:
        raise AlreadyDecided(f"This upload is decided: {upload.get_status_display().lower()}.")
    return upload


def _claim(at: datetime) -> Upload | None:
    """Take the upload that is due longest, its next attempt set first, so that no two workers take one at once."""
    with transaction.atomic():
        due = Upload.objects.filter(status__in=UploadStatus.worked_on(), next_attempt_at__lte=at)
        due = due.order_by("next_attempt_at", "pk").select_for_update(skip_locked=True, no_key=True)
        upload = due.first()
        if upload is None:
            return None
        upload.attempts += 1
        again_after = RETRY_AFTER * 2 ** (upload.attempts - 1)
        is_check = upload.status == UploadStatus.CHECKING  # which may read a workbook for long before it says a word
        upload.next_attempt_at = at + (max(again_after, upload_intake.TURN) if is_check else again_after)
        upload.save(update_fields=["attempts", "next_attempt_at"])
    return upload


def _note_failure(upload: Upload, error: str, at: datetime) -> None:
    """Keep what went wrong; after the last attempt stop crediting, or give up the check."""
    log.warning("upload_attempt_failed", upload=upload.pk.hex, attempts=upload.attempts, error=error)
    failed = Upload.objects.filter(pk=upload.pk, status__in=UploadStatus.worked_on())
    if upload.attempts < ATTEMPTS_MAX:
        failed.update(last_error=error)
    elif upload.status == UploadStatus.CHECKING:
        upload_intake.close_unreadable(upload, f"The check failed too often ({error}). Upload the file again.", at=at)
    else:
        failed.update(status=UploadStatus.DEAD, next_attempt_at=None, last_error=error)


def _credit_batch(upload_id: UUID, at: datetime, limit: int) -> Upload:
    upload = _locked(upload_id)
    if upload.status not in UploadStatus.credited() or at < (upload.credit_at or at):
        return upload
    done = upload_crediting.credit_next(upload, at=at, limit=limit)
    upload.settled_rows += done.settled_rows
    upload.credited_rows += done.credited_rows
    upload.credited_points += done.credited_points
    upload.attempts, upload.last_error = 0, ""
    if done.settled_rows == limit:
        upload.status, upload.next_attempt_at = UploadStatus.CREDITING, at
    else:
        _settle(upload, at)
    upload.save()
    return upload


def _settle(upload: Upload, at: datetime) -> None:
    """Close an upload without rows that are due, or have it wait for the day of the next."""
    planned = upload.rows.filter(status__in=UploadRowStatus.planned())
    next_day: date | None = planned.aggregate(day=Min("credit_on"))["day"]
    if next_day is not None:
        upload.status = UploadStatus.SCHEDULED
        upload.next_attempt_at = max(datetime.combine(next_day, time(), UTC), at)
        return
    upload.status, upload.closed_at, upload.next_attempt_at = UploadStatus.DONE, at, None
    upload_crediting.tell(upload, at=at)
