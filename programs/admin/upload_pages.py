"""What the page of an upload shows: three counts under one bar, and rows, those to mend first."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator

from people import queries as people_queries
from programs import queries, upload_results
from programs.enums import UploadRowStatus, UploadStatus
from programs.models import Upload, UploadRow
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
LABELS = {"problems": "Problems", "waiting": "Waiting", "all": "All rows"}


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
    word: str


def context(upload: Upload, *, show: str, page: str) -> dict[str, Any]:
    """Return what the templates show of an upload that is not running.

    Args:
        upload: with its programme.
        show: which rows: problems, waiting or all; anything else chooses those that matter most.
        page: which page of them.
    """
    counts = upload_results.counts(upload)
    groups = {name: sum(counts.get(status, 0) for status in statuses) for name, statuses in GROUPS.items()}
    good = sum(counts.get(status, 0) for status in GOOD)
    chosen = show if show in GROUPS else "problems" if groups["problems"] else "all"
    rows = Paginator(upload.rows.filter(status__in=GROUPS[chosen]).order_by("number"), ROWS_SHOWN)
    rows.count = groups[chosen]  # known already
    shown = rows.get_page(page)
    return {
        "good": good,
        "waiting": groups["waiting"],
        "problems": groups["problems"],
        "repeated": counts.get(UploadRowStatus.REPEATED, 0),
        "parts": _parts(good, groups["waiting"], groups["problems"]),
        "tabs": [Tab(name, LABELS[name], count, name == chosen) for name, count in groups.items()],
        "chosen": chosen,
        "page": shown,
        "rows": _shown(list(shown.object_list)),
        "budget_after": _budget_after(upload),
        "earlier": uploads.same_file(upload) if upload.status == UploadStatus.CHECKED else None,
        "left": upload.planned_rows - upload.settled_rows,
    }


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
            word=row.get_status_display(),
        )
        for row in rows
    ]


def _budget_after(upload: Upload) -> int:
    """Return what the budget holds now, less what an upload that is not confirmed would take."""
    left = queries.budget(upload.programme).left
    return left - upload.ready_points if upload.status == UploadStatus.CHECKED else left
