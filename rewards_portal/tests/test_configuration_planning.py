"""A plan says what would change, field by field."""

from typing import Any

from rewards_portal.configuration.planning import Plan, compare

LIVE: list[dict[str, Any]] = [
    {
        "slug": "stays",
        "name": "Stays",
        "limits": {"per_request": None},
        "rules": [{"slug": "old", "when": "true"}, {"slug": "top", "when": "event.rating > 4", "points": "500"}],
        "approval": [{"over": 1000, "approvals": 1}],
        "countries": ["DE"],
    },
    {"slug": "goes", "name": "Goes", "limits": {}, "rules": [], "approval": [], "countries": []},
]
WANTED: list[dict[str, Any]] = [
    {"slug": "new", "name": "New", "limits": {"per_request": None}, "rules": [], "approval": [], "countries": []},
    {
        "slug": "stays",
        "name": "Stays",
        "limits": {"per_request": 100},
        "rules": [{"slug": "top", "when": "event.rating > 4", "points": "600"}, {"slug": "more", "when": "false"}],
        "approval": [{"over": 1000, "approvals": 2}, {"over": 5000, "approvals": 2}],
        "countries": ["DE", "IN"],
    },
]
SAID = """programmes
  + new
      name: New
  ~ stays
      limits.per_request: null → 100
      rules.old: {when: 'true'} → removed
      rules.top.points: '500' → '600'
      rules.more.when: 'false'
      approval.1000.approvals: 1 → 2
      approval.5000.approvals: 2
      countries: [DE] → [DE, IN]
  - goes

1 to add, 1 to change, 1 to remove."""


def test_plan_says_each_field() -> None:
    section = compare("programmes", "slug", WANTED, LIVE)
    assert str(Plan([section])) == SAID
    assert (section.entries, section.removed) == (WANTED, ["goes"])


def test_plan_without_difference() -> None:
    plan = Plan([compare("programmes", "slug", list(reversed(LIVE)), LIVE)])
    assert (plan.is_empty, str(plan)) == (True, "No difference.")
