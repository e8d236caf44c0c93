"""The section `programmes` of the configuration file."""

from datetime import date
from typing import Any

import pytest
import yaml

from api.configuration import ConfigurationError
from people.tests.factories import make_person
from programs.config import SECTIONS
from programs.models import ApprovalStep, Programme, RuleVersion
from programs.operations import rules
from programs.tests.factories import AT, approvers, credited, make_programme

pytestmark = pytest.mark.django_db
SECTION = SECTIONS["programmes"]

# the contract's own example
CONTRACT = """
- slug: quarterly-performance
  name: Quarterly performance
  status: active                 # draft | active | paused | ended
  starts_on: 2026-01-01
  ends_on: null
  points_expire_after_days: 365  # null: never
  unknown_recipients: park       # refuse | park
  eligible: 'person.country in ["IN", "DE"]'      # CEL, optional
  approval:
    - {over: 1000, approvals: 1, group: HR approvers}
    - {over: 5000, approvals: 2, group: HR approvers}
  limits: {per_request: 10000, per_person: {points: 20000, days: 90}}
  budget: {low_at: 50000}
  notify: [inbox, email, slack, teams]
  rules:
    - slug: top-rating
      event: performance.rating_submitted
      when: 'event.rating >= 4.0 && event.form == "annual"'
      points: "event.rating >= 4.5 ? 1000 : 500"
      reason: "Rated {event.rating} for {event.period}"
      once_per: [event.period]   # one credit per person and period, whatever arrives
"""


def contract(**changes: Any) -> list[dict[str, Any]]:
    approvers()
    [entry] = yaml.safe_load(CONTRACT)
    return [entry | changes]


def apply(entries: list[Any], removed: tuple[str, ...] = ()) -> None:
    SECTION.apply(SECTION.normalise(entries), removed=list(removed), by=None, at=AT)


def test_contracts_example_is_applied_and_exported_as_it_stands() -> None:
    apply(contract())
    programme = Programme.objects.get()
    assert (programme.slug, programme.starts_on, programme.ends_on) == ("quarterly-performance", date(2026, 1, 1), None)
    assert [(step.over, step.approvals, step.group.name) for step in programme.approval_steps.all()] == [
        (1000, 1, "HR approvers"),
        (5000, 2, "HR approvers"),
    ]
    assert (programme.per_request_limit, programme.per_person_limit, programme.per_person_limit_days) == (
        10000,
        20000,
        90,
    )
    assert SECTION.export() == contract()


def test_export_is_read_as_itself() -> None:
    apply(contract())
    apply([{"slug": "bare", "name": "Bare"}])
    programme = make_programme(slug="by-hand", notify=["slack"], eligible=" true ")
    rules.write(
        programme=programme, slug="b", event_type="x", when="true", points="5", reason="r", once_per=[], by=None
    )
    rules.write(
        programme=programme, slug="a", event_type="x", when=" true", points="5", reason="r", once_per=[], by=None
    )
    exported = SECTION.export()
    assert [entry["slug"] for entry in exported] == ["bare", "by-hand", "quarterly-performance"]
    assert SECTION.normalise(exported) == exported


def test_defaults_are_filled_in() -> None:
    assert SECTION.normalise([{"slug": "bare", "name": "Bare"}]) == [
        {
            "slug": "bare",
            "name": "Bare",
            "status": "draft",
            "starts_on": None,
            "ends_on": None,
            "points_expire_after_days": None,
            "unknown_recipients": "refuse",
            "eligible": "",
            "approval": [],
            "limits": {"per_request": None, "per_person": None},
            "budget": {"low_at": None},
            "notify": ["inbox"],
            "rules": [],
        }
    ]


