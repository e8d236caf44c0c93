"""How long a budget lasts: simple enough to be checked by hand, and silent where little is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from programs.budget_queries import Day

DAYS_MIN = 14  # of history before anything is said
SHORT_DAYS, LONG_DAYS = 30, 90
LASTS_DAYS_MAX = 3650


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a budget gave in so many days, and the day on which it ends at that rate; None: not within ten years."""

    days: int
    given: int
    ends_on: date | None

    @property
    def per_day(self) -> int:
        """Return the points of a day, rounded."""
        return round(self.given / self.days)


def forecast(days: Sequence[Day], *, over: int) -> Forecast | None:
    """Return what the last days say of the time to come; None where fewer than DAYS_MIN days are known.

    Each day weighs the same, also those without a credit. What is known begins when the budget first held points: a
    programme that was funded three weeks ago is judged by three weeks.

    Args:
        days: of a budget, one after the other, today the last.
        over: how many of them count at most.
    """
    begun = next((place for place, day in enumerate(days) if day.given or day.left > 0), len(days))
    if len(days) - begun < DAYS_MIN:
        return None
    counted = days[max(begun, len(days) - over) :]
    given, left = sum(day.given for day in counted), max(days[-1].left, 0)
    lasts = left * len(counted) // given if given else None
    ends_on = None if lasts is None or lasts > LASTS_DAYS_MAX else days[-1].on + timedelta(days=lasts)
    return Forecast(len(counted), given, ends_on)


def in_words(found: Forecast | None, *, left: int) -> str:
    """Return a forecast in a sentence: `At the rate of the last 30 days it lasts until 14 March 2027.`"""
    if left <= 0:
        return "Nothing is left."
    if found is None:
        return f"Not enough history for a forecast: {DAYS_MIN} days since it was funded are needed."
    rate = f"At the rate of the last {found.days} days ({found.per_day:,} a day)"
    if not found.given:
        return f"Nothing was credited in the last {found.days} days."
    if found.ends_on is None:
        return f"{rate} it lasts longer than ten years."
    return f"{rate} it lasts until {found.ends_on.day} {found.ends_on:%B %Y}."
