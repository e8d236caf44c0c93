"""The section `programmes` of the configuration file."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
import yaml
from django.db import IntegrityError, transaction

from api.configuration import ConfigurationError
from people.models import Department
from people.tests.factories import make_person
from programs import queries
from programs.config import SECTIONS
from programs.enums import ApprovalSubject
from programs.models import ApprovalStep, Programme, RuleVersion
from programs.operations import (
    adjustments,
    budget_closings,
    budget_transfers,
    department_budgets,
    fundings,
    rule_changes,
    rules,
    uploads,
)
from programs.tests.factories import AT, approvers, credited, make_programme
from programs.tests.test_rules import WORDING
from wallets.ledger_rules import findings
from wallets.models import Account

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
    [entry] = contract()
    assert SECTION.export() == [
        entry | {"limits": {**entry["limits"], "per_programme": None}, "budget": {**entry["budget"], "departments": []}}
    ]


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
            "limits": {"per_request": None, "per_person": None, "per_programme": None},
            "budget": {"low_at": None, "departments": []},
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


STEPS_FOR_OTHERS: list[dict[str, Any]] = [
    {"over": 1000, "approvals": 1, "group": "HR approvers"},
    {"over": 0, "approvals": 1, "group": "HR approvers", "for": "uploads"},
    {"over": 1000, "approvals": 2, "group": "HR approvers", "for": "fundings"},
    {"over": 0, "approvals": 1, "group": "HR approvers", "for": "rules"},
]


def test_steps_for_uploads_fundings_and_rules_stand_beside_those_for_requests() -> None:
    written: list[dict[str, Any]] = [*reversed(STEPS_FOR_OTHERS[1:]), STEPS_FOR_OTHERS[0] | {"for": "requests"}]
    written[0] = {"group": "HR approvers", "for": "rules"}  # a rule has no points to be over
    apply(contract(approval=written))
    assert SECTION.export()[0]["approval"] == STEPS_FOR_OTHERS
    programme = Programme.objects.get()
    assert [step.over for step in queries.terms([programme.slug])[programme.slug].steps] == [1000]
    kept = list(programme.approval_steps.values_list("pk", flat=True))
    apply(contract(approval=STEPS_FOR_OTHERS))
    assert list(programme.approval_steps.values_list("pk", flat=True)) == kept


MANAGERS: list[dict[str, Any]] = [
    {"over": 200, "approvals": 1, "group": "HR approvers", "approver": "manager"},
    {
        **{"over": 1000, "approvals": 2, "group": "HR approvers"},
        **{"remind_after_days": 1, "escalate_after_days": 3, "escalate_to": "HR approvers"},
    },
]


def test_who_decides_and_what_becomes_of_what_nobody_decides_are_read_and_exported() -> None:
    apply(contract(approval=MANAGERS, park_for_days=30))
    [entry] = SECTION.export()
    assert (entry["approval"], entry["park_for_days"]) == (MANAGERS, 30)
    assert SECTION.normalise([entry]) == [entry]
    apply(contract())
    assert "park_for_days" not in SECTION.export()[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"approvals": 2}, "A manager decides points requests alone"),
        ({"for": "uploads"}, "A manager decides points requests alone"),
        ({"approver": "boss"}, "boss is not known here"),
        ({"remind_after_days": 0}, "remind_after_days must be a whole number from 1 to 365"),
        ({"escalate_after_days": 366}, "escalate_after_days must be a whole number from 1 to 365"),
        ({"escalate_to": "Bord"}, "Bord is not known here"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        SECTION.normalise(contract(approval=[MANAGERS[0] | change]))


def test_two_steps_over_the_same_points_are_refused_for_one_subject_alone() -> None:
    step = STEPS_FOR_OTHERS[1]
    SECTION.normalise(contract(approval=[step, step | {"for": "requests"}]))
    with pytest.raises(ConfigurationError, match="two steps over 0 for uploads"):
        SECTION.normalise(contract(approval=[step, step]))
    with pytest.raises(ConfigurationError, match="over must be a whole number from 0 to 0"):
        SECTION.normalise(contract(approval=[step | {"for": "rules", "over": 1}]))
    with pytest.raises(ConfigurationError, match="Did you mean uploads"):
        SECTION.normalise(contract(approval=[step | {"for": "upload"}]))


def test_step_for_is_the_highest_threshold_passed_of_that_subject() -> None:
    programme = make_programme(steps=[(100, 1), (500, 2)])
    for subject, over in (("fundings", 100), ("fundings", 700), ("rules", 0)):
        programme.approval_steps.create(applies_to=subject, over=over, approvals=1, group=approvers())

    def over(subject: ApprovalSubject, points: int = 0) -> int | None:
        step = queries.step_for(programme, subject, points=points)
        return step.over if step else None

    assert [over(ApprovalSubject.REQUESTS, points) for points in (100, 101, 501)] == [None, 100, 500]
    assert [over(ApprovalSubject.FUNDINGS, points) for points in (100, 101, 700, 701)] == [None, 100, 100, 700]
    assert (over(ApprovalSubject.RULES), over(ApprovalSubject.UPLOADS, 10**6)) == (0, None)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"applies_to": "orders", "over": 0}, "approval_step_applies_to_known"),
        ({"applies_to": "rules", "over": 1}, "approval_step_rules_have_no_points"),
        ({"applies_to": "requests", "over": 7}, "approval_step_once_per_threshold"),
        ({"approver": "manager", "applies_to": "uploads", "over": 8}, "approval_step_manager_decides_requests"),
        ({"remind_after_days": 0, "over": 8}, "approval_step_remind_days_range"),
        ({"escalate_after_days": 0, "over": 8}, "approval_step_escalate_days_range"),
    ],
)
def test_steps_that_make_no_sense_are_refused_by_the_database(columns: dict[str, Any], constraint: str) -> None:
    programme = make_programme(steps=[(7, 1)])
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        programme.approval_steps.create(approvals=1, group=approvers(), **columns)


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


def _funded() -> Programme:
    return make_programme(slug="used")


def _gave_points() -> Programme:
    programme = make_programme(slug="used")
    credited(programme, make_person())
    return programme


def _filled_by_a_transfer() -> Programme:
    other, programme = make_programme(), make_programme(slug="used", budget=0)
    ends = {"from_account_id": other.budget_id, "to_account_id": programme.budget_id}
    budget_transfers.propose(**ends, points=10, reason="Plan", by=make_person(), at=AT)
    return programme


def _has_a_transfer_that_waits() -> Programme:
    other, programme = make_programme(), make_programme(slug="used", budget=0)
    step = {"applies_to": ApprovalSubject.FUNDINGS, "over": 0, "approvals": 1}
    ApprovalStep.objects.create(programme=other, group=approvers(), **step)
    ends = {"from_account_id": other.budget_id, "to_account_id": programme.budget_id}
    budget_transfers.propose(**ends, points=10, reason="Plan", by=make_person(), at=AT)
    return programme


def _has_a_department_budget() -> Programme:
    programme, department = make_programme(slug="used", budget=0), Department.objects.create(name="Law")
    department_budgets.give(programme=programme, department=department, by=None, at=AT)
    return programme


def _has_a_closing() -> Programme:
    programme = make_programme(slug="used", budget=0)
    budget_closings.propose(programme=programme, year=AT.year, carry_over_max=0, by=make_person(), at=AT)
    return programme


def _has_an_adjustment() -> Programme:
    programme, (by, person) = make_programme(slug="used", budget=0), (make_person(), make_person())
    adjustments.propose(programme=programme, person=person, points=5, reason="Missed", by=by, at=AT)
    return programme


def _has_an_upload() -> Programme:
    programme = make_programme(slug="used", budget=0)
    uploads.receive(
        file=BytesIO(b"recipient,points,reason\nE1,5,Good\n"),
        name="a.csv",
        programme=programme,
        by=make_person(),
        at=AT,
    )
    return programme


def _has_a_rule_change() -> Programme:
    programme = make_programme(slug="used", budget=0)
    approvers()
    rule_changes.propose(programme=programme, slug="top", **WORDING, by=make_person(), at=AT)
    return programme


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (_gave_points, "points requests"),
        (_funded, "a funded budget"),
        (_filled_by_a_transfer, "a budget that points moved through"),
        (_has_a_transfer_that_waits, "transfers of its budget"),
        (_has_a_department_budget, "budgets of departments"),
        (_has_a_closing, "closed years"),
        (_has_an_adjustment, "adjustments"),
        (_has_an_upload, "uploads"),
        (_has_a_rule_change, "rules that people decided about"),
    ],
)
def test_removing_what_was_used_is_refused_and_says_what_to_write(use: Callable[[], Programme], said: str) -> None:
    use()
    make_programme(slug="bare", budget=0)
    with pytest.raises(ConfigurationError) as caught:
        apply([], removed=("bare", "used"))
    assert caught.value.detail == (
        f"used has {said}, so it stays: keep its entry and write `status: ended` in it, and nothing more is given. "
        "`config export` prints the entry as it is live."
    )


def test_departments_get_budgets_change_and_lose_them_with_their_points() -> None:
    sales, law = (Department.objects.create(name=name) for name in ("Sales", "Law"))
    entry = {"slug": "values", "name": "Values"}
    apply([entry | {"budget": {"low_at": 9, "departments": [{"department": "Sales", "low_at": 5}]}}])
    programme = Programme.objects.get()
    budget = programme.department_budgets.get()
    assert (budget.department, budget.low_at) == (sales, 5)
    fundings.fund(programme=programme, points=100, reference="", at=AT)
    budget_transfers.propose(
        from_account_id=programme.budget_id,
        to_account_id=budget.account_id,
        points=40,
        reason="Plan",
        by=make_person(),
        at=AT,
    )
    apply([entry | {"budget": {"departments": [{"department": "Sales"}, {"department": "Law"}]}}])
    assert sorted(programme.department_budgets.values_list("department__name", "low_at")) == [
        ("Law", None),
        ("Sales", None),
    ]
    exported = SECTION.export()
    assert SECTION.normalise(exported) == exported
    apply([entry | {"budget": {"departments": [{"department": "Law"}]}}])
    assert programme.department_budgets.get(closed_at=None).department == law
    assert Account.objects.get(pk=programme.budget_id).points == 100
    assert list(findings()) == []


@pytest.mark.parametrize(
    ("departments", "path"),
    [
        ([{"department": "Elsewhere Ltd"}], ("departments", 0, "department")),
        ([{"department": "Sales"}, {"department": "Sales"}], ("departments", 1, "department")),
        ([{"department": "Sales", "low_at": -1}], ("departments", 0, "low_at")),
        ([{"department": "Sales", "points": 5}], ("departments", 0, "points")),
        ([{}], ("departments", 0)),
    ],
)
def test_impossible_departments_are_refused_where_they_stand(departments: Any, path: Any) -> None:
    Department.objects.create(name="Sales")
    with pytest.raises(ConfigurationError) as error:
        SECTION.normalise([{"slug": "a", "name": "A", "budget": {"departments": departments}}])
    assert error.value.path[:2] == (0, "budget")
    assert error.value.path[2 : 2 + len(path)] == path


def test_limit_of_a_programme_is_applied_and_exported() -> None:
    limits = {"per_programme": {"points": 10**12, "days": 365}}
    apply([{"slug": "values", "name": "Values", "limits": limits}])
    assert SECTION.export()[0]["limits"] == {"per_request": None, "per_person": None} | limits
    for wrong in ({"points": 0, "days": 1}, {"points": 5}, {"points": 10**12 + 1, "days": 1}, {"points": 1, "days": 0}):
        with pytest.raises(ConfigurationError):
            SECTION.normalise([{"slug": "a", "name": "A", "limits": {"per_programme": wrong}}])
