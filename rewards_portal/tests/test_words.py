"""How numbers, money and dates are written."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.utils import timezone, translation

from rewards_portal import words

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize(("number", "written"), [(0, "0"), (18450, "18,450"), (1234567, "1,234,567"), (-400, "−400")])
def test_points_have_their_thousands_apart(number: int, written: str) -> None:
    assert words.points(number) == written


@pytest.mark.parametrize(("number", "written"), [(1000, "+1,000"), (-2500, "−2,500"), (0, "0")])
def test_what_comes_and_goes_has_its_sign(number: int, written: str) -> None:
    assert words.signed(number) == written


def test_money_keeps_its_cents_and_a_face_value_drops_them_where_it_is_round() -> None:
    assert (words.money(18450, "EUR"), words.money(-4420, "EUR")) == ("€184.50", "−€44.20")
    assert [words.face_value(value, "EUR") for value in (5000, 1250)] == ["€50", "€12.50"]
    assert (words.face_value(25000, "INR"), words.face_value(500, "JPY")) == ("₹250", "JP¥500")


def test_numbers_follow_the_language() -> None:
    with translation.override("de"):
        assert (words.points(18450), words.face_value(5000, "EUR")) == ("18.450", "50\xa0€")
    with translation.override("hi"):
        assert words.points(1234567) == "12,34,567"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (date(2026, 11, 30), "30 Nov"),
        (date(2027, 5, 1), "1 May 2027"),
        (datetime(2026, 9, 3, tzinfo=UTC), "3 Sep"),
    ],
)
def test_a_date_has_its_year_where_it_is_not_this_one(moment: date, written: str) -> None:
    assert words.short_date(moment) == written


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 24), "tomorrow"),
        (date(2026, 11, 30), "in 7 days"),
        (date(2026, 12, 7), "in 14 days"),
        (date(2026, 12, 8), "on 8 Dec"),
        (date(2026, 11, 22), "on 22 Nov"),
    ],
)
def test_what_is_near_is_said_in_days(moment: date, written: str) -> None:
    assert words.until(moment) == written


def test_days_are_those_of_the_readers_clock() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        assert words.local_date(late) == date(2026, 12, 1)
    with timezone.override("America/New_York"):
        assert words.local_date(late) == date(2026, 11, 30)


def test_what_expires_at_midnight_has_its_last_day_before() -> None:
    with timezone.override("Europe/Berlin"):
        assert words.last_day(datetime(2026, 11, 30, 23, tzinfo=UTC)) == date(2026, 11, 30)


@pytest.mark.parametrize(("hour", "written"), [(0, "morning"), (11, "morning"), (12, "afternoon"), (18, "evening")])
def test_the_greeting_follows_the_readers_clock(hour: int, written: str) -> None:
    with time_machine.travel(NOW.replace(hour=hour), tick=False):
        assert words.greeting() == f"Good {written}"
