"""A version of a rule is asked for by one person and turned on by another, and by nobody else."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.enums import Verdict
from approvals.errors import AlreadyDecided, ContentChanged, MayNotDecide
from approvals.models import Decision
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from people.models import Person
from people.tests.factories import make_person
from programs.enums import ApprovalSubject, RuleChangeStatus
from programs.errors import RuleUnchanged
from programs.expressions import ExpressionError
from programs.models import Programme, Rule, RuleChange, RuleVersion
from programs.operations import rule_changes, rules
from programs.tests.factories import AT, approvers, make_programme
from programs.tests.test_rules import WORDING

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return make_programme(slug="quarterly")


@pytest.fixture
def marta() -> Person:
    """Somebody who writes rules; an approver and a superuser too, which helps nothing with what she asked."""
    person = make_person(name="Marta Silva", is_superuser=True)
    person.groups.add(approvers())
    return person


@pytest.fixture
def jonas() -> Person:
    person = make_person(name="Jonas Weber")
    person.groups.add(approvers())
    return person


def propose(programme: Programme, by: Person, **change: Any) -> RuleChange:
    return rule_changes.propose(programme=programme, slug="top", by=by, at=AT, **{**WORDING, **change})


def live(programme: Programme) -> int | None:
    version = Rule.objects.get(programme=programme).live_version
    return version.number if version else None


def test_a_change_waits_and_a_second_person_turns_it_on(programme: Programme, marta: Person, jonas: Person) -> None:
    first = rules.write(programme=programme, slug="top", by=None, **WORDING)
    change = propose(programme, marta, points="700")
    assert (live(programme), change.version.number, change.replaces, change.status) == (1, 2, first, "waiting")
    assert (change.approval.kind, change.approval.requested_by, change.approval.programme) == (
        "rule",
        marta,
        "quarterly",
    )
    assert change.approval.summary == "Turn on version 2 of top in Programme " + programme.name.split()[-1]
    rule_changes.approve(change.pk, by=jonas, at=AT)
    change.refresh_from_db()
    assert (live(programme), change.status, change.closed_at) == (2, RuleChangeStatus.TURNED_ON, AT)


def test_a_new_rule_is_off_until_it_is_turned_on(programme: Programme, marta: Person, jonas: Person) -> None:
    change = propose(programme, marta)
    assert (live(programme), change.version.number, change.replaces) == (None, 1, None)
    rule_changes.approve(change.pk, by=jonas, at=AT)
    assert live(programme) == 1


def test_whoever_asked_does_not_turn_it_on_superuser_or_not(programme: Programme, marta: Person) -> None:
    change = propose(programme, marta)
    with pytest.raises(MayNotDecide):
        rule_changes.approve(change.pk, by=marta, at=AT)
    with pytest.raises(IntegrityError, match="may not decide"), transaction.atomic():
        Decision.objects.create(approval=change.approval, by=marta, verdict=Verdict.APPROVE, decided_at=timezone.now())
    assert live(programme) is None


def test_somebody_outside_the_group_does_not_turn_it_on(programme: Programme, marta: Person) -> None:
    with pytest.raises(MayNotDecide):
        rule_changes.approve(propose(programme, marta).pk, by=make_person(is_superuser=True), at=AT)
    assert live(programme) is None


def test_database_turns_nothing_on_that_was_not_approved(programme: Programme, marta: Person) -> None:
    change = propose(programme, marta)
    for values, said in (
        ({"status": "turned_on", "closed_at": AT}, "nobody approved"),
        ({"version": rules.add_version(change.rule, by=None, **{**WORDING, "points": "9"})}, "ask again"),
        ({"status": "waiting", "closed_at": AT}, "rule_change_closed_at_when_closed"),
        ({"status": "other", "closed_at": AT}, "rule_change_status_known"),
    ):
        with pytest.raises(IntegrityError, match=said), transaction.atomic():
            RuleChange.objects.filter(pk=change.pk).update(**values)
    with pytest.raises(IntegrityError, match="starts waiting"), transaction.atomic():
        RuleChange.objects.create(
            rule=change.rule, version=change.version, approval=change.approval, requested_by=marta, requested_at=AT,
            status="turned_on", closed_at=AT,
        )  # fmt: skip


def test_a_step_for_rules_says_who_and_how_many(programme: Programme, marta: Person, jonas: Person) -> None:
    programme.approval_steps.create(over=0, approvals=2, group=approvers(), applies_to=ApprovalSubject.RULES)
    change = propose(programme, marta)
    rule_changes.approve(change.pk, by=jonas, at=AT)
    assert live(programme) is None
    third = make_person()
    third.groups.add(approvers())
    rule_changes.approve(change.pk, by=third, at=AT)
    assert live(programme) == 1


@pytest.mark.parametrize("what", ["limit", "step", "live"])
def test_what_was_seen_is_bound(programme: Programme, marta: Person, jonas: Person, what: str) -> None:
    change = propose(programme, marta)
    if what == "limit":
        Programme.objects.filter(pk=programme.pk).update(per_request_limit=10)
    elif what == "step":
        programme.approval_steps.create(over=100, group=approvers())
    else:
        rules.write(programme=programme, slug="top", by=None, **{**WORDING, "points": "1"})
    with pytest.raises(ContentChanged):
        rule_changes.approve(change.pk, by=jonas, at=AT)
    assert live(programme) == (2 if what == "live" else None)
    again = propose(programme, marta)  # asked anew, as it is now
    assert (again.pk != change.pk, RuleChange.objects.get(pk=change.pk).status) == (True, "withdrawn")
    rule_changes.approve(again.pk, by=jonas, at=AT)
    assert Rule.objects.get().live_version == again.version


def test_what_does_not_decide_is_not_bound(programme: Programme, marta: Person, jonas: Person) -> None:
    change = propose(programme, marta)
    Programme.objects.filter(pk=programme.pk).update(budget_low_at=10, notify=["inbox", "email"])
    rule_changes.approve(change.pk, by=jonas, at=AT)
    assert live(programme) == 1


def test_rejected_with_a_note_leaves_what_is_live(programme: Programme, marta: Person, jonas: Person) -> None:
    rules.write(programme=programme, slug="top", by=None, **WORDING)
    change = propose(programme, marta, points="9000")
    rule_changes.reject(change.pk, by=jonas, note="Nine times the budget.", at=AT)
    assert (live(programme), RuleChange.objects.get().status) == (1, "rejected")
    assert Decision.objects.get().note == "Nine times the budget."
    for decide in (rule_changes.approve, rule_changes.reject):
        with pytest.raises(AlreadyDecided):
            decide(change.pk, by=jonas, at=AT)


def test_asking_twice_asks_once_and_another_wording_takes_its_place(programme: Programme, marta: Person) -> None:
    first = propose(programme, marta)
    assert propose(programme, marta) == first
    second = propose(programme, marta, points="700")
    first.refresh_from_db()
    assert (first.status, first.approval.status, second.version.number) == ("withdrawn", "withdrawn", 2)
    asked = NewApproval(
        kind="rule", summary="x", content_hash="0", group_id=approvers().pk, required=1, requested_by_id=marta.pk,
        beneficiary_id=None,
    )  # fmt: skip
    [approval] = approvals.ask([asked], at=AT)
    with pytest.raises(IntegrityError, match="rule_change_one_waits"), transaction.atomic():
        RuleChange.objects.create(
            rule=second.rule, version=first.version, approval=approval, requested_by=marta, requested_at=AT
        )


def test_withdrawn_is_decided_by_nobody(programme: Programme, marta: Person, jonas: Person) -> None:
    change = propose(programme, marta)
    rule_changes.withdraw(change.pk, at=AT)
    with pytest.raises(AlreadyDecided):
        rule_changes.approve(change.pk, by=jonas, at=AT)
    assert propose(programme, marta).version == change.version


def test_turning_off_is_one_persons_and_on_again_two_peoples(
    programme: Programme, marta: Person, jonas: Person
) -> None:
    rules.write(programme=programme, slug="top", by=None, **WORDING)
    rules.turn_off(programme=programme, slug="top", by=marta)
    change = propose(programme, marta)
    assert (live(programme), change.version.number, RuleVersion.objects.count()) == (None, 1, 1)
    rule_changes.approve(change.pk, by=jonas, at=AT)
    assert live(programme) == 1


def test_refused_where_nothing_differs_or_nothing_can_be_read(programme: Programme, marta: Person) -> None:
    rules.write(programme=programme, slug="top", by=None, **WORDING)
    with pytest.raises(RuleUnchanged):
        propose(programme, marta)
    with pytest.raises(ExpressionError):
        propose(programme, marta, when="event.rating >=")
    assert RuleChange.objects.count() == 0


def test_history_names_both(programme: Programme, marta: Person, jonas: Person) -> None:
    rule_changes.approve(propose(programme, marta).pk, by=jonas, at=AT)
    kept = Rule.pgh_event_models["insert"].objects.order_by("pgh_id").last()  # type: ignore[attr-defined]
    assert kept.pgh_context.metadata == {"user": str(jonas.pk), "asked_by": str(marta.pk)}
