"""Takes files of points and checks them: the worker does, or whoever waits where the file is small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import IO
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from messaging.waking import Waker
from people.models import Person
from programs import queries, upload_files
from programs.enums import UploadRowStatus, UploadStatus
from programs.errors import UnreadableUpload, UploadClosed
from programs.models import Programme, Upload
from programs.operations import upload_layouts, upload_pieces
from programs.upload_checking import CheckedLine, Checker, Purse
from programs.upload_files import Layout, Line, Table, layouts

CHECKED_AT_ONCE = 2_000  # rows
SMALL_BYTES, SMALL_ROWS = 256 * 1024, 3_000  # checked while its sender waits: about a second
TURN = timedelta(seconds=60)  # after the last rows, when a check counts as left behind
FILE_NAME_CHARACTERS = 200
SAMPLE_CHARACTERS = 60
ALIKE_WITHIN = timedelta(days=30)

uploads_waker = Waker("programs.tasks.credit_uploads")

KEEP = """
COPY programs_uploadrow (upload_id, number, recipient, person_id, written_points, points, reason, external_id,
    credit_on, request_key, status, detail) FROM STDIN
"""
# A row that is new by its name and yet looks like points that the person got: somebody looks, nothing is refused.
ALIKE = """
UPDATE programs_uploadrow line SET detail = 'Looks like points of ' || to_char(alike.created_at, 'DD Mon YYYY')
    || ': same person, points and reason.'
