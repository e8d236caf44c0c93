"""How long a budget lasts, and its picture: by hand, without a database."""

from datetime import date, timedelta

import pytest

from programs.admin.burn_down import draw
from programs.budget_queries import Day
from programs.forecasts import Forecast, forecast, in_words

TODAY = date(2026, 11, 25)


def make_days(count: int, *, a_day: int, left: int, before: int = 0) -> list[Day]:
    """So many days that gave the same, today the last; before them so many on which there was no budget."""
    run = [Day(TODAY - timedelta(days=back), a_day, left + a_day * back) for back in range(count)]
    empty = [Day(TODAY - timedelta(days=count + back), 0, 0) for back in range(before)]
    return [*run, *empty][::-1]


def test_same_rate_every_day_ends_when_it_is_used_up() -> None:
    found = forecast(make_days(91, a_day=10, left=1090), over=30)
    assert found == Forecast(30, 300, date(2027, 3, 14))
    assert in_words(found, left=1090) == "At the rate of the last 30 days (10 a day) it lasts until 14 March 2027."


def test_younger_budget_is_judged_by_the_days_it_has_had() -> None:
    found = forecast(make_days(20, a_day=10, left=100, before=71), over=30)
    assert found == Forecast(20, 200, TODAY + timedelta(days=10))


@pytest.mark.parametrize(("known", "is_said"), [(13, False), (14, True)])
def test_under_two_weeks_nothing_is_said(known: int, is_said: bool) -> None:
    found = forecast(make_days(known, a_day=10, left=100, before=91 - known), over=30)
    assert (found is not None) == is_said


def test_words_for_every_case() -> None:
    assert in_words(None, left=5) == "Not enough history for a forecast: 14 days since it was funded are needed."
    assert in_words(None, left=0) == in_words(Forecast(30, 300, TODAY), left=-1) == "Nothing is left."
    assert in_words(forecast(make_days(91, a_day=0, left=5), over=30), left=5) == (
        "Nothing was credited in the last 30 days."
    )
    slow = forecast(make_days(91, a_day=1, left=10_000), over=90)
    assert in_words(slow, left=10_000) == "At the rate of the last 90 days (1 a day) it lasts longer than ten years."


def test_picture_goes_on_until_nothing_is_left() -> None:
    days = make_days(91, a_day=10, left=150)
    picture = draw(days, forecast(days, over=30))
    ahead = [week.left for week in picture.weeks if week.is_ahead]
    assert (len(picture.weeks), ahead) == (13 + 3, [80, 10, 0])
    assert [bar.kind for bar in picture.bars] == ["in"] * 13 + ["gone"] * 2
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 and 10 <= bar.y <= 198 for bar in picture.bars)
    assert [(line.label, line.is_zero) for line in picture.lines][:2] == [("0", True), ("200", False)]
    assert "150 points are left today." in picture.finding


def test_picture_of_an_empty_budget_has_no_bars() -> None:
    days = make_days(1, a_day=0, left=0, before=90)
    picture = draw(days, forecast(days, over=30))
    assert (picture.bars, picture.finding) == ([], "0 points are left today. Nothing is left.")
