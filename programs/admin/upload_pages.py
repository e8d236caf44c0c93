"""What the page of an upload shows: three counts under one bar, and rows, those to mend first."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum

from people import queries as people_queries
from programs import queries, upload_results
from programs.enums import ApprovalSubject, UploadRowStatus, UploadStatus
from programs.models import ApprovalStep, DepartmentBudget, Upload, UploadRow
from programs.operations import uploads

ROWS_SHOWN = 50
GAP = 0.4  # between two parts of the bar, in percent
PART_MIN = 1.0  # percent: one row of a hundred thousand is seen too
GOOD = [UploadRowStatus.READY, UploadRowStatus.CREDITED]
WAITING = [
    *(UploadRowStatus.NEEDS_APPROVAL, UploadRowStatus.WILL_PARK),
    *(UploadRowStatus.PENDING_APPROVAL, UploadRowStatus.PARKED),
]
GROUPS = {"problems": UploadRowStatus.mendable(), "waiting": WAITING, "all": list(UploadRowStatus)}
LOOK_AGAIN = "again"  # rows that look like points that their people got lately
LABELS = {"problems": "Problems", LOOK_AGAIN: "Look again", "waiting": "Waiting", "all": "All rows"}
CHECK, CREDIT = 3, 4  # steps


@dataclass(frozen=True)
class Tab:
    """One of the lists of rows that can be chosen."""

    name: str
    label: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Part:
    """A part of the bar, in percent of its width."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class Shown:
    """A row with the person it names."""

    row: UploadRow
    person: str
    points: str
    is_bad: bool
    is_alike: bool
    word: str


def progress(upload: Upload, *, at: datetime) -> dict[str, Any]:
    """Return what the page of an upload shows while it is checked or credited.

    Args:
        upload: with its approval.
        at: now.
    """
    if upload.status == UploadStatus.CHECKING:
        return {"step": CHECK, "percent": upload.checked_percent, "left_seconds": None}
    approved_at = upload.approval.closed_at if upload.approval else None
    began = max(moment for moment in (upload.confirmed_at, upload.credit_at, approved_at, upload.uploaded_at) if moment)
    settled, left = upload.settled_rows, upload.planned_rows - upload.settled_rows
    seconds = math.ceil((at - began).total_seconds() / settled * left) if settled else None
    return {"step": CREDIT, "percent": upload.percent, "left_seconds": seconds}


def context(upload: Upload, *, show: str, page: str) -> dict[str, Any]:
    """Return what the templates show of an upload that is not running.

    Args:
        upload: with its programme.
        show: which rows: problems, again, waiting or all; anything else chooses those that matter most.
        page: which page of them.
    """
    counts = upload_results.counts(upload)
    groups = {name: sum(counts.get(status, 0) for status in statuses) for name, statuses in GROUPS.items()}
    is_open = upload.status in {UploadStatus.CHECKED, UploadStatus.WAITING}
    tabs = {name: upload.alike_rows if name == LOOK_AGAIN else groups[name] for name in LABELS}
    if not (is_open and upload.alike_rows):
        del tabs[LOOK_AGAIN]
    chosen = show if show in tabs else next((name for name in ("problems", LOOK_AGAIN) if tabs.get(name)), "all")
    rows = Paginator(_rows(upload, chosen), ROWS_SHOWN)
    rows.count = tabs[chosen]  # known already
    shown = rows.get_page(page)
    good = sum(counts.get(status, 0) for status in GOOD)
    return {
        "step": CHECK if is_open else CREDIT,
        "good": good,
        "waiting": groups["waiting"],
        "problems": groups["problems"],
        "repeated": counts.get(UploadRowStatus.REPEATED, 0),
        "parts": _parts(good, groups["waiting"], groups["problems"]),
        "tabs": [Tab(name, LABELS[name], count, name == chosen) for name, count in tabs.items()],
        "chosen": chosen,
        "page": shown,
        "rows": _shown(list(shown.object_list)),
        "budget_after": _budget_after(upload),
        "departments_after": _departments_after(upload) if is_open else [],
        "earlier": uploads.same_file(upload) if is_open else None,
        "left": upload.planned_rows - upload.settled_rows,
        "approval_step": _approval_step(upload),
        "can_be_laid_out": upload.status == UploadStatus.CHECKED and upload.pieces.exists(),
    }


def _departments_after(upload: Upload) -> list[tuple[str, int]]:
    """Return what the budgets of departments hold once the upload is credited, by name; none where there are none."""
    budgets = DepartmentBudget.objects.filter(programme=upload.programme, closed_at=None)
    left = {
        row.department_id: (row.department.name, row.account.points)
        for row in budgets.select_related("department", "account")
    }
    if not left:
        return []
    rows = upload.rows.order_by().filter(status=UploadRowStatus.READY, person__department__in=left)
    taken = dict(rows.values_list("person__department").annotate(points=Sum("points")))
    return [(name, points - taken.get(department_id, 0)) for department_id, (name, points) in left.items()]


def _rows(upload: Upload, chosen: str) -> QuerySet[UploadRow]:
    rows = upload.rows.order_by("number")
    if chosen == LOOK_AGAIN:
        return rows.filter(status__in=UploadRowStatus.planned()).exclude(detail="")
    return rows.filter(status__in=GROUPS[chosen])


def _approval_step(upload: Upload) -> ApprovalStep | None:
    """Return the step that an upload will need, once somebody confirms it."""
    if upload.status != UploadStatus.CHECKED:
        return None
    return queries.step_for(upload.programme, ApprovalSubject.UPLOADS, points=upload.points)


def _parts(*counts: int) -> list[Part]:
    """Return the bar: what is good, waits and is wrong, side by side."""
    whole = sum(counts)
    kinds = [(kind, count) for kind, count in zip(("good", "waiting", "bad"), counts, strict=True) if count]
    shares = [max(100 * count / whole, PART_MIN) for _, count in kinds]
    room = (100 - GAP * (len(kinds) - 1)) / sum(shares) if shares else 0
    parts: list[Part] = []
    x = 0.0
    for (kind, _), share in zip(kinds, shares, strict=True):
        parts.append(Part(kind, round(x, 3), round(share * room, 3)))
        x += share * room + GAP
    return parts


def _shown(rows: list[UploadRow]) -> list[Shown]:
    """Return rows with the names of their people, asked for in one query."""
    people = people_queries.recipients({row.recipient for row in rows})
    return [
        Shown(
            row=row,
            person=people[row.recipient].name if row.recipient in people else "not found",
            points=f"{row.points:,}" if row.points is not None else row.written_points,
            is_bad=row.status in UploadRowStatus.mendable(),
            is_alike=row.status in UploadRowStatus.planned() and bool(row.detail),
            word=row.get_status_display(),
        )
        for row in rows
    ]


def _budget_after(upload: Upload) -> int:
    """Return what the budget holds now, less what an upload that is not confirmed would take."""
    left = queries.budget(upload.programme).left
    return left - upload.ready_points if upload.status in {UploadStatus.CHECKED, UploadStatus.WAITING} else left
