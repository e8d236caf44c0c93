"""Taking points back in the HR admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest, Reversal
from programs.tests.factories import credited, make_programme
from programs.tests.test_admin import page, said, signed_in
from programs.tests.test_admin_adjustments import hidden
from programs.tests.test_reversals import spend
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db


def make_role(*permissions: str) -> Person:
    group = Group.objects.create(name="-".join(permissions) or "none")
    group.permissions.set(Permission.objects.filter(codename__in=permissions))
    person = make_person(is_staff=True)
    person.groups.add(group)
    return person


def address(row: PointsRequest) -> str:
    return reverse("admin:programs_pointsrequest_reverse", args=[row.pk])


def test_hr_sees_the_shortfall_first_and_then_takes_the_points_back() -> None:
    ana = make_person(name="Ana Ribeiro")
    row = credited(make_programme(name="Spotlight"), ana)
    spend(ana, 100)
    client = signed_in(make_role("view_pointsrequest", "add_reversal", "view_reversal"))
    assert address(row) in said(client, page(row))
    fields: dict[str, Any] = {"reason": "Wrong person"}
    shown = client.post(address(row), fields | hidden(client.get(address(row))))
    assert "400 points of 500, into the budget of Spotlight" in shown.content.decode()
    assert "100 points: spent" in shown.content.decode()
    assert not Reversal.objects.exists()
    done = client.post(address(row), fields | hidden(shown), follow=True).content.decode()
    assert "400 points taken back from Ana Ribeiro. 100 points had been spent." in done
    assert "Wrong person" in said(client, page(row))
    assert address(row) not in done
    assert "Ana Ribeiro" in said(client, reverse("admin:programs_reversal_changelist"))
    assert "Wrong person" in said(client, page(Reversal.objects.get()))
    assert list(findings()) == []


def test_too_many_points_and_no_reason_are_said_in_the_form() -> None:
    row = credited(make_programme(), make_person())
    client = signed_in(make_role("view_pointsrequest", "add_reversal"))
    start = hidden(client.get(address(row)))
    many = client.post(address(row), {"reason": "x", "points": 501} | start).content.decode()
    assert "500 points of this request can be taken back at most." in many
    assert "This field is required" in client.post(address(row), {"reason": " "} | start).content.decode()


def test_who_may_only_look_takes_nothing_back() -> None:
    row = credited(make_programme(), make_person())
    auditor, outsider = signed_in(make_role("view_pointsrequest")), signed_in(make_role())
    assert address(row) not in said(auditor, page(row))
    for client in (auditor, outsider):
        assert client.post(address(row), {"reason": "x"}).status_code == 403
