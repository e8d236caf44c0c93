"""The geometry of charts: numbers for the attributes of an SVG, since a style attribute is refused by the CSP."""

from dataclasses import dataclass

from babel.dates import get_month_names
from babel.numbers import format_compact_decimal

from rewards_portal import words
from rewards_portal.queries import Month, Year

WIDE, PHONE = (788, 196), (350, 140)  # CSS pixels
LEFT, TOP, BOTTOM = 44, 8, 24  # room for the ticks' words, above, and for the months' names
BAR_MAX = 30
GAP = 2  # between a bar and the zero line
LINES_MAX = 5
STEPS = (1, 2, 5)
BAR_LEAST = 1.5  # so that a small number is still seen


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its kind (in, out, gone) and its rectangle."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """One faint line and its word."""

    y: float
    word: str
    word_x: float
    word_y: float


@dataclass(frozen=True, slots=True)
class Name:
    """A month's name below the chart."""

    number: int
    word: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Up is in, down is out; what expired lies beneath what was spent."""

    width: int
    height: int
    left: int
    zero: float
    ticks: list[Tick]
    bars: list[Bar]
    names: list[Name]


def up_and_down(year: Year, size: tuple[int, int] = WIDE) -> Chart:
    """Return the chart of a year's months, for a box of this width and height."""
    width, height = size
    high = max(1, *(month.earned for month in year.months))
    low = max(month.redeemed + month.gone for month in year.months)
    step = _step(high + low)
    scale = (height - TOP - BOTTOM) / (high + low)
    zero = round(TOP + high * scale, 1)
    column = (width - LEFT) / len(year.months)
    centres = [round(LEFT + column * (index + 0.5), 1) for index in range(len(year.months))]
    bars = [
        bar
        for month, centre in zip(year.months, centres, strict=True)
        for bar in _bars(month, centre, min(BAR_MAX, column / 2), zero, scale)
    ]
    return Chart(
        width,
        height,
        LEFT,
        zero,
        _ticks(zero, scale, range(-(low // step) * step, high + 1, step)),
        bars,
        _names(year, centres, size),
    )


def finding(year: Year) -> str:
    """Return in a sentence what the chart shows, for those who do not see it."""
    best = max(year.months, key=lambda month: month.earned)
    said = (
        f"{year.number}: {words.points(year.earned)} points earned, {words.points(year.redeemed)} redeemed, "
        f"{words.points(year.gone)} expired or taken back."
    )
    return f"{said} Most was earned in {month_name(best.number)}." if best.earned else said


def month_name(number: int) -> str:
    """Return `January` for 1."""
    return str(get_month_names("wide", locale="en_GB")[number])


def _ticks(zero: float, scale: float, levels: range) -> list[Tick]:
    heights = [(round(zero - level * scale, 1), abs(level)) for level in levels]
    return [Tick(y, _word(points), LEFT - 10, y + 4) for y, points in heights]


def _names(year: Year, centres: list[float], size: tuple[int, int]) -> list[Name]:
    letters = 1 if size == PHONE else 3
    return [
        Name(month.number, month_name(month.number)[:letters], centre, size[1] - 6)
        for month, centre in zip(year.months, centres, strict=True)
    ]


def _bars(month: Month, centre: float, width: float, zero: float, scale: float) -> list[Bar]:
    x = round(centre - width / 2, 1)
    bars = []
    if month.earned:
        height = max(month.earned * scale - GAP, BAR_LEAST)
        bars.append(Bar("in", x, round(zero - GAP / 2 - height, 1), width, round(height, 1)))
    y = zero + GAP / 2
    for kind, points in (("out", month.redeemed), ("gone", month.gone)):
        if points:
            height = max(points * scale - GAP, BAR_LEAST)
            bars.append(Bar(kind, x, round(y, 1), width, round(height, 1)))
            y += height + GAP
    return bars


def _step(whole: int) -> int:
    """Return the distance of the faint lines in points: round, and so large that there are few of them."""
    power = 1
    while True:
        for step in STEPS:
            if step * power * LINES_MAX >= whole:
                return step * power
        power *= 10


def _word(points: int) -> str:
    return str(format_compact_decimal(points, fraction_digits=1, locale="en")).replace("K", "k")
