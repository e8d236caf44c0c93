"""Points that colleagues give each other."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from api.errors import PortalError
from messaging.models import Message
from people.models import Person
from people.tests.factories import make_person
from programs import allowances
from programs.enums import Source, StepApprover
from programs.models import AllowancePolicy, CompanyValue, PointsRequest, Programme, Recognition
from programs.operations import points_requests, recognitions
from programs.tests.factories import AT, approvers, credited, make_programme
from wallets.ledger_rules import findings
from wallets.queries import wallet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledger_stays_true() -> Any:
    yield
    assert list(findings()) == []


@pytest.fixture
def giver() -> Person:
    return make_person(name="Jonas Weber", joined_on=date(2020, 1, 1))


@pytest.fixture
def ana() -> Person:
    return make_person(name="Ana Ribeiro")


def make_recognition_programme(
    *, everyone: int = 500, carry_over: int = 0, managers: int = 0, **fields: Any
) -> Programme:
    programme = make_programme(**fields)
    policy = AllowancePolicy.objects.create(
        programme=programme, everyone=everyone, managers=managers, carry_over=carry_over
    )
    AllowancePolicy.objects.filter(pk=policy.pk).update(created_at=AT)
    for place, name in enumerate(("Customer first", "Own it")):
        CompanyValue.objects.create(programme=programme, name=name, position=place)
    return programme


def give(programme: Programme, to: Person, by: Person, points: int = 100, **changes: Any) -> Recognition:
    asked: dict[str, Any] = {"reason": "You stayed late.", "form_id": uuid4(), "at": AT} | changes
    return recognitions.give(programme=programme.slug, receiver=to, points=points, by=by, **asked)


def left(programme: Programme, giver: Person, at: Any = AT) -> int:
    return allowances.of([(AllowancePolicy.objects.get(programme=programme), giver)], at=at)[0].left


def refused(*args: Any, **changes: Any) -> str:
    with pytest.raises(PortalError) as raised:
        give(*args, **changes)
    return raised.value.code


def test_points_arrive_and_the_message_names_giver_reason_and_value(giver: Person, ana: Person) -> None:
    programme = make_recognition_programme()
    done = give(programme, ana, giver, value="Own it")
    request = PointsRequest.objects.get(pk=done.points_request_id)
    assert (request.source, request.status, request.requested_by) == (Source.RECOGNITION, "credited", giver)
    assert request.metadata == {"value": "Own it"}
    assert (done.giver, done.receiver, done.value.name) == (giver, ana, "Own it")  # type: ignore[union-attr]
    assert wallet(ana).available == 100
    assert left(programme, giver) == 400
    told = Message.objects.get(person=ana)
    assert (told.title, told.body) == ("Jonas Weber gave you 100 points", "“You stayed late.” · Own it")


def test_the_same_form_twice_is_one_recognition_even_when_the_allowance_is_used_up(giver: Person, ana: Person) -> None:
    programme, form_id = make_recognition_programme(everyone=100), uuid4()
    assert give(programme, ana, giver, form_id=form_id) == give(programme, ana, giver, form_id=form_id)
    assert refused(programme, ana, giver, form_id=form_id, reason="Something else") == "external_id_conflict"
    assert (wallet(ana).available, Recognition.objects.count()) == (100, 1)


def test_a_form_of_somebody_else_is_another_form(giver: Person, ana: Person) -> None:
    programme, form_id = make_recognition_programme(), uuid4()
    give(programme, ana, giver, form_id=form_id)
    give(programme, ana, make_person(), form_id=form_id)
    assert wallet(ana).available == 200


def test_what_nobody_could_grant_is_refused_and_nothing_is_written(giver: Person, ana: Person) -> None:
    programme = make_recognition_programme()
    gone = make_person(status="left")
    suspended = make_person(status="suspended")
    assert refused(programme, giver, giver) == "own_recognition"
    assert refused(programme, gone, giver) == refused(programme, suspended, giver) == "recipient_inactive"
    assert refused(programme, ana, giver, reason="  ") == "reason_missing"
    assert refused(programme, ana, giver, reason="x" * 501) == "reason_missing"
    assert refused(programme, ana, giver, value="Nothing of ours") == "unknown_value"
    assert refused(make_programme(), ana, giver) == "unknown_programme"
    for points in (0, -1, True, 2.0, 10_000_001):
        assert refused(programme, ana, giver, points=points) == "points_out_of_range"
    assert refused(programme, ana, giver, points=501) == "over_allowance"
    assert (PointsRequest.objects.count(), Recognition.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"per_request_limit": 50}, "over_request_limit"),
        ({"per_person_limit": 50, "per_person_limit_days": 30}, "over_person_limit"),
        ({"eligible": 'person.country == "IN"'}, "not_eligible"),
        ({"budget": 99}, "over_budget"),
        ({"status": "paused"}, "programme_not_active"),
    ],
)
def test_what_holds_for_every_request_holds_here_and_costs_no_allowance(
    giver: Person, ana: Person, fields: dict[str, Any], code: str
) -> None:
    programme = make_recognition_programme(**fields)
    assert refused(programme, ana, giver) == code
    assert (left(programme, giver), wallet(ana).available) == (500, 0)


def test_an_allowance_is_used_up_and_is_whole_again_on_the_first(giver: Person, ana: Person) -> None:
    programme = make_recognition_programme(everyone=250, carry_over=80)
    give(programme, ana, giver, points=200)
    assert refused(programme, ana, giver, points=51) == "over_allowance"
    give(programme, ana, giver, points=50)
    june = AT + timedelta(days=30)
    assert (left(programme, giver), left(programme, giver, june)) == (0, 250)
    give(programme, ana, giver, points=100, at=june)
    july = AT + timedelta(days=60)
    assert left(programme, giver, july) == 330
    give(programme, ana, giver, points=330, at=july)
    assert refused(programme, ana, giver, points=1, at=july) == "over_allowance"


def test_the_refusal_says_what_is_left_and_when_there_is_more(giver: Person, ana: Person) -> None:
    programme = make_recognition_programme(everyone=250)
    give(programme, ana, giver, points=200)
    with pytest.raises(PortalError, match="50 points of your 250 are left for this month"):
        give(programme, ana, giver, points=51)


def test_who_manages_nobody_has_no_allowance_where_only_managers_have_one(giver: Person, ana: Person) -> None:
    programme = make_recognition_programme(everyone=0, managers=300)
    assert refused(programme, ana, giver, points=1) == "over_allowance"
    Person.objects.filter(pk=ana.pk).update(manager=giver)
    give(programme, ana, giver, points=300)


def test_a_large_one_waits_and_comes_back_to_the_allowance_of_its_month_when_rejected(
    giver: Person, ana: Person
) -> None:
    programme = make_recognition_programme(carry_over=1000, steps=[(200, 1)])
    waits = give(programme, ana, giver, points=300)
    assert (wallet(ana).available, left(programme, giver)) == (0, 200)
    june = AT + timedelta(days=30)
    assert left(programme, giver, june) == 700  # 200 of May came along
    hr = make_person(is_staff=True)
    hr.groups.add(approvers())
    points_requests.reject(waits.points_request_id, by=hr, note="Twice for the same.", at=june)
    assert left(programme, giver) == 500
    assert left(programme, giver, june) == 1000
    assert [message.title[:40] for message in Message.objects.filter(person=giver)] == [
        "Not approved: 300 points for Ana Ribeiro"
    ]


def test_an_approved_one_names_the_giver_too_and_the_giver_does_not_decide(giver: Person, ana: Person) -> None:
    programme = make_recognition_programme(steps=[(200, 1)])
    waits = give(programme, ana, giver, points=300)
    giver.groups.add(approvers())
    with pytest.raises(PortalError) as raised:
        points_requests.approve(waits.points_request_id, by=giver, at=AT)
    assert raised.value.code == "may_not_decide"
    hr = make_person()
    hr.groups.add(approvers())
    points_requests.approve(waits.points_request_id, by=hr, at=AT)
    assert Message.objects.get(person=ana).title == "Jonas Weber gave you 300 points"
    assert left(programme, giver) == 200


def test_the_database_refuses_what_is_not_so(giver: Person, ana: Person) -> None:
    programme = make_recognition_programme()
    done = give(programme, ana, giver)
    elsewhere = CompanyValue.objects.create(programme=make_programme(), name="Elsewhere")
    request = credited(programme, ana, source=Source.RECOGNITION, requested_by=giver)
    right: dict[str, Any] = {"points_request": request, "giver": giver, "receiver": ana, "month": done.month}
    for wrong in (
        {"giver": ana},
        {"receiver": make_person()},
        {"value": elsewhere},
        {"points_request": credited(programme, ana, requested_by=giver)},
        {"month": done.month + timedelta(days=1)},
        {"points_request": done.points_request},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Recognition.objects.create(**(right | wrong))
    own = credited(programme, ana, source=Source.RECOGNITION, requested_by=ana)
    with pytest.raises(IntegrityError, match="recognition_not_of_oneself"), transaction.atomic():
        Recognition.objects.create(**(right | {"points_request": own, "giver": ana}))
    for change in (lambda: Recognition.objects.update(month=done.month), lambda: Recognition.objects.all().delete()):
        with pytest.raises(IntegrityError, match="kept"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError, match="allowance_policy_gives_something"), transaction.atomic():
        AllowancePolicy.objects.create(programme=make_programme())
    with pytest.raises(IntegrityError, match="allowance_policy_points_range"), transaction.atomic():
        AllowancePolicy.objects.create(programme=make_programme(), everyone=10_000_001)
    with pytest.raises(IntegrityError, match="company_value_once_per_programme"), transaction.atomic():
        CompanyValue.objects.create(programme=programme, name="Own it")
    with pytest.raises(IntegrityError, match="company_value_has_a_name"), transaction.atomic():
        CompanyValue.objects.create(programme=programme, name="")


def test_a_credit_by_api_takes_as_many_statements_as_ever(ana: Person) -> None:
    programme = make_programme()
    credited(programme, ana)
    with CaptureQueriesContext(connection) as queries:
        credited(programme, ana, external_id=UUID(int=1).hex)
    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 2


def test_the_manager_of_who_receives_approves_where_the_programme_says_so(giver: Person) -> None:
    lead = make_person(name="Inês Figueiredo")
    tomas = make_person(name="Tomás Queirós", manager=lead)
    programme = make_recognition_programme(steps=[(200, 1)])
    programme.approval_steps.update(approver=StepApprover.MANAGER)
    waits = give(programme, tomas, giver, points=300)
    points_requests.approve(waits.points_request_id, by=lead, at=AT)
    assert wallet(tomas).available == 300
    own = give(programme, tomas, lead, points=300)  # who gives does not approve, so the group does
    with pytest.raises(PortalError) as raised:
        points_requests.approve(own.points_request_id, by=lead, at=AT)
    assert raised.value.code == "may_not_decide"
    hr = make_person()
    hr.groups.add(approvers())
    points_requests.approve(own.points_request_id, by=hr, at=AT)
    assert wallet(tomas).available == 600
