"""Delegates, managers, escalation and what people are told of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from approvals import queries
from approvals.enums import ApprovalStatus
from approvals.errors import AlreadyDecided, DelegationInvalid, MayNotDecide
from approvals.models import Approval, Decision, Delegation
from approvals.operations import approvals, delegations, waiting
from approvals.tests.test_approvals import AT, ask, decide, make_approver, make_group
from messaging.models import Message
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def delegate(person: Person, to: Person, *, by: Person | None = None, days: int = 5, at: datetime = AT) -> Delegation:
    return delegations.name(
        person=person, delegate=to, starts_at=at - DAY, ends_at=at + days * DAY, by=by or person, at=at
    )


def insert(approval: Approval, by: Person, on_behalf_of: Person | None = None) -> None:
    with transaction.atomic():
        Decision.objects.create(approval=approval, by=by, on_behalf_of=on_behalf_of, verdict="approve", decided_at=AT)


def test_a_delegate_decides_on_behalf_of_whoever_is_away_and_both_are_recorded() -> None:
    away, stands_in, approval = make_approver(), make_person(), ask()
    with pytest.raises(MayNotDecide, match="Only members of HR approvers may decide this"):
        decide(approval, stands_in)
    delegate(away, stands_in)
    assert list(queries.waiting_for(stands_in, at=AT)) == [approval]
    assert decide(approval, stands_in).status == ApprovalStatus.APPROVED
    said = Decision.objects.get()
    assert (said.by, said.on_behalf_of, said.who) == (stands_in, away, f"{stands_in} for {away}")
    assert Message.objects.get(person=stands_in).title == f"You decide for {away} while they are away"


@pytest.mark.parametrize(
    ("starts", "ends", "may"), [(-DAY, DAY, True), (DAY, 2 * DAY, False), (timedelta(), DAY, True)]
)
def test_a_delegate_decides_within_the_dates_alone(starts: timedelta, ends: timedelta, may: bool) -> None:
    away, stands_in, approval = make_approver(), make_person(), ask()
    Delegation.objects.create(person=away, delegate=stands_in, starts_at=AT + starts, ends_at=AT + ends)
    assert (queries.objection(approval, stands_in, at=AT) is None) == may
    assert queries.waiting_for(stands_in, at=AT).exists() == may
    if not may:
        with pytest.raises(IntegrityError, match="whoever else was asked"):
            insert(approval, stands_in, away)


def test_the_last_moment_is_not_of_the_delegation() -> None:
    away, stands_in, approval = make_approver(), make_person(), ask()
    Delegation.objects.create(person=away, delegate=stands_in, starts_at=AT - DAY, ends_at=AT)
    assert queries.objection(approval, stands_in, at=AT) is not None
    assert queries.objection(approval, stands_in, at=AT - timedelta(microseconds=1)) is None


def test_nobody_passes_on_what_was_passed_to_them() -> None:
    first, second, third, approval = make_approver(), make_person(), make_person(), ask()
    delegate(first, second)
    Delegation.objects.create(person=second, delegate=third, starts_at=AT - DAY, ends_at=AT + DAY)
    assert not queries.waiting_for(third, at=AT).exists()
    with pytest.raises(MayNotDecide):
        decide(approval, third)
    with pytest.raises(IntegrityError, match="whoever else was asked"):
        insert(approval, third, first)


@pytest.mark.parametrize("role", ["requested_by_id", "beneficiary_id"])
def test_a_delegate_decides_nothing_that_either_asked_for_or_gains_from(role: str) -> None:
    away, stands_in = make_approver(), make_person()
    delegate(away, stands_in)
    for concerned, said in ((away, "nobody decides it for them"), (stands_in, "so somebody else decides")):
        approval = ask(**{role: concerned.pk})
        assert approval not in queries.waiting_for(stands_in, at=AT)
        with pytest.raises(MayNotDecide, match=said):
            decide(approval, stands_in)
        with pytest.raises(IntegrityError, match="may not decide"):
            insert(approval, stands_in, away)


def test_one_person_is_one_of_two_approvers_also_through_a_delegate() -> None:
    away, stands_in = make_approver(), make_person()
    delegate(away, stands_in)
    first, second, third = ask(required=2), ask(required=2), ask(required=2)
    decide(first, away)
    with pytest.raises(AlreadyDecided, match="decided this already"):
        decide(first, stands_in)
    decide(second, stands_in)
    for person in (away, stands_in):
        with pytest.raises(AlreadyDecided):
            decide(second, person)
        with pytest.raises(IntegrityError, match="heard once"):
            insert(second, person, away if person == stands_in else None)
    assert list(queries.waiting_for(stands_in, at=AT)) == [third]
    assert list(queries.waiting_for(away, at=AT)) == [first, second, third][2:]


def test_a_member_who_is_a_delegate_too_has_one_voice() -> None:
    away, member, approval = make_approver(), make_approver(), ask(required=2)
    delegate(away, member)
    assert decide(approval, member).status == ApprovalStatus.WAITING
    assert Decision.objects.get().on_behalf_of is None
    with pytest.raises(IntegrityError, match="heard once"):
        insert(approval, member, away)
    assert decide(approval, away).status == ApprovalStatus.APPROVED


def test_a_delegate_who_left_decides_nothing() -> None:
    away, stands_in, approval = make_approver(), make_person(), ask()
    delegate(away, stands_in)
    Person.objects.filter(pk=stands_in.pk).update(status=PersonStatus.LEFT)
    assert not queries.waiting_for(stands_in, at=AT).exists()
    with pytest.raises(MayNotDecide, match="work here"):
        decide(approval, stands_in)
    with pytest.raises(IntegrityError):
        insert(approval, stands_in, away)


def test_naming_is_refused_with_the_field_that_is_wrong() -> None:
    person, other, gone = make_person(), make_person(), make_person(status=PersonStatus.LEFT)
    superuser = make_person(is_superuser=True)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"to": person}, "somebody else"),
        ({"to": gone}, "Name somebody who works here"),
        ({"to": superuser, "by": superuser}, "Nobody makes themselves a delegate"),
        ({"to": other, "days": -2}, "not before the first"),
        ({"to": other, "days": 900}, "at most 366 days"),
    ]
    for fields, said in refused:
        with pytest.raises(DelegationInvalid, match=said):
            delegate(person, **fields)
    delegate(person, other)
    with pytest.raises(DelegationInvalid, match="End that first"):
        delegate(person, superuser)
    with pytest.raises(DelegationInvalid, match="away on some of these days as well"):
        delegate(superuser, person)
    with pytest.raises(IntegrityError, match="delegation_to_another"), transaction.atomic():
        Delegation.objects.create(person=person, delegate=person, starts_at=AT, ends_at=AT + DAY)
    with pytest.raises(IntegrityError, match="delegation_ends_after_start"), transaction.atomic():
        Delegation.objects.create(person=person, delegate=other, starts_at=AT, ends_at=AT - DAY)


def test_ending_takes_the_voice_back_and_history_says_who_did() -> None:
    away, stands_in, hr = make_approver(), make_person(), make_person()
    ask()
    delegation = delegate(away, stands_in)
    delegations.end(delegation.pk, by=hr, at=AT)
    assert not queries.waiting_for(stands_in, at=AT).exists()
    assert not queries.away(away, at=AT).exists()
    event = delegation.events.latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == str(hr.pk)
    later = Delegation.objects.create(person=away, delegate=stands_in, starts_at=AT + DAY, ends_at=AT + 2 * DAY)
    assert delegations.end(later.pk, by=hr, at=AT).ends_at == AT + DAY
    assert not queries.away(away, at=AT).exists()


def test_an_approver_decides_alone_until_it_escalates_to_their_manager() -> None:
    boss = make_person()
    manager, member = make_person(manager=boss), make_approver()
    approval = ask(approver_id=manager.pk, escalate_after_days=2)
    assert list(queries.waiting_for(manager, at=AT)) == [approval]
    for other in (member, boss):
        with pytest.raises(MayNotDecide, match=f"Only {manager} may decide this"):
            decide(approval, other)
    assert waiting.escalate(at=AT + DAY) == 0
    assert waiting.escalate(at=AT + 2 * DAY) == 1
    assert waiting.escalate(at=AT + 2 * DAY) == 0
    approval.refresh_from_db()
    assert (approval.escalated_at, approval.escalated_to) == (AT + 2 * DAY, boss)
    assert [each.person for each in Message.objects.filter(kind="approval_escalated").order_by("person__name")] == (
        sorted([manager, boss], key=lambda each: each.name)
    )
    with pytest.raises(MayNotDecide):
        decide(approval, member)
    with pytest.raises(IntegrityError, match="escalated already"), transaction.atomic():
        Approval.objects.update(escalated_to=member)
    assert decide(approval, boss).status == ApprovalStatus.APPROVED


def test_without_a_manager_who_may_it_escalates_to_the_group() -> None:
    requester = make_person()
    manager, member = make_person(manager=requester), make_approver()
    approval = ask(approver_id=manager.pk, requested_by_id=requester.pk)
    waiting.escalate(at=AT + 30 * DAY)
    approval.refresh_from_db()
    assert (approval.escalated_to, queries.whose(approval)) == (None, f"{manager} and members of HR approvers")
    assert decide(approval, member).status == ApprovalStatus.APPROVED


def test_a_group_escalates_to_the_group_that_was_named_and_to_nobody_without() -> None:
    further, outsider = make_group(), make_person()
    further = type(further).objects.create(name="Board")
    outsider.groups.add(further)
    alone, named = ask(), ask(escalate_to_id=further.pk, escalate_after_days=1)
    assert alone.escalate_at is None
    with pytest.raises(MayNotDecide):
        decide(named, outsider)
    with pytest.raises(IntegrityError):
        insert(named, outsider)
    assert waiting.escalate(at=AT + 30 * DAY) == 1
    named.refresh_from_db()
    assert decide(named, outsider).status == ApprovalStatus.APPROVED


def test_those_who_may_decide_are_told_once_and_reminded_once_a_day_at_a_civil_hour() -> None:
    lisbon, auckland = make_approver(time_zone="Europe/Lisbon"), make_approver(time_zone="Pacific/Auckland")
    asked = [ask(points=100, requested_by_id=lisbon.pk), ask(points=300), ask(points=500)]
    assert (waiting.tell(at=AT), waiting.tell(at=AT)) == (3, 0)
    told = dict(Message.objects.filter(kind="approval_waits").values_list("person", "title"))
    assert told == {
        lisbon.pk: "Waits for you: 2 requests, 800 points",
        auckland.pk: "Waits for you: 3 requests, 900 points",
    }
    assert waiting.remind(at=AT + DAY) == 0
    for hours in (0, 1, 24):
        waiting.remind(at=AT + 2 * DAY + timedelta(hours=hours))  # 10:00 in Lisbon, 21:00 in Auckland
    reminded = Message.objects.filter(kind="approval_reminder").order_by("created_at")
    assert [(each.person, each.title) for each in reminded] == [
        (lisbon, "Still waits for you: 2 requests, 800 points")
    ] * 2
    assert reminded[0].body.endswith("Asked for 2 days ago.")
    decide(asked[1], auckland)
    decide(asked[2], auckland)
    waiting.remind(at=AT + 4 * DAY)
    assert reminded.count() == 2


def test_whoever_asked_is_told_the_decision_with_its_note() -> None:
    requester, approver = make_person(), make_approver()
    decide(ask(requested_by_id=requester.pk), approver)
    approvals.decide(
        ask(requested_by_id=requester.pk).pk, by=approver, verdict="reject", content_hash="", note="Twice", at=AT
    )  # type: ignore[arg-type]
    told = Message.objects.filter(person=requester).order_by("kind").values_list("title", "body")
    assert list(told) == [
        ("Approved: 2,000 points for Ana", f"{approver}: fine"),
        ("Not approved: 2,000 points for Ana", f"{approver}: Twice"),
    ]


def test_the_queue_costs_the_same_for_one_and_for_many(django_assert_num_queries: Any) -> None:
    approver = make_approver()
    ask()
    with django_assert_num_queries(1):
        found = list(queries.waiting_for(approver, at=AT))
    with django_assert_num_queries(3):
        queries.standings(found, approver, at=AT)
    found = [ask(), ask(), *Approval.objects.all()]
    with django_assert_num_queries(1):
        list(queries.waiting_for(approver, at=AT))
    with django_assert_num_queries(3):
        queries.standings(found, approver, at=AT)


def test_the_sentences_and_the_database_agree_about_everybody() -> None:
    """The rules stand twice, in SQL and in sentences: compared over people in every position."""
    away, member, boss = make_approver(), make_approver(), make_person()
    manager, stands_in, outsider = make_person(manager=boss), make_person(), make_person(is_superuser=True)
    for person in (away, manager):
        delegate(person, stands_in)
    further = type(make_group()).objects.create(name="Board")
    outsider.groups.add(further)
    people = [away, member, boss, manager, stands_in, outsider, make_approver(status=PersonStatus.SUSPENDED)]
    rows = [
        ask(required=required, requested_by_id=asked and asked.pk, beneficiary_id=gains and gains.pk, **extra)
        for asked in (None, away, stands_in)
        for gains in (None, member, manager)
        for required, extra in (
            (1, {}),
            (2, {"escalate_to_id": further.pk}),
            (1, {"approver_id": manager.pk}),
            (1, {"approver_id": manager.pk, "escalate_to_id": further.pk}),
        )
    ]
    waiting.escalate(at=AT + 9 * DAY)
    for approval in Approval.objects.filter(required=2, pk__in=[each.pk for each in rows]):
        if queries.objection(approval, member, at=AT) is None:
            decide(approval, member)
    found = list(Approval.objects.all())
    for person in people:
        said = queries.standings(found, person, at=AT)
        assert {pk for pk, each in said.items() if each.objection is None and _waits(found, pk)} == set(
            queries.waiting_for(person, at=AT).values_list("pk", flat=True)
        ), person


def _waits(found: list[Approval], pk: Any) -> bool:
    return any(each.pk == pk and each.status == ApprovalStatus.WAITING for each in found)