FROM (
    SELECT asked.id, earlier.created_at FROM programs_uploadrow asked CROSS JOIN LATERAL (
        SELECT request.created_at FROM programs_pointsrequest request
        WHERE request.person_id = asked.person_id AND request.programme_id = %s AND request.points = asked.points
            AND request.reason = asked.reason AND request.created_at > %s
            AND request.status IN ('credited', 'pending_approval')
        LIMIT 1
    ) earlier
    WHERE asked.upload_id = %s AND asked.status IN ('ready', 'needs_approval')
) alike WHERE line.id = alike.id
"""


class _TurnLost(Exception):
    """Somebody else checks this upload by now, or dropped it."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """The right to check an upload, as of a time: it is lost where another attempt began."""

    upload: Upload
    attempt: int
    at: datetime

    def keep(self, **values: object) -> None:
        """Write how far the check is, and keep the turn."""
        ours = Upload.objects.filter(pk=self.upload.pk, status=UploadStatus.CHECKING, attempts=self.attempt)
        if not ours.update(**{"next_attempt_at": timezone.now() + TURN, **values}):
            raise _TurnLost


def receive(
    *,
    file: IO[bytes],
    name: str,
    programme: Programme,
    by: Person | None,
    at: datetime,
    credit_at: datetime | None = None,
) -> Upload:
    """Take a file of points for many people and have it checked. No point moves.

    1. Keep the file. 2. Where it is small, check it at once; else the worker does, and the upload says how far it is.

    Args:
        file: CSV or XLSX; can be sought; stays open.
        name: as whoever uploaded it calls it.
        programme: from whose budget the points come.
        by: who uploads it; None for a system.
        at: now.
        credit_at: before when no row is credited; None: as soon as it can be.

    Returns:
        The upload: checked, being checked, or waiting for somebody who names its columns.

    Raises:
        UnreadableUpload: it is too large, or small and cannot be read. Nothing of it is kept.
    """
    size = upload_files.size(file)
    upload_files.check_size(size)
    with transaction.atomic():
        upload = _new(upload_files.content_hash(file), name, programme, by, at, credit_at)
        upload_pieces.keep(upload, file)
        uploads_waker.on_commit()
        if size <= SMALL_BYTES:
            _check_kept(_turn(upload, at))
    upload.refresh_from_db()
    return upload


def prepare(
    *,
    file: IO[bytes],
    name: str,
    programme: Programme,
    by: Person | None,
    at: datetime,
    credit_at: datetime | None = None,
    layout: Layout | None = None,
) -> Upload:
    """Check a file of points for many people while the caller waits. No point moves, and the file is not kept.

    1. Read it row by row (CSV or XLSX; see `upload_files`). 2. Check each row: who, how many, why, limits, the budget,
    the same row before it or in an earlier upload. 3. Keep the rows with what would come of each, and the totals.

    One transaction; memory stays flat, and the number of statements grows by the thousand rows.

    Args:
        file, name, programme, by, at, credit_at: as `receive` says.
        layout: how the file is laid out, which is remembered; None where it names its columns as we do, or somebody
            said before.

    Raises:
        UnreadableUpload: the file as a whole cannot be taken, or nobody said yet what its columns are.
    """
    content_hash = upload_files.content_hash(file)
    table = upload_files.opened(file)  # a workbook is read whole by now: no transaction waits for it
    chosen = layout or _known(programme, table)
    if chosen is None:
        raise UnreadableUpload(layouts.unlike_own(table.headings))
    checker = _checker(programme, by=by, at=at, credit_at=credit_at)
    with transaction.atomic():
        upload = _new(content_hash, name, programme, by, at, credit_at)
        if layout:
            upload_layouts.remember(programme=programme, headings=table.headings, layout=layout, by=by, at=at)
        _check(_turn(upload, at), table, chosen, checker)
    upload.refresh_from_db()
    return upload


def lay_out(upload_id: UUID, *, layout: Layout, by: Person | None, at: datetime) -> Upload:
    """Say how the file of an upload is read, and have it checked so. Later files with these headings are read the same.

    Raises:
        UnreadableUpload: the layout does not fit the headings.
        UploadClosed: it was confirmed or dropped, or the file is no longer kept.
    """
    with transaction.atomic():
        upload = (
            Upload.objects.select_for_update(of=("self",), no_key=True).select_related("programme").get(pk=upload_id)
        )
        if upload.status not in {UploadStatus.COLUMNS, UploadStatus.CHECKED}:
            raise UploadClosed(f"This upload is {upload.get_status_display().lower()}: its columns stay as they are.")
        if not upload.pieces.exists():
            raise UploadClosed("The file is no longer kept. Upload it again to name its columns.")
        layout.places(upload.headings)
        upload_layouts.remember(programme=upload.programme, headings=upload.headings, layout=layout, by=by, at=at)
        upload.status, upload.layout = UploadStatus.CHECKING, layout.as_json()
        upload.next_attempt_at, upload.read_rows, upload.attempts = at, 0, 0
        upload.save(update_fields=["status", "layout", "next_attempt_at", "read_rows", "attempts"])
        uploads_waker.on_commit()
        if upload.expected_rows <= SMALL_ROWS:
            _check_kept(_turn(upload, at))
    upload.refresh_from_db()
    return upload


def check(upload_id: UUID, *, attempt: int, at: datetime) -> None:
    """Check the file of an upload that was received. Killed half way, the next attempt begins anew.

    Each batch of rows is a transaction, so that whoever waits sees how far it is.

    Args:
        upload_id: the upload.
        attempt: the number of this attempt; an earlier one that still runs gives up.
        at: now.
    """
    upload = Upload.objects.select_related("programme", "uploaded_by").get(pk=upload_id)
    try:
        _check_kept(_Turn(upload, attempt, at))
    except UnreadableUpload as error:
        close_unreadable(upload, error.detail, at=at)
    except _TurnLost:
        pass


def close_unreadable(upload: Upload, why: str, *, at: datetime) -> None:
    """Close an upload whose file cannot be taken, with the sentence that says what to do."""
    with transaction.atomic():
        closed = Upload.objects.filter(pk=upload.pk, status=UploadStatus.CHECKING).update(
            status=UploadStatus.UNREADABLE, closed_at=at, next_attempt_at=None, last_error=why[:400], read_rows=0
        )
        if closed:
            upload.rows.all().delete()
            upload_pieces.drop(upload)


def _new(
    content_hash: str, name: str, programme: Programme, by: Person | None, at: datetime, credit_at: datetime | None
) -> Upload:
    return Upload.objects.create(
        programme=programme,
        file_name=name[-FILE_NAME_CHARACTERS:],
        content_hash=content_hash,
        status=UploadStatus.CHECKING,
        next_attempt_at=at,
        uploaded_by=by,
        uploaded_at=at,
        credit_at=credit_at,
    )


def _turn(upload: Upload, at: datetime) -> _Turn:
    """Take the turn for a check that is done while somebody waits, within the transaction that holds the upload."""
    upload.attempts, upload.next_attempt_at = 1, at + TURN
    upload.save(update_fields=["attempts", "next_attempt_at"])
    return _Turn(upload, 1, at)


def _known(programme: Programme, table: Table) -> Layout | None:
    return layouts.own(table.headings) or upload_layouts.known(programme, table.headings)


def _check_kept(turn: _Turn) -> None:
    """Check the file that is kept, or ask for its columns where nobody said yet what they are."""
    upload = turn.upload
    with upload_pieces.kept(upload) as file:
        table = upload_files.opened(file)
        layout = Layout.of_json(upload.layout) if upload.layout else _known(upload.programme, table)
        if layout is None:
            turn.keep(status=UploadStatus.COLUMNS, next_attempt_at=None, attempts=0, **_seen(table))
        else:
            by, credit_at = upload.uploaded_by, upload.credit_at
            _check(turn, table, layout, _checker(upload.programme, by=by, at=turn.at, credit_at=credit_at))


def _seen(table: Table) -> dict[str, object]:
    samples = [[cell[:SAMPLE_CHARACTERS] for cell in cells[: len(table.headings)]] for cells in table.samples]
    return {
        "headings": list(table.headings),
        "samples": samples,
        "encoding": table.encoding,
        "expected_rows": table.expected_rows,
    }


def _checker(programme: Programme, *, by: Person | None, at: datetime, credit_at: datetime | None) -> Checker:
    """Return what judges the rows. Looking at the limit of a programme locks it: no long transaction holds this."""
    first_at = max(at, credit_at or at)
    return Checker(
        queries.terms([programme.slug])[programme.slug],
        purse=Purse.of(programme),
        limits=queries.programme_limits([programme.pk] if programme.per_programme_limit else [], at=first_at),
        by=by,
        at=first_at,
        is_later=first_at > at,
    )


def _check(turn: _Turn, table: Table, layout: Layout, checker: Checker) -> None:
    """Check each row, keep it with what would come of it, and in the end the totals."""
    upload = turn.upload
    with transaction.atomic():
        turn.keep(**_seen(table), layout=layout.as_json(), read_rows=0)
        upload.rows.all().delete()  # of an attempt that was killed, or of another layout
    budget_points = checker.budget_points
    read_rows = 0
    for lines in _batches(table.lines(layout)):
        checked = checker.check(lines)
        read_rows += len(lines)
        with transaction.atomic():
            turn.keep(read_rows=read_rows)
            _keep(upload, checked)
    if not read_rows:
        raise UnreadableUpload("The file has no rows beneath its header.")
    with transaction.atomic():
        sums = _sums(checker) | {"budget_points": budget_points, "alike_rows": _mark_alike(upload, turn.at)}
        turn.keep(**sums, status=UploadStatus.CHECKED, next_attempt_at=None, attempts=0, last_error="")


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
                    *(upload.pk, line.number, line.recipient, one.person.pk if one.person else None),
                    *(line.written_points, line.points, line.reason, line.external_id, line.credit_on),
                    *(one.request_key, str(one.status), one.detail[:500]),
                )
            )


def _mark_alike(upload: Upload, at: datetime) -> int:
    """Say of rows that look like points that their people got lately, and return how many do."""
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, [upload.programme_id, at - ALIKE_WITHIN, upload.pk])
        return int(cursor.rowcount)


def _sums(checker: Checker) -> dict[str, int]:
    rows, tally = checker.tally.rows, checker.tally
    return {
        "row_count": sum(rows.values()),
        "ready_rows": rows.get(UploadRowStatus.READY, 0),
        "approval_rows": rows.get(UploadRowStatus.NEEDS_APPROVAL, 0),
        "parked_rows": rows.get(UploadRowStatus.WILL_PARK, 0),
        "bad_rows": rows.get(UploadRowStatus.BAD, 0),
        "repeated_rows": rows.get(UploadRowStatus.REPEATED, 0),
        "later_rows": tally.later_rows,
        "people": checker.people,
        "points": tally.points,
        "ready_points": tally.ready_points,
    }
