"""Refunds in the HR admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from approvals.queries import hr_approvers
from people.models import Person
from people.tests.factories import make_person
from redemptions.models import OrderRefund, Voucher
from redemptions.operations import vouchers
from redemptions.tests.test_refunds import AT, delivered
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db


def signed_in(*permissions: str) -> Client:
    group = Group.objects.create(name="-".join(permissions) or "none")
    group.permissions.set(Permission.objects.filter(codename__in=permissions))
    person = make_person(is_staff=True)
    person.groups.add(group)
    return client_of(person)


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def hidden(answer: Any) -> dict[str, str]:
    form = answer.context["form"]
    return {name: str(form[name].value() or "") for name in ("form_id", "shown")}


def test_hr_asks_and_an_approver_refunds() -> None:
    order = delivered()
    vouchers.reveal(Voucher.objects.get().pk, person=order.person, at=AT)
    page = reverse("admin:redemptions_order_change", args=[order.pk])
    address = reverse("admin:redemptions_order_refund", args=[order.pk])
    hr = signed_in("view_order", "add_orderrefund", "view_orderrefund")
    assert address in hr.get(page).content.decode()
    fields = {"reason": "Wrong shop"}
    blocked = hr.post(address, fields | hidden(hr.get(address)))
    assert "Have the supplier block it" in blocked.content.decode()
    fields |= {"is_taken_back": "on"}
    shown = hr.post(address, fields | hidden(blocked))
    assert "1,000 points back to Ana Ribeiro for Kettle Lane voucher, €10" in shown.content.decode()
    assert "1 of 1 codes were seen" in shown.content.decode()
    assert not OrderRefund.objects.exists()
    assert "Another HR approver decides" in hr.post(address, fields | hidden(shown), follow=True).content.decode()
    assert "waits for an approver already" in hr.post(address, fields | hidden(shown)).content.decode()
    approver = signed_in("view_orderrefund", "add_decision")
    approver_person = Person.objects.latest("pk")
    approver_person.groups.add(hr_approvers())
    refund = OrderRefund.objects.get()
    waiting = reverse("admin:redemptions_orderrefund_change", args=[refund.pk])
    assert "Refund 1,000 points" in approver.get(waiting).content.decode()
    decide = reverse("admin:redemptions_orderrefund_decide", args=[refund.pk])
    assert "refunded." in approver.post(decide, {"verdict": "approve"}, follow=True).content.decode()
    order.refresh_from_db()
    assert order.status == "refunded"
    assert address not in hr.get(page).content.decode()
    assert approver.get(reverse("admin:redemptions_orderrefund_changelist")).status_code == 200
    assert list(findings()) == []


def test_auditor_looks_and_outsider_does_not() -> None:
    order = delivered()
    address = reverse("admin:redemptions_order_refund", args=[order.pk])
    auditor, outsider = signed_in("view_order", "view_orderrefund"), signed_in()
    assert address not in auditor.get(reverse("admin:redemptions_order_change", args=[order.pk])).content.decode()
    for client in (auditor, outsider):
        assert client.post(address, {"reason": "x"}).status_code == 403
    assert outsider.get(reverse("admin:redemptions_orderrefund_changelist")).status_code == 403
