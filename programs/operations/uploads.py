"""Uploads: a file is checked, somebody confirms it, the worker credits its rows in batches through the one way in."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import IO
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Min

from messaging.waking import Waker
from people.models import Person
from programs import queries, upload_files
from programs.enums import UploadRowStatus, UploadStatus
from programs.errors import UnreadableUpload, UploadClosed, UploadHasBadRows, UploadHasNoRows
from programs.models import Programme, Upload
from programs.operations import upload_crediting
from programs.upload_checking import CheckedLine, Checker
from programs.upload_files import Line
from wallets.models import Account
from wallets.operations import transactions

CHECKED_AT_ONCE = 2_000  # rows
CREDITED_AT_ONCE = 2_000  # rows in one transaction, which holds the budget
RETRY_AFTER = timedelta(seconds=15)
ATTEMPTS_MAX = 8  # with the waits between them: half an hour
FILE_NAME_CHARACTERS = 200

log = structlog.get_logger()
uploads_waker = Waker("programs.tasks.credit_uploads")

KEEP = """
COPY programs_uploadrow (upload_id, number, recipient, written_points, points, reason, external_id, credit_on,
    request_key, status, detail) FROM STDIN
"""


def prepare(*, file: IO[bytes], name: str, programme: Programme, by: Person | None, at: datetime) -> Upload:
    """Check a file of points for many people. No point moves, and the file itself is not kept.

    1. Read it row by row (CSV or XLSX; see `upload_files`). 2. Check each row: who, how many, why, limits, the budget,
    the same row before it or in an earlier upload. 3. Keep the rows with what would come of each, and the totals.

    One transaction; memory stays flat, and the number of statements grows by the thousand rows.

    Args:
        file: can be sought; stays open.
        name: as whoever uploaded it calls it.
        programme: from whose budget the points come.
        by: who uploads it; None for a system.
        at: now.

    Raises:
        UnreadableUpload: the file as a whole cannot be taken.
    """
    content_hash = upload_files.content_hash(file)
    batches = _batches(upload_files.read(file))
    first = next(batches, None)  # a workbook is read whole by now: no transaction waits for it
    if first is None:
        raise UnreadableUpload("The file has no rows beneath its header.")
    with transaction.atomic():
        upload = Upload.objects.create(
            programme=programme,
            file_name=name[-FILE_NAME_CHARACTERS:],
            content_hash=content_hash,
            uploaded_by=by,
            uploaded_at=at,
            budget_points=Account.objects.values_list("points", flat=True).get(pk=programme.budget_id),
        )
        terms = queries.terms([programme.slug])[programme.slug]
        checker = Checker(terms, budget_points=upload.budget_points, at=at)
        for lines in chain([first], batches):
            _keep(upload, checker.check(lines))
        _sum_up(upload, checker)
    return upload


def confirm(upload_id: UUID, *, by: Person | None, at: datetime, skip_bad: bool = False) -> Upload:
    """Have the good rows of a checked upload credited. The worker does it; a second call changes nothing.

    Args:
        upload_id: the upload.
        by: who answers for it, and so may approve none of its rows.
        at: now.
        skip_bad: whether rows that cannot be credited may be left out.

    Raises:
        UploadHasBadRows: there are some, and they may not be left out.
        UploadHasNoRows: no row is left.
        UploadClosed: it was cancelled.
    """
    with transaction.atomic():
        upload = _locked(upload_id)
        if upload.status == UploadStatus.CANCELLED:
            raise UploadClosed("This upload was cancelled. Upload the file again.")
        if upload.status != UploadStatus.CHECKED:
            return upload
        if upload.bad_rows and not skip_bad:
            raise UploadHasBadRows(f"{upload.bad_rows} rows cannot be credited. Mend them, or leave them out.")
        if not upload.planned_rows:
            raise UploadHasNoRows("No row is left to credit: each is bad, or was credited before.")
        upload.status, upload.confirmed_by = UploadStatus.CREDITING, by
        upload.confirmed_at = upload.next_attempt_at = at
        upload.save(update_fields=["status", "confirmed_by", "confirmed_at", "next_attempt_at"])
        uploads_waker.on_commit()
    return upload


def cancel(upload_id: UUID, *, by: Person | None, at: datetime) -> Upload:
    """Drop an upload that was not confirmed, with its rows; of a confirmed one, the rows that wait for a later day.

    Raises:
        UploadClosed: its rows are being credited, or it is over.
    """
    with transaction.atomic():
        upload = _locked(upload_id)
        planned = upload.rows.filter(status__in=UploadRowStatus.planned())
        if upload.status == UploadStatus.CHECKED:
            upload.rows.all().delete()
            upload.status = UploadStatus.CANCELLED
        elif upload.status in {UploadStatus.SCHEDULED, UploadStatus.DEAD}:
            upload.settled_rows += planned.update(
                status=UploadRowStatus.REFUSED, detail=f"Cancelled on {at:%d %b %Y} before it was credited."
            )
            upload.status = UploadStatus.DONE
        else:
            raise UploadClosed(f"This upload is {upload.get_status_display().lower()}; nothing is left to cancel.")
        upload.closed_at, upload.next_attempt_at = at, None
        upload.save(update_fields=["status", "closed_at", "next_attempt_at", "settled_rows"])
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
    """Credit one batch of the upload that is due longest. Whatever a crash left behind is due again by itself.

    Returns:
        Whether there was something to do.
    """
    claimed = _claim(at)
    if claimed is None:
        return False
    upload_id, attempts = claimed
    try:
        credit_batch(upload_id, at=at)
    except Exception as error:  # one upload that cannot be credited must not stop the others
        name = type(error).__name__
        log.warning("upload_attempt_failed", upload=upload_id.hex, attempts=attempts, error=name)
        failed = Upload.objects.filter(pk=upload_id, status__in=UploadStatus.worked_on())
        if attempts >= ATTEMPTS_MAX:
            failed.update(status=UploadStatus.DEAD, next_attempt_at=None, last_error=name)
        else:
            failed.update(last_error=name)
    return True


def same_file(upload: Upload) -> Upload | None:
    """Return the latest earlier upload of the same file that was confirmed for the same programme, if there is one."""
    earlier = Upload.objects.filter(
        programme_id=upload.programme_id, content_hash=upload.content_hash, confirmed_at__isnull=False, pk__lt=upload.pk
    )
    return earlier.select_related("confirmed_by").order_by("-pk").first()


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, CHECKED_AT_ONCE)):
        yield batch


def _keep(upload: Upload, checked: Sequence[CheckedLine]) -> None:
    """Write rows; COPY costs a twentieth of what a statement each would."""
    with connection.cursor() as cursor, cursor.copy(KEEP) as copy:
        for one in checked:
            line = one.line
            copy.write_row(
                (
                    *(upload.pk, line.number, line.recipient, line.written_points, line.points, line.reason),
                    *(line.external_id, line.credit_on, one.request_key, str(one.status), one.detail[:500]),
                )
            )


def _sum_up(upload: Upload, checker: Checker) -> None:
    rows, tally = checker.tally.rows, checker.tally
    upload.row_count = sum(rows.values())
    upload.ready_rows = rows.get(UploadRowStatus.READY, 0)
    upload.approval_rows = rows.get(UploadRowStatus.NEEDS_APPROVAL, 0)
    upload.parked_rows = rows.get(UploadRowStatus.WILL_PARK, 0)
    upload.bad_rows = rows.get(UploadRowStatus.BAD, 0)
    upload.repeated_rows = rows.get(UploadRowStatus.REPEATED, 0)
    upload.later_rows, upload.people = tally.later_rows, checker.people
    upload.points, upload.ready_points = tally.points, tally.ready_points
    upload.save()


def _locked(upload_id: UUID) -> Upload:
    """Return an upload under its row lock, with its programme and who confirmed it."""
    uploads = Upload.objects.select_for_update(of=("self",), no_key=True).select_related("programme", "confirmed_by")
    return uploads.get(pk=upload_id)


def _claim(at: datetime) -> tuple[UUID, int] | None:
    """Take the upload that is due longest, its next attempt set first, so that no two workers take one at once."""
    with transaction.atomic():
        due = Upload.objects.filter(status__in=UploadStatus.worked_on(), next_attempt_at__lte=at)
        due = due.order_by("next_attempt_at", "pk").select_for_update(skip_locked=True, no_key=True)
        upload = due.first()
        if upload is None:
            return None
        upload.attempts += 1
        upload.next_attempt_at = at + RETRY_AFTER * 2 ** (upload.attempts - 1)
        upload.save(update_fields=["attempts", "next_attempt_at"])
    return upload.pk, upload.attempts


def _credit_batch(upload_id: UUID, at: datetime, limit: int) -> Upload:
    upload = _locked(upload_id)
    if upload.status not in UploadStatus.worked_on():
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
