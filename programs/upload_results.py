"""What came of the rows of an upload: as numbers, as lines to read, and as CSV files to keep or to mend."""

from collections.abc import Iterator

from django.db.models import Count

from api import ids
from programs.enums import UploadRowStatus
from programs.models import Upload
from programs.upload_files import csv_line
from programs.upload_files.layouts import OPTIONAL, REQUIRED, TO_DO

READ_AT_ONCE = 2_000
MENDING = (*REQUIRED, *OPTIONAL, TO_DO)
RESULT = ("row", *REQUIRED, *OPTIONAL, "outcome", "detail", "points_request")
WRITTEN = ("recipient", "written_points", "reason", "external_id", "credit_on")


def counts(upload: Upload) -> dict[str, int]:
    """Return how many rows stand where, by UploadRowStatus."""
    rows = upload.rows.order_by().values_list("status").annotate(number=Count("pk"))
    return dict(rows)


def to_mend(upload: Upload, *, status: UploadRowStatus = UploadRowStatus.BAD) -> Iterator[tuple[int, str]]:
    """Yield the rows that cannot be credited, or were refused, as (row, what to do)."""
    rows = upload.rows.filter(status=status).order_by("number")
    yield from rows.values_list("number", "detail").iterator(READ_AT_ONCE)


def rows_to_mend(upload: Upload) -> Iterator[str]:
    """Yield a CSV file, line by line, of the rows that were not credited. Mended, it can be uploaded as it is."""
    yield csv_line(MENDING)
    rows = upload.rows.filter(status__in=UploadRowStatus.mendable()).order_by("number")
    for row in rows.values_list(*WRITTEN, "detail").iterator(READ_AT_ONCE):
        yield csv_line(row)


def result(upload: Upload) -> Iterator[str]:
    """Yield a CSV file, line by line, with what came of every row."""
    yield csv_line(RESULT)
    rows = upload.rows.order_by("number").values_list("number", *WRITTEN, "status", "detail", "points_request_id")
    for *written, status, detail, request_id in rows.iterator(READ_AT_ONCE):
        request = ids.public(ids.POINTS_REQUEST, request_id) if request_id else ""
        yield csv_line([*written, UploadRowStatus(status).label, detail, request])
