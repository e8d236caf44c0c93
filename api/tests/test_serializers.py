"""The short cut of `StrictSerializer.takes` takes nothing that reading would refuse or change."""

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from api.fields import POINTS_MAX, ObjectField, PointsField, RecipientField, TextField
from api.serializers import StrictSerializer


class NoteSerializer(StrictSerializer):
    """One field of each kind that has a short cut."""

    recipient = RecipientField(max_length=12)
    points = PointsField()
    reason = TextField(max_length=8)
    external_id = TextField(max_length=4, required=False, allow_null=True)
    subject = TextField(max_length=8, required=False, trim_whitespace=True)
    metadata = ObjectField(required=False)


GOOD = {"recipient": "E1", "points": 5, "reason": "Well"}
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, POINTS_MAX, POINTS_MAX + 1, 2**70, [], ["a"], {}, {"a": [None]}),
    *(
        "",
        " ",
        "a",
        "E1",
        " a ",
        "a b",
        "a\0",
        "\ud800",
        "a\nb",
        "\u2028",
        "\u00a0",
        "ä",
        "🎉",
        "x" * 8,
        "x" * 9,
        "x" * 13,
    ),
    *("email:", "email:a@b", "email:a b", "scim:", "scim:a", "E1\n"),
]


@pytest.mark.parametrize("name", [*NoteSerializer().fields, "unknown", "Points"])
def test_what_the_short_cut_takes_reading_returns_as_it_is(name: str) -> None:
    reader = NoteSerializer()
    taken = [item for item in (GOOD | {name: value} for value in VALUES) if reader.takes(item)]
    assert [reader.run_validation(item) for item in taken] == taken


@pytest.mark.parametrize(
    "item",
    [
        GOOD,
        GOOD | {"external_id": None},
        GOOD | {"external_id": "a-1", "metadata": {"any": ["thing", None]}},
        GOOD | {"recipient": "email:a@b.de", "points": POINTS_MAX, "reason": "x" * 8},
    ],
)
def test_usual_items_take_the_short_cut(item: dict[str, Any]) -> None:
    assert NoteSerializer().takes(item)


@pytest.mark.parametrize("item", [None, [], "x", {}, {"points": 5}, GOOD | {"points": 0}, GOOD | {"note": 1}])
def test_bad_items_do_not(item: Any) -> None:
    assert not NoteSerializer().takes(item)
    with pytest.raises(ValidationError):
        NoteSerializer().run_validation(item)
