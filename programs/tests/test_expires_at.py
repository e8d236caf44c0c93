"""When points expire: at the end of the person's own day, on days with a change of clocks too."""

from datetime import UTC, datetime

import pytest

from people.models import Person
from programs.judgement import expires_at
from programs.models import Programme

LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # already the next day in Berlin, still 1 March in Lisbon


@pytest.mark.parametrize(
    ("zone", "credited_at", "days", "expected"),
    [
        ("UTC", LATE, 30, datetime(2026, 4, 1, tzinfo=UTC)),
        ("Europe/Berlin", LATE, 30, datetime(2026, 4, 1, 22, tzinfo=UTC)),  # summer time by then
        ("Europe/Lisbon", LATE, 27, datetime(2026, 3, 29, 0, tzinfo=UTC)),  # ends with the night the clocks go forward
        ("Europe/Lisbon", LATE, 28, datetime(2026, 3, 29, 23, tzinfo=UTC)),  # a day of 23 hours
        ("Europe/Lisbon", datetime(2026, 10, 24, 12, tzinfo=UTC), 1, datetime(2026, 10, 26, 0, tzinfo=UTC)),  # of 25
        ("America/Sao_Paulo", datetime(2018, 11, 3, 12, tzinfo=UTC), 0, datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 29, 12, tzinfo=UTC), 0, datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 5, 4, 18, 29, tzinfo=UTC), 0, datetime(2026, 5, 4, 18, 30, tzinfo=UTC)),
        ("Nowhere/Land", LATE, 0, datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_points_expire_at_the_end_of_the_persons_own_day(
    zone: str, credited_at: datetime, days: int, expected: datetime
) -> None:
    found = expires_at(Programme(points_expire_after_days=days), Person(time_zone=zone), credited_at)
    assert found == expected
    assert found is not None
    assert found > credited_at


def test_points_of_a_programme_without_a_term_never_expire() -> None:
    assert expires_at(Programme(points_expire_after_days=None), Person(time_zone="UTC"), LATE) is None
