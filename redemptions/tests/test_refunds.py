"""Refunds of delivered orders, by two people."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.errors import AlreadyDecided, MayNotDecide
from approvals.queries import hr_approvers
from messaging.models import Message
from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import OrderRefundStatus, TravelCreditStatus
from redemptions.errors import (
    CodeGone,
    CodesNotTakenBack,
    CreditInUse,
    CreditSuspended,
    NotRefundable,
    NotYours,
    OwnOrder,
    RefundReasonMissing,
    RefundWaits,
)
from redemptions.models import Order, OrderRefund, TravelCredit, Voucher, VoucherCode
from redemptions.operations import orders, refunds, travel_credits, vouchers
from redemptions.tests.factories import add_codes, make_product, make_travel_credit
from wallets.ledger_rules import findings
from wallets.models import Account, Lot
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _ledger_stays_true(request: pytest.FixtureRequest) -> Any:
    yield
    if "planted" not in request.node.name:
        assert list(findings()) == []


def make_approver() -> Person:
    person = make_person()
    person.groups.add(hr_approvers())
    return person


def delivered(*lots: Any, quantity: int = 1) -> Order:
    """Return a delivered order of vouchers for 1,000 points each, of somebody with these lots."""
    person = make_person(name="Ana Ribeiro")
    make_wallet(*(lots or (5000,)), person=person)
    product = make_product(name="Kettle Lane")
    add_codes(product, count=quantity)
    order = orders.place(
        person=person, product=product, face_value=1000, quantity=quantity, external_id=str(uuid4()), at=AT
    )
    return orders.fulfil(order.pk, at=AT)


def asked(order: Order, **fields: Any) -> OrderRefund:
    return refunds.ask(order.pk, **({"reason": "Wrong shop", "by": make_person(), "at": AT} | fields))


def test_points_come_back_into_the_lots_they_came_from_and_the_codes_are_void() -> None:
    soon, later = AT + timedelta(days=20), AT + timedelta(days=200)
    order = delivered((600, soon), (4000, later), quantity=2)
    assert sorted(Lot.objects.values_list("remaining", flat=True)) == [0, 2600]
    refund = asked(order)
    assert Account.objects.get(person=order.person).points == 2600
    refunds.approve(refund.pk, by=make_approver(), at=AT)
    order.refresh_from_db()
    refund.refresh_from_db()
    assert (order.status, order.status_reason, order.closed_at) == ("refunded", "Wrong shop", AT)
    assert (refund.status, order.refund.points, order.refund.kind) == (OrderRefundStatus.DONE, 2000, "refund")
    assert sorted(Lot.objects.values_list("remaining", "expires_at")) == [(600, soon), (4000, later)]
    assert {(code.status, code.order_id) for code in VoucherCode.objects.all()} == {("void", None)}
    told = Message.objects.get(kind="order_refunded")
    assert (told.person, told.title) == (order.person, "2,000 points are back")
    assert told.body == ("Your 2 Kettle Lane vouchers, €10 each, were refunded and no longer work. Why: Wrong shop")
    with pytest.raises(NotYours):
        vouchers.reveal(Voucher.objects.all()[0].pk, person=order.person, at=AT)


def test_a_code_that_was_seen_needs_the_suppliers_word() -> None:
    order = delivered()
    vouchers.reveal(Voucher.objects.get().pk, person=order.person, at=AT)
    with pytest.raises(CodesNotTakenBack, match="Have the supplier block it"):
        asked(order)
    refunds.approve(asked(order, is_taken_back=True).pk, by=make_approver(), at=AT)
    order.refresh_from_db()
    assert order.status == "refunded"


def test_a_code_that_was_seen_after_asking_blocks_the_approval() -> None:
    order = delivered()
    refund = asked(order)
    vouchers.reveal(Voucher.objects.get().pk, person=order.person, at=AT)
    with pytest.raises(CodesNotTakenBack):
        refunds.approve(refund.pk, by=make_approver(), at=AT)
    refund.refresh_from_db()
    assert (refund.status, refund.approval.decisions.count()) == (OrderRefundStatus.WAITING, 0)


def test_a_travel_credit_loses_its_value() -> None:
    credit = make_travel_credit(5000, at=AT)
    refunds.approve(asked(credit.order).pk, by=make_approver(), at=AT)
    credit.refresh_from_db()
    assert (credit.balance, credit.status(at=AT)) == (0, TravelCreditStatus.REFUNDED)
    assert Account.objects.get(person=credit.order.person).points == credit.order.points
    with pytest.raises(CreditSuspended):
        travel_credits.authorise(travel_credit_id=credit.pk, amount=1, currency="EUR", reference="b", at=AT)


def test_a_travel_credit_with_a_booking_is_not_refunded_until_that_is_cancelled() -> None:
    credit = make_travel_credit(5000, at=AT)
    booked = travel_credits.authorise(travel_credit_id=credit.pk, amount=700, currency="EUR", reference="b", at=AT)
    with pytest.raises(CreditInUse, match=r"€7\.00 of this travel credit is booked\. Cancel the bookings"):
        asked(credit.order)
    travel_credits.capture(booked.pk, travel_credit_id=credit.pk, at=AT)
    with pytest.raises(CreditInUse):
        asked(credit.order)
    travel_credits.refund(travel_credit_id=credit.pk, amount=700, currency="EUR", reference="back", at=AT)
    refunds.approve(asked(credit.order).pk, by=make_approver(), at=AT)
    assert TravelCredit.objects.get().balance == 0


def test_four_eyes_hold_for_asker_owner_outsider_and_superuser() -> None:
    order, asker = delivered(), make_approver()
    order.person.groups.add(hr_approvers())
    refund = asked(order, by=asker)
    for person in (asker, order.person, make_person(), make_person(is_superuser=True)):
        with pytest.raises(MayNotDecide):
            refunds.approve(refund.pk, by=person, at=AT)


def test_refund_against_refund_is_one_effect() -> None:
    order = delivered()
    refund = asked(order)
    with pytest.raises(RefundWaits):
        asked(order)
    refunds.approve(refund.pk, by=make_approver(), at=AT)
    for decide in (refunds.approve, refunds.reject):
        with pytest.raises(AlreadyDecided):
            decide(refund.pk, by=make_approver(), at=AT)
    with pytest.raises(NotRefundable):
        asked(order)
    assert Account.objects.get(person=order.person).points == 5000


def test_rejected_moves_nothing_tells_who_asked_and_can_be_asked_again() -> None:
    order, asker = delivered(), make_person()
    refund = asked(order, by=asker)
    refunds.reject(refund.pk, by=make_approver(), note="It was used", at=AT)
    assert Message.objects.get(person=asker).body.endswith(": It was used")
    order.refresh_from_db()
    assert order.status == "fulfilled"
    asked(order)


def test_what_cannot_be_refunded() -> None:
    order = delivered()
    with pytest.raises(OwnOrder):
        asked(order, by=order.person)
    for reason in (" ", "x" * 301):
        with pytest.raises(RefundReasonMissing):
            asked(order, reason=reason)
    add_codes(order.product)
    placed = orders.place(person=order.person, product=order.product, face_value=1000, external_id="p", at=AT)
    with pytest.raises(NotRefundable, match="only one that was delivered"):
        asked(placed)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE redemptions_orderrefund SET reason = 'other'",
        "UPDATE redemptions_orderrefund SET status = 'done', closed_at = now()",
        "DELETE FROM redemptions_orderrefund",
        "TRUNCATE redemptions_orderrefund",
    ],
)
def test_the_database_keeps_a_refund(sql: str) -> None:
    asked(delivered())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(sql)


def test_planted_refund_is_found() -> None:
    order = delivered()
    refunds.approve(asked(order).pk, by=make_approver(), at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE redemptions_orderrefund SET status = 'waiting', closed_at = NULL")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert ("order_refunded", str(order.pk)) in {(finding.rule, finding.id) for finding in findings()}


def test_a_code_withdrawn_under_its_owners_eyes_is_gone() -> None:
    order = delivered()
    VoucherCode.objects.update(status="void", order=None)
    with pytest.raises(CodeGone):
        vouchers.reveal(Voucher.objects.get().pk, person=order.person, at=AT)
