"""The ten rules of docs/hr.md do what they say, and its table of names is whole."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.conf import settings

from people.models import Department, Person
from programs import expressions, rule_drafts
from programs.expression_checks import FIELDS
from programs.models import Programme
from programs.operations import rules
from programs.operations.rules import Wording

PAGE = (settings.BASE_DIR / "docs" / "hr.md").read_text(encoding="utf-8")
AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
GIVEN: list[tuple[dict[str, Any], int, str]] = [
    ({"rating": 4.5, "period": "2026-Q3"}, 1000, "Rated 4.5 for 2026-Q3"),
    ({"form": "annual", "rating": 5, "year": 2026}, 2500, "Best rating of 2026"),
    ({}, 1000, "5 years with us"),
    ({"sales": 130, "target": 100, "quarter": "Q3"}, 650, "130 % of the target in Q3"),
    ({"goals": [{"percent": 80}, {"percent": 100}, {"percent": 120}], "period": "H2"}, 500, "Goals reached in H2"),
    ({"course": "safety-basics"}, 100, "Finished safety-basics"),
    ({"referred": "E77"}, 1000, "Brought us a new colleague"),
    ({"shift": "night", "on": "2026-11-20"}, 50, "Night shift on 2026-11-20"),
    ({"joined_on": date(2026, 10, 1)}, 300, "A good start"),
    ({"by": "007", "note": "You kept calm."}, 150, "Your manager says: You kept calm."),
]
REFUSED: dict[int, dict[str, Any]] = {
    0: {"rating": 3.9, "period": "x"},
    1: {"form": "mid-year", "rating": 5, "year": 2026},
    3: {"sales": 110, "target": 100, "quarter": "Q3"},
    4: {"goals": [{"percent": 80}], "period": "H2"},
    5: {"course": "cooking"},
    6: {"referred": "E1"},
    7: {"shift": "day", "on": "x"},
    8: {"joined_on": date(2020, 1, 1)},
    9: {"by": "008", "note": ""},
}


def worked() -> list[Wording]:
    """Return the rules of the page's table."""
    table = PAGE[PAGE.index("Ten rules to start from") :].split("\n\n")[1].splitlines()[2:]
    found: list[Wording] = []
    for line in table:
        when, points, reason, *once = re.findall(r"`([^`]+)`", line)
        found.append({"event_type": "t", "when": when, "points": points, "reason": reason, "once_per": once})
    return found


def evaluated(number: int, event: dict[str, Any]) -> rule_drafts.Evaluated:
    values = dict(event)
    joined_on = values.pop("joined_on", date(2021, 11, 1))
    person = Person(
        employee_number="E1",
        country="DE",
        department=Department(name="Support"),
        manager=Person(employee_number="007"),
        joined_on=joined_on,
    )
    variables = {
        "event": values,
        "person": expressions.person_variables(person, at=AT),
        "programme": expressions.programme_variables(Programme(slug="p", name="P")),
        "now": AT,
    }
    return rule_drafts.evaluate(worked()[number], variables)


def test_there_are_ten() -> None:
    assert len(worked()) == len(GIVEN) == 10


@pytest.mark.parametrize("number", range(10))
def test_each_can_be_saved_and_gives_what_it_says(number: int) -> None:
    rules.check(**worked()[number])
    event, points, reason = GIVEN[number]
    found = evaluated(number, event)
    assert (found.error, found.wanted, found.points, found.reason) == (None, True, points, reason)


@pytest.mark.parametrize("number", sorted(REFUSED))
def test_each_leaves_alone_what_it_is_not_for(number: int) -> None:
    found = evaluated(number, REFUSED[number])
    assert (found.error, found.wanted) == (None, False)


def test_target_of_zero_is_an_error_and_no_credit() -> None:
    found = evaluated(3, {"sales": 130, "target": 0, "quarter": "Q3"})
    assert found.wanted is None
    assert found.error is not None
    assert "divides by zero" in found.error.detail


def test_page_names_every_field() -> None:
    names = {f"{root}.{name}" for root, fields in FIELDS.items() for name in fields}
    missing = {name for name in names if f"`{name}`" not in PAGE}
    assert missing == {"person.employee_number", "programme.starts_on", "programme.ends_on"}
