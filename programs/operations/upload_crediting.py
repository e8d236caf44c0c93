"""Turns the rows of an upload into points requests, a batch at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.urls import reverse

from messaging.operations import messages
from messaging.operations.messages import NewMessage
from programs.enums import PointsRequestStatus, Source, UploadRowStatus
from programs.models import Programme, Upload
from programs.operations import points_requests
from programs.operations.points_requests import NewPointsRequest, Submitted
from programs.upload_checking import explained

# The states are written out, so that a prepared plan may use the index of the rows that are still to be asked for.
NEXT = """
SELECT id, number, recipient, points, reason, request_key FROM programs_uploadrow
WHERE upload_id = %s AND status IN ('ready', 'needs_approval', 'will_park') AND (credit_on IS NULL OR credit_on <= %s)
ORDER BY number LIMIT %s
"""
SETTLED = """
UPDATE programs_uploadrow line
SET status = done.status, detail = done.detail, points_request_id = done.points_request_id
FROM json_to_recordset(%s) AS done (id bigint, status text, detail text, points_request_id uuid) WHERE line.id = done.id
"""
CAME_OF = {
    PointsRequestStatus.CREDITED: UploadRowStatus.CREDITED,
    PointsRequestStatus.PENDING_APPROVAL: UploadRowStatus.PENDING_APPROVAL,
    PointsRequestStatus.PARKED: UploadRowStatus.PARKED,
}


@dataclass(frozen=True, slots=True)
class Batch:
    """How many rows a batch settled, and how many of them, and points, it credited."""

    settled_rows: int
    credited_rows: int
    credited_points: int


class _Row(NamedTuple):
    id: int
    number: int
    recipient: str
    points: int
    reason: str
    request_key: str


def credit_next(upload: Upload, *, at: datetime, limit: int) -> Batch:
    """Submit the next rows of an upload that are due, and keep what came of each. The caller holds its lock."""
    rows = _next(upload, at.astimezone(UTC).date(), limit)
    if not rows:
        return Batch(0, 0, 0)
    submitted = points_requests.submit(_asked(upload, rows), at=at)
    settled = [_settled(row, done, upload.programme) for row, done in zip(rows, submitted, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(SETTLED, [json.dumps(settled, default=str)])
    credited = [
        row.points for row, outcome in zip(rows, settled, strict=True) if outcome["status"] == UploadRowStatus.CREDITED
    ]
    return Batch(len(rows), len(credited), sum(credited))


def tell(upload: Upload, *, at: datetime) -> None:
    """Tell who confirmed an upload that it is done."""
    if upload.confirmed_by_id is None:
        return
    rows = f"{upload.credited_rows:,} of {upload.row_count:,} rows"
    message = NewMessage(
        person_id=upload.confirmed_by_id,
        kind="upload_done",
        title=f"{upload.file_name} is done",
        body=f"{rows} are credited: {upload.credited_points:,} points from {upload.programme.name}.",
        path=reverse("admin:programs_upload_change", args=[upload.pk]),
        reference=f"up:{upload.pk.hex}",
    )
    messages.tell([message], at=at)


def _next(upload: Upload, day: date, limit: int) -> Sequence[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [upload.pk, day, limit])
        return [_Row(*row) for row in cursor.fetchall()]


def _asked(upload: Upload, rows: Sequence[_Row]) -> list[NewPointsRequest]:
    """Return rows as points requests. What names the upload is no part of what is asked for: a repeat is the same."""
    slug, confirmed_by, explanation = upload.programme.slug, upload.confirmed_by, _explanation(upload)
    return [
        NewPointsRequest(
            programme=slug,
            recipient=row.recipient,
            points=row.points,
            reason=row.reason,
            source=Source.UPLOAD,
            external_id=row.request_key,
            requested_by=confirmed_by,
            explanation=explanation | {"row": row.number},
        )
        for row in rows
    ]


def _explanation(upload: Upload) -> dict[str, object]:
    return {"upload": upload.public_id, "file": upload.file_name}


def _settled(row: _Row, done: Submitted, programme: Programme) -> dict[str, Any]:
    """Return what came of a row, as it is kept."""
    request = done.points_request
    if request is None:
        assert done.error is not None
        detail = explained(done.error, whom=row.recipient, programme=programme)
        return {"id": row.id, "status": UploadRowStatus.REFUSED, "detail": detail[:500], "points_request_id": None}
    status = UploadRowStatus.REPEATED if done.replayed else CAME_OF[PointsRequestStatus(request.status)]
    detail = "An earlier upload holds this row. Nothing more happened." if done.replayed else ""
    return {"id": row.id, "status": status, "detail": detail, "points_request_id": request.pk}
