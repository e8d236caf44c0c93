"""What decided requests lead to: who is asked, and what people are told."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Message
from people.models import Person
from people.tests.factories import make_person
from programs.enums import Source, StepApprover
from programs.models import PointsRequest, Programme
from programs.operations import points_requests
from programs.operations.points_requests import submit
from programs.tests.factories import AT, approvers, credited, make_programme, new
from programs.tests.test_recognitions import give, make_recognition_programme
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledger_stays_true() -> Iterator[None]:
    yield
    assert list(findings()) == []


def asked_of_managers() -> Programme:
    programme = make_programme(steps=[(100, 1)])
    programme.approval_steps.update(approver=StepApprover.MANAGER)
    return programme


def decider(row: PointsRequest) -> Person | None:
    assert row.approval is not None
    return row.approval.approver


class TestAsking:
    def test_manager_is_asked_and_above_one_who_left_the_manager_s_own(self) -> None:
        above = make_person()
        here, gone = make_person(manager=above), make_person(manager=above, status="left")
        programme = asked_of_managers()
        assert decider(credited(programme, make_person(manager=here))) == here
        assert decider(credited(programme, make_person(manager=gone))) == above

    def test_group_is_asked_where_nobody_stands_above(self) -> None:
        programme = asked_of_managers()
        alone = credited(programme, make_person())
        orphan = credited(programme, make_person(manager=make_person(status="left")))
        assert [decider(alone), decider(orphan)] == [None, None]
        hr = make_person()
        hr.groups.add(approvers())
        assert points_requests.approve(alone.pk, by=hr, at=AT).status == "credited"

    def test_the_question_says_what_it_is_about_and_when_to_remind_and_to_pass_it_on(self) -> None:
        programme, leads = make_programme(steps=[(100, 1)]), Group.objects.create(name="Leads")
        programme.approval_steps.update(remind_after_days=4, escalate_after_days=9, escalate_to=leads)
        question = credited(programme, make_person()).approval
        assert question is not None
        assert (question.programme, question.points) == (programme.slug, 500)
        assert (question.remind_after_days, question.escalate_to) == (4, leads)
        assert question.escalate_at == AT + timedelta(days=9)

    def test_a_long_list_costs_no_more_statements_than_one(self) -> None:
        programme, above = asked_of_managers(), make_person()
        counts = []
        for size in (1, 3):
            managers = [make_person(manager=above, status="left") for _ in range(size)]
            asked = [new(programme, make_person(manager=manager)) for manager in managers]
            with CaptureQueriesContext(connection) as statements:
                done = submit(asked, at=AT)
            assert [decider(each.points_request) for each in done if each.points_request] == [above] * size
            counts.append(len(statements))
        assert counts[0] == counts[1]


class TestTelling:
    def test_only_a_recognition_names_who_asked_and_the_value(self) -> None:
        ana, hr = make_person(), make_person()
        credited(
            make_programme(), ana, requested_by=hr, source=Source.UPLOAD, external_id="1", metadata={"value": "Own it"}
        )
        told = Message.objects.get(person=ana)
        assert (told.title, told.body) == ("You earned 500 points", "Q3 rating 5")

    def test_a_recognition_without_a_value_quotes_the_words_alone(self) -> None:
        ana, jonas = make_person(), make_person(name="Jonas Weber")
        give(make_recognition_programme(), ana, jonas)
        assert Message.objects.get(person=ana).body == "“You stayed late.”"
