from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations import times

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22T21:14:05+00:00", datetime(2026, 11, 22, 21, 14, 5, tzinfo=UTC)),
        ("2026-11-22T13:14:05.120-08:00", datetime(2026, 11, 22, 21, 14, 5, 120_000, tzinfo=UTC)),
        ("2026-11-22T21:14:05Z", datetime(2026, 11, 22, 21, 14, 5, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 21, 23, 0, tzinfo=UTC)),
        ("2026-07-22 12:00", datetime(2026, 7, 22, 10, 0, tzinfo=UTC)),
        ("1795420800123", datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=UTC)),
        (1795420800123, datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=UTC)),
        (1795420800.0, datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("/Date(1795382045000)/", datetime(2026, 11, 22, 21, 14, 5, tzinfo=UTC)),
        ("/Date(1795382045000+0120)/", datetime(2026, 11, 22, 21, 14, 5, tzinfo=UTC)),
        ("22-11-2026 18:44:05", datetime(2026, 11, 22, 17, 44, 5, tzinfo=UTC)),
        ("20261122 211405.120", datetime(2026, 11, 22, 20, 14, 5, 120_000, tzinfo=UTC)),
    ],
)
def test_parse_reads_what_systems_write(value: Any, expected: datetime) -> None:
    assert times.parse(value, BERLIN) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "03/04/2026",
        True,
        None,
        [],
        1.5,
        "9999999999999",
        "/Date(999999999999999)/",
        "0001-01-01",
        "2026-13-01",
    ],
)
def test_parse_refuses_what_is_no_time(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any message: the caller words it
        times.parse(value, BERLIN)