def rule(**changes: Any) -> dict[str, Any]:
    return {"rules": [contract()[0]["rules"][0] | changes]}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"status": "live"}, (0, "status")),
        ({"expires": 5}, (0, "expires")),
        ({"slug": "two words"}, (0, "slug")),
        ({"name": None}, (0,)),
        ({"starts_on": "soon"}, (0, "starts_on")),
        ({"ends_on": "2025-01-01"}, (0, "ends_on")),
        ({"points_expire_after_days": 0}, (0, "points_expire_after_days")),
        ({"points_expire_after_days": True}, (0, "points_expire_after_days")),
        ({"eligible": "person.country =="}, (0, "eligible")),
        ({"eligible": "event.rating > 4"}, (0, "eligible")),
        ({"approval": [{"over": 5, "approvals": 3, "group": "HR approvers"}]}, (0, "approval", 0, "approvals")),
        ({"approval": [{"over": 5, "group": "Nobody"}]}, (0, "approval", 0, "group")),
        ({"approval": [{"over": 5, "group": "HR approvers", "who": 1}]}, (0, "approval", 0, "who")),
        ({"approval": [{"over": 5, "group": "HR approvers"}] * 2}, (0, "approval", 1, "over")),
        ({"approval": "HR"}, (0, "approval")),
        ({"limits": {"per_request": 10_000_001}}, (0, "limits", "per_request")),
        ({"limits": {"per_person": {"points": 5}}}, (0, "limits", "per_person")),
        ({"limits": {"per_day": 5}}, (0, "limits", "per_day")),
        ({"budget": {"points": 5}}, (0, "budget", "points")),
        ({"notify": ["inbox", "fax"]}, (0, "notify", 1)),
        ("when", (0, "rules", 0, "when")),
        ("points", (0, "rules", 0, "points")),
        ("reason", (0, "rules", 0, "reason")),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_path(change: Any, path: tuple[Any, ...]) -> None:
    wrong = rule(**{change: "{event.rating >"}) if isinstance(change, str) else change
    with pytest.raises(ConfigurationError) as caught:
        SECTION.normalise(contract(**wrong))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"once_per": ["event.period", "event."]}, ("once_per", 1)),
        ({"once_per": "event.period"}, ("once_per",)),
        ({"event": ""}, ("event",)),
        ({"if": "true"}, ("if",)),
        ({"when": "manager.rating > 4"}, ("when",)),
    ],
)
def test_what_cannot_be_taken_of_a_rule_is_refused_with_its_path(change: dict[str, Any], path: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SECTION.normalise(contract(**rule(**change)))
    assert caught.value.path == (0, "rules", 0, *path)


def test_points_may_be_a_plain_number() -> None:
    assert SECTION.normalise(contract(**rule(points=500)))[0]["rules"][0]["points"] == "500"


def test_change_writes_a_version_of_the_rule_that_differs_and_turns_off_the_one_left_out() -> None:
    first = contract()[0]["rules"][0]
    apply(contract(rules=[first, first | {"slug": "other"}]))
    apply(contract(rules=[first | {"points": "600"}], name="Renamed", approval=[], limits=None))
    programme = Programme.objects.get()
    versions = RuleVersion.objects.order_by("rule__slug", "number")
    assert [(version.rule.slug, version.number) for version in versions] == [
        ("other", 1),
        ("top-rating", 1),
        ("top-rating", 2),
    ]
    assert (programme.name, programme.approval_steps.count(), programme.per_person_limit) == ("Renamed", 0, None)
    assert [entry["slug"] for entry in SECTION.export()[0]["rules"]] == ["top-rating"]


def test_applying_the_same_again_changes_nothing() -> None:
    def kept() -> tuple[int, int, int]:
        programme = Programme.objects.get()
        steps = ApprovalStep.pgh_event_models["insert"].objects.count()  # type: ignore[attr-defined]
        return programme.events.count(), steps, RuleVersion.objects.count()  # type: ignore[attr-defined]

    apply(contract())
    before = kept()
    apply(contract())
    assert kept() == before == (1, 2, 1)


def test_history_says_who_applied() -> None:
    by = make_person()
    SECTION.apply(SECTION.normalise(contract()), removed=[], by=by, at=AT)
    event = Programme.objects.get().events.get()  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == str(by.pk)


def test_removing_what_was_never_used_deletes_it() -> None:
    apply(contract())
    apply([], removed=("quarterly-performance",))
    assert (Programme.objects.count(), RuleVersion.objects.count()) == (0, 0)


def test_removing_what_gave_points_or_holds_them_is_refused() -> None:
    credited(make_programme(slug="used"), make_person())
    make_programme(slug="funded")
    make_programme(slug="bare", budget=0)
    for slug in ("used", "funded"):
        with pytest.raises(ConfigurationError, match=f"{slug} has points requests or a funded budget"):
            apply([], removed=("bare", slug))
