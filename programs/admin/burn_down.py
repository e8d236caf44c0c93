"""The picture of a budget: what was left week by week, and what would be left at the rate of the last days.

Across in per cent and down in pixels, as the dashboard's chart: one SVG for any width, and numbers in attributes, since
a style attribute is refused by the content security policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from programs.budget_queries import Day
from programs.forecasts import Forecast, in_words

WEEK = 7  # days
PAST_WEEKS = 13
AHEAD_WEEKS_MAX = 13
HEIGHT, TOP, BOTTOM = 230, 10, 198  # pixels; below the bars stand the months
LINES_MAX = 4
STEPS = (1, 2, 5)
BAR_LEAST = 1.5  # pixels, so that a small number is still seen


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: `x` and `width` in per cent, `y` and `height` in pixels; `in` was left, `gone` would be."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal line and what stands beside it."""

    y: float
    label: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Label:
    """A month's name under its first week, at `x` per cent."""

    x: float
    text: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Week:
    """The last day of a week, what was left or would be left then, and whether it is still to come."""

    on: date
    left: int
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class BurnDown:
    """All that the template draws, and the figures behind it."""

    weeks: Sequence[Week]
    bars: Sequence[Bar]
    lines: Sequence[Line]
    labels: Sequence[Label]
    finding: str
    height: int = HEIGHT


def draw(days: Sequence[Day], found: Forecast | None) -> BurnDown:
    """Return the picture of a budget's last days, today the last, and of the weeks that it still lasts."""
    weeks = [*_past(days), *_ahead(days[-1], found)]
    high = max(1, *(week.left for week in weeks))
    scale, slot = (BOTTOM - TOP) / high, 100 / len(weeks)
    step = _step(high)
    return BurnDown(
        weeks=weeks,
        bars=[_bar(week, place, slot, scale) for place, week in enumerate(weeks) if week.left > 0],
        lines=[Line(round(BOTTOM - level * scale, 1), _short(level), level == 0) for level in range(0, high + 1, step)],
        labels=_labels(weeks, slot, days[-1].on),
        finding=f"{days[-1].left:,} points are left today. {in_words(found, left=days[-1].left)}",
    )


def _past(days: Sequence[Day]) -> list[Week]:
    ends = [len(days) - 1 - WEEK * back for back in range(PAST_WEEKS) if len(days) - 1 - WEEK * back >= 0]
    return [Week(days[place].on, max(days[place].left, 0), is_ahead=False) for place in reversed(ends)]


def _ahead(today: Day, found: Forecast | None) -> list[Week]:
    if found is None or not found.given:
        return []
    weeks: list[Week] = []
    for number in range(1, AHEAD_WEEKS_MAX + 1):
        left = max(today.left - found.given * WEEK * number // found.days, 0)
        weeks.append(Week(today.on + timedelta(days=WEEK * number), left, is_ahead=True))
        if left == 0:
            break
    return weeks


def _bar(week: Week, place: int, slot: float, scale: float) -> Bar:
    height = round(max(week.left * scale, BAR_LEAST), 1)
    kind = "gone" if week.is_ahead else "in"
    return Bar(kind, round(slot * (place + 0.2), 2), round(BOTTOM - height, 1), round(slot * 0.6, 2), height)


def _labels(weeks: Sequence[Week], slot: float, today: date) -> list[Label]:
    """Return the name of each month under the first week that ends in it, but for one cut off at the left."""
    found = []
    for place, (before, week) in enumerate(pairwise(weeks), start=1):
        if before.on.month != week.on.month:
            is_current = (week.on.year, week.on.month) == (today.year, today.month)
            found.append(Label(round(slot * (place + 0.5), 2), f"{week.on:%b}", is_current))
    return found


def _step(high: int) -> int:
    """Return the distance of two lines: the smallest round one that needs at most LINES_MAX beside the zero."""
    magnitude = 1
    while True:
        for step in STEPS:
            if high // (step * magnitude) <= LINES_MAX:
                return step * magnitude
        magnitude *= 10


def _short(points: int) -> str:
    """Return a round number as a tick says it: `200k`, `1.5M`, `500`."""
    for size, letter in ((1_000_000_000, "bn"), (1_000_000, "M"), (1_000, "k")):
        if points >= size:
            return f"{points / size:g}{letter}"
    return f"{points:g}"
