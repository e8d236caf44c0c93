"""Asks for the approval of an upload as a whole, and hears what the approvers say."""

from datetime import datetime

from django.db import connection

from approvals.enums import Verdict
from approvals.errors import MayNotDecide
from approvals.models import Approval
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from people.models import Person
from programs import fingerprints
from programs.enums import ApprovalKind, UploadRowStatus
from programs.models import ApprovalStep, Upload
from programs.operations.crediting import in_words

# The rows as they would be credited, in one hash: whom, how many points, why, from when, under which name.
ROWS_HASH = """
SELECT encode(sha256(convert_to(coalesce(string_agg(
    json_build_array(number, recipient, points, reason, credit_on, request_key, status)::text, E'\\n' ORDER BY number
), ''), 'UTF8')), 'hex') FROM programs_uploadrow WHERE upload_id = %s
"""


def ask(upload: Upload, step: ApprovalStep, *, at: datetime) -> None:
    """Ask the group of a step whether the rows may be credited, and bind the answer to these rows. The caller saves."""
    upload.rows_hash = rows_hash(upload)
    question = NewApproval(
        kind=ApprovalKind.UPLOAD,
        summary=f"{in_a_sentence(upload)}: {upload.file_name}",
        content_hash=fingerprints.of_upload(upload),
        group_id=step.group_id,
        required=step.approvals,
        requested_by_id=upload.confirmed_by_id,
        beneficiary_id=None,
        programme=upload.programme.slug,
        points=upload.points,
    )
    [upload.approval] = approvals.ask([question], at=at)


def decide(upload: Upload, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    """Record what one approver says about an upload that waits; what is approved are the rows as they stand now.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`; nobody approves
            points for themselves either.
    """
    if verdict == Verdict.APPROVE and (number := own_row(upload, by)):
        raise MayNotDecide(f"Row {number} gives points to you, so somebody else decides.")
    assert upload.approval_id is not None
    seen = fingerprints.of_upload(upload, rows_hash=rows_hash(upload))
    return approvals.decide(upload.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)


def own_row(upload: Upload, person: Person | None) -> int | None:
    """Return the first row that would give this person points; None where no row would."""
    if person is None:
        return None
    own = upload.rows.filter(person=person, status__in=UploadRowStatus.planned())
    return own.order_by("number").values_list("number", flat=True).first()


def rows_hash(upload: Upload) -> str:
    """Return the hash of an upload's rows as they stand now; it is computed where they are."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS_HASH, [upload.pk])
        [found] = cursor.fetchone() or [""]
    return str(found)


def in_a_sentence(upload: Upload) -> str:
    """Return what approving an upload does: `Credit 1,239 rows with 618,500 points`."""
    rows = f"{upload.planned_rows:,} row" + ("" if upload.planned_rows == 1 else "s")
    return f"Credit {rows} with {in_words(upload.points)}"
