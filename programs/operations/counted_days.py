"""Keeps what counts against the limits of programmes that have one, in step with what happens to their requests."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from django.db import connection

from programs import queries
from programs.enums import PointsRequestStatus
from programs.models import PointsRequest
from programs.models.counted_day import WAITING_DAY

# What is less is an UPDATE: a CHECK looks at what would be inserted before it is seen that the row is there.
RECORD = """
WITH change (programme_id, day, points) AS (
    SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[])
), lowered AS (
    UPDATE programs_countedday counted SET points = counted.points + change.points FROM change
    WHERE (counted.programme_id, counted.day) = (change.programme_id, change.day) AND change.points < 0
)
INSERT INTO programs_countedday (programme_id, day, points)
SELECT * FROM change WHERE points > 0 ORDER BY programme_id, day
ON CONFLICT (programme_id, day) DO UPDATE SET points = programs_countedday.points + excluded.points
"""


@contextmanager
def kept(requests: Collection[PointsRequest], *, at: datetime) -> Iterator[None]:
    """Count what becomes of requests within this block, those of limited programmes alone.

    Their programmes are locked first: enter it before a wallet is locked, inside the transaction.

    Args:
        requests: rows that are locked, each with its programme.
        at: now.
    """
    limited = [request for request in requests if request.programme.per_programme_limit is not None]
    if not limited:
        yield
        return
    queries.programme_limits({request.programme_id for request in limited}, at=at)
    before = _days(limited)
    yield
    after = _days(limited)
    after.subtract(before)
    _record(after)


def add(requests: Collection[PointsRequest]) -> None:
    """Count new rows, those of limited programmes alone; the caller holds the locks (`judgement.known`)."""
    if limited := [request for request in requests if request.programme.per_programme_limit is not None]:
        _record(_days(limited))


def _days(requests: Collection[PointsRequest]) -> Counter[tuple[int, date]]:
    """Return what requests count now, by programme and day."""
    days: Counter[tuple[int, date]] = Counter()
    for request in requests:
        if request.status == PointsRequestStatus.PENDING_APPROVAL:
            days[request.programme_id, WAITING_DAY] += request.points
        elif request.status == PointsRequestStatus.CREDITED and request.credited_at:
            day = request.credited_at.astimezone(UTC).date()
            days[request.programme_id, day] += request.points - request.reversed_points
    return days


def _record(days: Counter[tuple[int, date]]) -> None:
    changed = [(programme_id, day, points) for (programme_id, day), points in days.items() if points]
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(RECORD, [list(column) for column in zip(*changed, strict=True)])
