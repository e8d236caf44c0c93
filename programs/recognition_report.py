"""What colleagues recognised each other for: by value and by department, over twelve months."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Sum

from api import ids
from programs.enums import PointsRequestStatus
from programs.models import Recognition

WITHIN = timedelta(days=365)
ROWS_MAX = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One value or department: how many recognitions, how many points, and its bar in per cent of the longest."""

    name: str
    recognitions: int
    points: int
    width: float


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title and, in a sentence, what it shows."""

    title: str
    head: str
    finding: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures and the two tables."""

    recognitions: int
    points: int
    tables: Sequence[Table]


def of(*, at: datetime) -> Report:
    """Return the report of the twelve months before a moment; two queries. What did not arrive is left out."""
    recent = Recognition.objects.filter(
        pk__gte=ids.first_at(at - WITHIN), points_request__status=PointsRequestStatus.CREDITED
    )
    by_value = _rows(recent.values(name=F("value__name")), "No value named")
    by_department = _rows(recent.values(name=F("receiver__department__name")), "No department")
    tables = [
        Table("By value", "Value", _finding(by_value, "was named most"), by_value[:ROWS_MAX]),
        Table(
            "By department of who received",
            "Department",
            _finding(by_department, "received most"),
            by_department[:ROWS_MAX],
        ),
    ]
    return Report(sum(row.recognitions for row in by_value), sum(row.points for row in by_value), tables)


def _rows(groups: Any, nameless: str) -> list[Row]:
    """Return the groups, the most recognitions first."""
    counted: Iterable[dict[str, Any]] = groups.annotate(many=Count("pk"), points=Sum("points_request__points"))
    found = sorted(counted, key=lambda each: (-each["many"], each["name"] or ""))
    most = found[0]["many"] if found else 1
    return [
        Row(each["name"] or nameless, each["many"], int(each["points"]), round(100 * each["many"] / most, 1))
        for each in found
    ]


def _finding(rows: Sequence[Row], verb: str) -> str:
    return f"{rows[0].name} {verb}: {rows[0].recognitions:,} times." if rows else "Nobody was recognised yet."
