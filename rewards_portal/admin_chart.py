"""The chart of what came in and what went out, month by month: where each bar stands.

Across in per cent and down in pixels, so that one SVG fits any width and its words keep their size; all of it numbers
in attributes, since a style attribute is refused by the content security policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

HEIGHT = 270  # pixels, month names included
TOP, BOTTOM = 10, 236  # where the bars may stand
LINES_MAX = 5
GAP = 2  # pixels between redeemed and expired
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Month:
    """The points of one month."""

    first_day: date
    issued: int
    redeemed: int
    expired: int


@dataclass(frozen=True)
class Bar:
    """A rectangle: `x` and `width` in per cent of the plot, `y` and `height` in pixels."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """A horizontal line and what stands beside it."""

    y: float
    label: str
    is_zero: bool


@dataclass(frozen=True)
class Label:
    """A month's name under its bars, at `x` per cent."""

    x: float
    text: str
    is_current: bool


@dataclass(frozen=True)
class Chart:
    """All that the template draws, and the figures behind it."""

    months: Sequence[Month]
    bars: Sequence[Bar]
    lines: Sequence[Line]
    labels: Sequence[Label]
    finding: str
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Whether nothing ever moved in these months."""
        return not self.bars


def draw(months: Sequence[Month]) -> Chart:
    """Return the chart of some months, the last one being the current: issued up, redeemed down, expired beneath it."""
    up = max(each.issued for each in months)
    down = max(each.redeemed + each.expired for each in months)
    step = _step(up, down)
    scale = (BOTTOM - TOP) / max(up + down, 1)
    zero = TOP + up * scale
    slot = 100 / len(months)
    bars = [
        bar
        for index, month in enumerate(months)
        for bar in _bars(month, x=round(slot * (index + 0.25), 2), width=round(slot / 2, 2), zero=zero, scale=scale)
    ]
    lines = [
        Line(round(zero - number * step * scale, 1), short(abs(number) * step), number == 0)
        for number in range(-(down // step), up // step + 1)
    ]
    labels = [
        Label(round(slot * (index + 0.5), 2), f"{month.first_day:%b}", index == len(months) - 1)
        for index, month in enumerate(months)
    ]
    return Chart(months, bars, lines, labels, _finding(months))


def short(number: float) -> str:
    """Return a round number as a tick says it: `200k`, `1.5M`, `500`."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def _bars(month: Month, *, x: float, width: float, zero: float, scale: float) -> list[Bar]:
    """Return the bars of one month; what is zero has none."""
    heights = [round(points * scale, 1) for points in (month.issued, month.redeemed, month.expired)]
    issued, redeemed, expired = (max(height, 1.5) if height else 0 for height in heights)
    below = zero + 1
    bars = [
        Bar("in", x, round(zero - issued, 1), width, issued),
        Bar("out", x, round(below, 1), width, redeemed),
        Bar("gone", x, round(below + (redeemed + GAP if redeemed else 0), 1), width, expired),
    ]
    return [bar for bar in bars if bar.height]


def _step(up: int, down: int) -> int:
    """Return the distance of two lines: the smallest round one that needs at most LINES_MAX beside the zero."""
    magnitude = 1
    while True:
        for step in STEPS:
            if up // (step * magnitude) + down // (step * magnitude) <= LINES_MAX:
                return step * magnitude
        magnitude *= 10


def _finding(months: Sequence[Month]) -> str:
    """Return what the chart shows, in a sentence."""
    most = max(months, key=lambda each: each.issued)
    if not most.issued:
        return "No points were issued in these months."
    out = sum(each.redeemed for each in months)
    share = round(100 * out / sum(each.issued for each in months))
    return f"Most points were issued in {most.first_day:%B}: {most.issued:,}. Of all issued, {share}% were redeemed."
