"""What waits, in the portal and in the admin: who sees it, who decides it, one by one and together."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.models import Approval, Delegation
from messaging.models import Message
from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest, Programme
from programs.operations import adjustments
from programs.operations.points_requests import submit
from programs.tests.factories import approvers, make_programme, new
from rewards_portal import roles
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
ADMIN = reverse("admin:approvals_approval_changelist")


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def make_hr(*names: str, **fields: Any) -> Person:
    person = make_person(is_staff=True, **fields)
    person.groups.set(Group.objects.filter(name__in=names or [roles.HR_APPROVERS]))
    return person


@pytest.fixture
def manager() -> Person:
    return make_person(name="Jonas Weber")


@pytest.fixture
def programme() -> Programme:
    programme = make_programme(name="Spotlight", budget=3000)
    programme.approval_steps.create(over=100, approver="manager", group=approvers())
    programme.approval_steps.create(over=900, approvals=1, group=approvers())
    return programme


def ask(programme: Programme, manager: Person | None = None, points: int = 500, **fields: Any) -> Approval:
    """Ask for points for a report of a manager; over 900 the group decides."""
    [done] = submit([new(programme, make_person(manager=manager), points=points, **fields)], at=timezone.now())
    assert done.points_request is not None, done.error
    return Approval.objects.get(pk=done.points_request.approval_id)


def said(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def choice(page: str) -> list[str]:
    """Return the hidden members that say what was seen."""
    return [part.split('"')[0] for part in page.split('name="chosen" value="')[1:]]


def test_the_manager_of_who_gains_is_asked_and_decides_in_the_portal(programme: Programme, manager: Person) -> None:
    approval, client = ask(programme, manager), signed_in(manager)
    assert (approval.approver, approval.programme, approval.points) == (manager, programme.slug, 500)
    assert approval.summary in said(client.get("/approvals"))
    page = said(client.get(f"/approvals/{approval.pk}"))
    for shown in ("Spotlight: 3,000 left, 2,500 after", "Q3 rating 5", "Approve 500 points", "Four eyes."):
        assert shown in page
    form = {"chosen": choice(page), "alone": approval.pk}
    assert "write a note" in said(client.post("/approvals/decide", form | {"verdict": "reject"}, follow=True))
    answer = client.post("/approvals/decide", form | {"verdict": "approve"}, follow=True)
    assert "Approved: 500 points" in said(answer)
    assert PointsRequest.objects.get().status == "credited"
    assert list(findings()) == []


def test_where_there_is_no_manager_who_may_the_next_one_or_the_group_decides(programme: Programme) -> None:
    boss = make_person()
    asking = make_person(manager=boss)
    assert ask(programme, asking, requested_by=asking).approver == boss
    assert ask(programme, make_person(), requested_by=None).approver is not None
    alone = ask(programme, None)
    assert (alone.approver, alone.group, alone.escalate_at) == (None, approvers(), None)
    top = make_person()
    assert ask(programme, top, requested_by=top).approver is None


def test_strangers_learn_nothing(programme: Programme, manager: Person) -> None:
    approval = ask(programme, manager)
    for stranger in (make_person(), make_person(is_superuser=True)):
        client = signed_in(stranger)
        assert approval.summary not in said(client.get("/approvals"))
        assert client.get(f"/approvals/{approval.pk}").status_code == 404
        assert client.post("/approvals/together", {"id": [approval.pk]}).url == "/approvals"
        form = {"chosen": f"{approval.pk}:{approval.content_hash}", "verdict": "approve"}
        assert "Only Jonas Weber may decide this" in said(client.post("/approvals/decide", form, follow=True))
    assert Client().get("/approvals").status_code == 302
    assert PointsRequest.objects.get().status == "pending_approval"


def test_bad_input_is_answered_with_a_sentence(programme: Programme, manager: Person) -> None:
    approval, client = ask(programme, manager), signed_in(manager)
    good = f"{approval.pk}:{approval.content_hash}"
    for form in (
        {},
        {"chosen": good},
        {"chosen": good, "verdict": "maybe"},
        {"chosen": "x:y", "verdict": "approve"},
        {"chosen": f"{approval.pk}", "verdict": "approve"},
        {"chosen": f"{approval.pk}:{'b' * 64}", "verdict": "approve"},
        {"chosen": good, "verdict": "reject", "note": "\0 "},
        {"chosen": good, "verdict": "maybe", "alone": "\0"},
    ):
        answer = client.post("/approvals/decide", form, follow=True)
        assert answer.status_code == 200
        assert any(each.level_tag == "error" for each in answer.context["messages"]), form
    assert client.post("/approvals/together", {"id": ["x", "\0"]}, follow=True).status_code == 200
    assert PointsRequest.objects.get().status == "pending_approval"


def test_many_are_shown_with_their_sum_and_each_is_decided_for_itself(programme: Programme) -> None:
    hr = make_hr()
    free = [ask(programme, points=points) for points in (1000, 1500, 2500)]
    own = ask(programme, points=950, requested_by=hr)
    client = signed_in(hr)
    form = {"action": "decide_together", "_selected_action": [str(each.pk) for each in [*free, own]]}
    page = said(client.post(f"{ADMIN}?waits=anybody", form))
    assert "3 approvals, 5,000 points" in page
    assert "You asked for this, so somebody else decides." in page
    form = {"chosen": choice(page), "verdict": "approve", "note": "checked"}
    assert len(form["chosen"]) == 3
    answer = said(client.post(reverse("admin:approvals_approval_decide"), form, follow=True))
    assert "Approved: 2 requests, 2,500 points." in answer
    assert "holds fewer than 2,500 points" in answer
    assert sorted(PointsRequest.objects.values_list("points", "status")) == [
        (950, "pending_approval"),
        (1000, "credited"),
        (1500, "credited"),
        (2500, "pending_approval"),
    ]
    assert list(findings()) == []


def test_every_kind_stands_in_one_queue_and_is_filtered(programme: Programme) -> None:
    hr, proposer = make_hr(), make_hr(roles.HR_ADMINISTRATORS)
    request = ask(programme, points=1000)
    row = adjustments.propose(
        programme=programme, person=make_person(), points=-5, reason="Twice", by=proposer, at=timezone.now()
    )
    client = signed_in(hr)
    both = said(client.get(f"{ADMIN}?waits=me"))
    assert request.summary in both
    assert row.approval.summary in both
    only = said(client.get(f"{ADMIN}?waits=me&kind=adjustment"))
    assert request.summary not in only
    assert row.approval.summary in only
    assert row.approval.summary not in said(client.get(f"{ADMIN}?older_than_days=1"))
    assert row.approval.summary not in said(client.get(f"{ADMIN}?waits=nobody"))
    page = said(client.get(reverse("admin:approvals_approval_change", args=[row.approval_id])))
    assert "Take 5 points from" in page
    form = {"chosen": choice(page), "verdict": "reject", "note": "It was right"}
    client.post(reverse("admin:approvals_approval_decide"), form)
    row.refresh_from_db()
    assert row.status == "rejected"
    assert Message.objects.get(person=proposer, kind="request_rejected").body.endswith("It was right")


def test_who_may_not_decide_in_the_admin_does_not(programme: Programme) -> None:
    approval = ask(programme, points=1000)
    auditor = signed_in(make_hr(roles.AUDITORS))
    assert approval.summary in said(auditor.get(f"{ADMIN}?waits=anybody"))
    form = {"chosen": f"{approval.pk}:{approval.content_hash}", "verdict": "approve"}
    assert auditor.post(reverse("admin:approvals_approval_decide"), form).status_code == 403
    assert 'value="decide_together"' not in said(auditor.get(ADMIN))
    assert "Approve 1,000" not in said(auditor.get(reverse("admin:approvals_approval_change", args=[approval.pk])))


@pytest.mark.parametrize("path", ["/approvals", f"{ADMIN}?waits=me"])
def test_the_queues_cost_the_same_for_one_and_for_three(
    programme: Programme, path: str, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    client = signed_in(make_hr())
    ask(programme, points=1000)
    client.get(path)
    with django_assert_max_num_queries(40) as first:
        client.get(path)
    ask(programme, points=1000), ask(programme, points=2000)
    with django_assert_num_queries(len(first)):
        client.get(path)


def test_somebody_names_who_decides_while_they_are_away(programme: Programme, manager: Person) -> None:
    approval, stands_in = ask(programme, manager), make_person(email="ines@acme.example")
    today = timezone.localdate()
    client = signed_in(manager)
    form = {"delegate": "Ines@acme.example", "starts_on": f"{today}", "ends_on": f"{today}"}
    wrong = [{"delegate": "nobody@acme.example"}, {"delegate": manager.employee_number}, {"ends_on": "2020-01-01"}]
    for fields in [*wrong, {"starts_on": "soon"}, {"delegate": "\0"}]:
        answer = client.post("/approvals/away", form | fields)
        assert (answer.status_code, 'class="error"' in said(answer)) == (200, True)
    assert client.post("/approvals/away", form).url == "/approvals/away"
    delegation = Delegation.objects.get()
    assert delegation.delegate == stands_in
    helper = signed_in(stands_in)
    assert "You decide for <b>Jonas Weber</b>" in said(helper.get("/approvals"))
    page = said(helper.get(f"/approvals/{approval.pk}"))
    assert "You decide for Jonas Weber, who is away." in page
    end = f"/approvals/away/{delegation.pk}/end"
    assert helper.post(end).status_code == 404
    assert client.post(end).status_code == 302
    form = {"chosen": choice(page), "verdict": "approve"}
    assert "Only Jonas Weber may decide this" in said(helper.post("/approvals/decide", form, follow=True))


def test_hr_names_somebody_for_whoever_could_not_but_never_themselves(manager: Person) -> None:
    hr, today = make_hr(roles.HR_ADMINISTRATORS), timezone.localdate()
    client, add = signed_in(hr), reverse("admin:approvals_delegation_add")

    def name(delegate: Person) -> Any:
        fields = {"person": manager.employee_number, "delegate": delegate.employee_number}
        fields |= {"starts_on": f"{today}", "ends_on": f"{today}"}
        form = client.get(add).context["form"]
        shown = client.post(add, fields | {"form_id": form["form_id"].value(), "shown": ""})
        form = shown.context["form"]
        return client.post(add, fields | {each: str(form[each].value()) for each in ("form_id", "shown")}, follow=True)

    assert "Nobody makes themselves a delegate" in said(name(hr))
    colleague = make_person()
    assert f"{colleague} decides for {manager}, and was told." in said(name(colleague))
    rows = reverse("admin:approvals_delegation_changelist")
    client.post(rows, {"action": "end", "_selected_action": [str(Delegation.objects.get().pk)]})
    assert Delegation.objects.get().ends_at <= timezone.now()


def test_an_empty_list_says_whether_anything_was_looked_for() -> None:
    client = signed_in(make_hr())
    assert "Nothing yet." in said(client.get(ADMIN))
    assert "Nothing here fits." in said(client.get(f"{ADMIN}?waits=me"))
    assert "Nothing here fits." in said(client.get(f"{ADMIN}?q=x"))


def test_what_is_parked_shows_why_until_when_and_who_may_be_meant() -> None:
    programme = make_programme(unknown_recipients="park", park_for_days=30)
    make_person(name="Ana Ribeiro", employee_number="E10482", email="ana.ribeiro@acme.example")
    client = signed_in(make_hr())
    path = reverse("admin:programs_pointsrequest_changelist") + "?status__exact=parked"
    submit(
        [new(programme, recipient="E10428"), new(programme, recipient="email:ana.ribero@acme.example")],
        at=timezone.now(),
    )
    page = said(client.get(path))
    assert page.count("Ana Ribeiro (E10482)") == 2
    assert "Nobody is known as E10428" in page
    assert f"{timezone.localdate() + timedelta(days=30):%d %b %Y}" in page
