"""Adjustments in the HR admin, as the proposer, an approver, an auditor and somebody without a role see them."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from people.models import Person
from people.tests.factories import make_person
from programs.models import Adjustment
from programs.tests.factories import credited, make_programme
from programs.tests.test_admin import page, said, signed_in
from wallets.ledger_rules import findings
from wallets.models import Account

pytestmark = pytest.mark.django_db
ADD, LIST = reverse("admin:programs_adjustment_add"), reverse("admin:programs_adjustment_changelist")
ROLES = {
    "HR approvers": ["programs.view_adjustment", "approvals.add_decision"],
    "HR administrators": ["programs.view_adjustment", "programs.add_adjustment"],
    "Auditors": ["programs.view_adjustment"],
}


def make_role(role: str) -> Person:
    group, _ = Group.objects.get_or_create(name=role)
    for name in ROLES[role]:
        app_label, _, codename = name.partition(".")
        group.permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
    person = make_person(is_staff=True)
    person.groups.add(group)
    return person


def hidden(answer: Any) -> dict[str, str]:
    form = answer.context["form"]
    return {name: str(form[name].value() or "") for name in ("form_id", "shown")}


def propose(client: Client, **fields: Any) -> Any:
    """Fill the form in, look at what it would do, and press the button; return both answers."""
    shown = client.post(ADD, fields | hidden(client.get(ADD)))
    return shown, client.post(ADD, fields | hidden(shown), follow=True)


def test_hr_sees_what_happens_proposes_and_somebody_else_approves() -> None:
    hr, approver = make_role("HR administrators"), make_role("HR approvers")
    programme, ana = make_programme(name="Spotlight", budget=1000), make_person(name="Ana Ribeiro")
    credited(programme, ana)
    fields = {"programme": programme.pk, "person": ana.employee_number, "points": -200, "reason": "Counted twice"}
    client = signed_in(hr)
    shown, done = propose(client, **fields)
    text = shown.content.decode()
    for sentence in (
        "Take 200 points from Ana Ribeiro",
        "300 points available after, 500 now",
        "Spotlight: 500 left, 700 after",
    ):
        assert sentence in text
    assert "Another HR approver decides." in done.content.decode()
    row = Adjustment.objects.get()
    client.post(ADD, fields | hidden(shown))  # the button pressed twice
    assert Adjustment.objects.count() == 1
    assert "Approve" not in said(client, page(row))
    assert "Take 200 points from Ana Ribeiro" in said(signed_in(approver), page(row))
    decide = reverse("admin:programs_adjustment_decide", args=[row.pk])
    assert "write a note" in signed_in(approver).post(decide, {"verdict": "reject"}, follow=True).content.decode()
    answer = signed_in(approver).post(decide, {"verdict": "approve", "note": "ok"}, follow=True)
    assert f"-200 points for {ana}: done." in answer.content.decode()
    assert Account.objects.get(person=ana).points == 300
    assert list(findings()) == []


def test_what_is_changed_after_it_was_shown_is_shown_again() -> None:
    client, programme, ana = signed_in(make_role("HR administrators")), make_programme(), make_person()
    fields = {"programme": programme.pk, "person": ana.employee_number, "points": 100, "reason": "Late"}
    shown = client.post(ADD, fields | hidden(client.get(ADD)))
    again = client.post(ADD, fields | hidden(shown) | {"points": 900})
    assert "Give 900 points" in again.content.decode()
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"person": "E404404"}, "Nobody has this employee number"),
        ({"points": 0}, "at least one point"),
        ({"points": "x"}, "Enter a whole number"),
        ({"reason": " "}, "This field is required"),
    ],
)
def test_a_form_that_cannot_be_says_what_to_mend(change: dict[str, Any], complaint: str) -> None:
    client, programme, ana = signed_in(make_role("HR administrators")), make_programme(), make_person()
    fields = {"programme": programme.pk, "person": ana.employee_number, "points": 100, "reason": "Late"}
    assert complaint in client.post(ADD, hidden(client.get(ADD)) | fields | change).content.decode()


def test_a_proposer_who_approves_others_does_not_decide_their_own() -> None:
    hr = make_role("HR administrators")
    hr.groups.add(make_role("HR approvers").groups.get())
    client, programme, ana = signed_in(hr), make_programme(), make_person()
    propose(client, programme=programme.pk, person=ana.employee_number, points=5, reason="Late")
    row = Adjustment.objects.get()
    assert "You asked for this, so somebody else decides." in said(client, page(row))
    decide = reverse("admin:programs_adjustment_decide", args=[row.pk])
    assert "You asked for this" in client.post(decide, {"verdict": "approve"}, follow=True).content.decode()
    own = client.post(ADD, {**hidden(client.get(ADD)), **fields_for(programme, hr)})
    assert (
        "cannot adjust your own wallet"
        in client.post(ADD, {**hidden(own), **fields_for(programme, hr)}).content.decode()
    )


def fields_for(programme: Any, person: Person) -> dict[str, Any]:
    return {"programme": programme.pk, "person": person.employee_number, "points": 5, "reason": "Late"}


def test_auditor_looks_and_outsider_does_not() -> None:
    propose(signed_in(make_role("HR administrators")), **fields_for(make_programme(), make_person()))
    row, auditor, outsider = Adjustment.objects.get(), make_role("Auditors"), make_person(is_staff=True)
    assert "Late" in said(signed_in(auditor), page(row))
    decide = reverse("admin:programs_adjustment_decide", args=[row.pk])
    for client in (signed_in(auditor), signed_in(outsider)):
        assert client.get(ADD).status_code == 403
        assert client.post(decide, {"verdict": "approve"}).status_code == 403
    assert signed_in(outsider).get(LIST).status_code == 403


def test_list_asks_as_much_for_three_as_for_one() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, programme = signed_in(make_role("HR administrators")), make_programme()
    counts = []
    for number in (1, 2):
        for _ in range(number):
            propose(client, **fields_for(programme, make_person()))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
