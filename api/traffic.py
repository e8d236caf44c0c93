"""What a client calls, in figures and as a chart: for its page in the admin.

Counts come from ApiCallCount, a few rows an hour; how long calls took from the newest lines of the log.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from api import ids, problems
from api.models import ApiCall, ApiCallCount, ApiClient

TIMED_MAX: Final = 10_000  # calls whose times are looked at, the newest
LATEST: Final = 10  # calls shown
HOURS: Final = 24
DAYS: Final = 7
HEIGHT: Final = 150  # pixels, the words below included
TOP, BOTTOM = 22, 122  # where the bars may stand
BAR_LEAST: Final = 2.0  # so that a small number is still seen
GAP: Final = 2  # pixels between what went well and the errors above it
LIST_TIMES: Final = """
    SELECT percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY milliseconds)
    FROM (SELECT milliseconds FROM api_apicall WHERE client_id = %s AND id >= %s ORDER BY id DESC LIMIT %s) AS newest
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour or a day, and how many calls it saw."""

    starts_at: datetime
    label: str
    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: `x` and `width` in per cent of the plot, `y` and `height` in pixels."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word under the bars, at `x` per cent."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """How many calls ended in one problem."""

    code: str
    title: str
    calls: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """A client's calls over a day or seven.

    Args:
        median, slow: milliseconds within which half of the calls, and 95 of 100, were answered; None without a call.
    """

    slots: Sequence[Slot]
    problems: Sequence[Problem]
    latest: Sequence[ApiCall]
    median: float | None
    slow: float | None

    @property
    def calls(self) -> int:
        """Return how many there were."""
        return sum(slot.calls for slot in self.slots)

    @property
    def errors(self) -> int:
        """Return how many ended in a problem."""
        return sum(slot.errors for slot in self.slots)

    @property
    def share(self) -> str:
        """Return the errors' share of all calls, as `1.2%`."""
        return f"{100 * self.errors / self.calls:.1f}%" if self.calls else "0%"

    @property
    def finding(self) -> str:
        """Return what the chart shows, in a sentence."""
        most = max(self.slots, key=lambda slot: slot.calls)
        if not most.calls:
            return "No calls in this time."
        return f"{self.calls:,} calls, {self.errors:,} of them errors. Most came at {most.label}: {most.calls:,}."


def of(client: ApiClient, *, at: datetime, is_week: bool = False) -> Traffic:
    """Return what a client called within the last 24 hours, this one included, or 7 days, today included.

    Args:
        client: whose calls.
        at: now; hours and days are those of its time zone.
        is_week: 7 days instead of 24 hours.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    step = timedelta(days=1) if is_week else timedelta(hours=1)
    first = hour.replace(hour=0) - (DAYS - 1) * step if is_week else hour - (HOURS - 1) * step
    starts = [first + index * step for index in range(DAYS if is_week else HOURS)]
    rows = list(ApiCallCount.objects.filter(client=client, hour__gte=first).values_list("hour", "code", "calls"))
    calls, errors, codes = Counter[int](), Counter[int](), Counter[str]()
    for started_at, code, count in rows:
        index = min((started_at - first) // step, len(starts) - 1)
        calls[index] += count
        if code:
            errors[index] += count
            codes[code] += count
    form = "%a %-d" if is_week else "%H:00"
    slots = [Slot(start, f"{start:{form}}", calls[index], errors[index]) for index, start in enumerate(starts)]
    known = problems.known()
    median, slow = _times(client, since=first)
    return Traffic(
        slots=slots,
        problems=[Problem(code, known[code].title if code in known else "", n) for code, n in codes.most_common()],
        latest=list(ApiCall.objects.filter(client=client).order_by("-pk")[:LATEST]),
        median=median,
        slow=slow,
    )


def bars(slots: Sequence[Slot]) -> list[Bar]:
    """Return the bars of a chart: what went well, and above it the errors."""
    most = max(1, *(slot.calls for slot in slots))
    column = 100 / len(slots)
    drawn = []
    for index, slot in enumerate(slots):
        x, y, width = round(column * (index + 0.15), 2), float(BOTTOM), round(column * 0.7, 2)
        for kind, calls in (("in", slot.calls - slot.errors), ("error", slot.errors)):
            if calls:
                height = round(max(calls / most * (BOTTOM - TOP - GAP), BAR_LEAST), 1)
                y = round(y - height, 1)
                drawn.append(Bar(kind, x, y, width, height))
                y -= GAP
    return drawn


def labels(slots: Sequence[Slot]) -> list[Label]:
    """Return the words below a chart: each day, or every sixth hour."""
    column = 100 / len(slots)
    every = 1 if len(slots) == DAYS else 6
    return [
        Label(round(column * (index + 0.5), 2), slot.label) for index, slot in enumerate(slots) if index % every == 0
    ]


def _times(client: ApiClient, *, since: datetime) -> tuple[float | None, float | None]:
    with connection.cursor() as cursor:
        cursor.execute(LIST_TIMES, [client.pk, ids.first_at(since), TIMED_MAX])
        [found] = cursor.fetchone()
    return (None, None) if found is None else (found[0], found[1])
