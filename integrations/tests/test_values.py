from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.errors import UnmappedRecord
from integrations.values import NoValue, convert, scalar

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (4, "number", 4),
        (4.0, "number", 4),
        ("4", "number", 4),
        ("4.0", "number", 4),
        (" 4.00 ", "number", 4),
        ("4 - Exceeds Expectations", "number", 4),
        ("4-Exceeds", "number", 4),
        ("4: Exceeds", "number", 4),
        ("4 (Exceeds)", "number", 4),
        ("4 of 5", "number", 4),
        ("4/5", "number", 4),
        ("4 Exceeds", "number", 4),
        ("3,5", "number", 3.5),
        ("116.67%", "number", 116.67),
        ("-3", "number", -3),
        ("+3", "number", 3),
        ("12", "integer", 12),
        (12.0, "integer", 12),
        (58231, "string", "58231"),
        ("007", "string", "007"),
        (4.5, "string", "4.5"),
        (True, "string", "true"),
        ("Yes", "boolean", True),
        ("f", "boolean", False),
        (0, "boolean", False),
        ("2026-11-22T23:30:00Z", "date", "2026-11-23"),
        ("22-11-2026", "date", "2026-11-22"),
        ("2026-11-22T12:00:00", "time", "2026-11-22T11:00:00Z"),
        ({"a": 1}, None, {"a": 1}),
        ("Unrated", None, "Unrated"),
    ],
)
def test_convert_reads_what_systems_write(value: Any, kind: str | None, expected: Any) -> None:
    converted = convert("rating", value, {"as": kind} if kind else {}, BERLIN)
    assert (converted, type(converted)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "how"),
    [
        (None, {}),
        ("", {}),
        ("  ", {"as": "string"}),
        (None, {"as": "number"}),
        (-1971, {"as": "number"}),
        (-1972, {"as": "number"}),
        ("-1972", {"as": "number"}),
        ("-1972.0", {"as": "number"}),
        (-1972.0, {"as": "integer"}),
        ("-1971 - Too New to Rate", {"as": "number"}),
        ("Unrated", {"as": "number"}),
        ("UNRATED", {"as": "number"}),
        ("n/a", {"as": "number"}),
        ("N/A", {"as": "number"}),
        ("Too New to Rate", {"as": "number"}),
        (0, {"as": "number", "none_if": [0]}),
        ("0.0", {"as": "number", "none_if": ["0"]}),
        ("pending", {"none_if": ["Pending"]}),
        ("0 - not yet", {"as": "string", "none_if": [0]}),
    ],
)
def test_convert_counts_as_none(value: Any, how: dict[str, Any]) -> None:
    with pytest.raises(NoValue):
        convert("rating", value, how, BERLIN)


@pytest.mark.parametrize(
    ("value", "how", "said"),
    [
        ("Exceeds", {"as": "number"}, 'rating: "Exceeds" is not a number.'),
        ("1,234", {"as": "number"}, 'rating: "1,234" is not a number.'),
        ("2026-11-22", {"as": "number"}, 'rating: "2026-11-22" is not a number.'),
        ("4.5.6", {"as": "number"}, 'rating: "4.5.6" is not a number.'),
        (True, {"as": "number"}, "rating: True is not a number."),
        ("1e400", {"as": "number"}, 'rating: "1e400" is not a number.'),
        (1e300, {"as": "number"}, "rating: 1e+300 is not a number."),
        ({"a": 1}, {"as": "number"}, "rating: a group of values is not a number."),
        ([4], {"as": "number"}, "rating: a list is not a number."),
        ("4.5", {"as": "integer"}, "rating: 4.5 is not a whole number."),
        ("9", {"as": "number", "min": 0, "max": 5}, "rating: 9 is outside 0 to 5."),
        ("-1", {"as": "number", "min": 0}, "rating: -1 is outside 0 to …."),
        ("maybe", {"as": "boolean"}, 'rating: "maybe" is neither true nor false.'),
        ("03/04/2026", {"as": "date"}, 'rating: "03/04/2026" is not a day.'),
        ("soon", {"as": "time"}, 'rating: "soon" is not a time.'),
        ([1], {"as": "string"}, "rating: a list is not one value."),
        ("x" * 99, {"as": "number"}, f'rating: "{"x" * 39}…" is not a number.'),
    ],
)
def test_convert_refuses_and_says_why(value: Any, how: dict[str, Any], said: str) -> None:
    with pytest.raises(UnmappedRecord) as caught:
        convert("rating", value, how, BERLIN)
    assert (caught.value.detail, caught.value.pointer) == (said, "/data/rating")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00104512", "00104512"),
        (104512, "104512"),
        (104512.0, "104512"),
        (None, ""),
        (True, ""),
        ({}, ""),
        (" E1 ", "E1"),
    ],
)
def test_scalar_keeps_zeros_and_takes_numbers(value: Any, expected: str) -> None:
    assert scalar(value) == expected
