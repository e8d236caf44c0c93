"""What check_ledger proves of spending: nothing is found in sound rows, and each planted fault is."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection

from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import ProductKind
from redemptions.ledger_rules import RULES
from redemptions.models import Order, Product, TravelCredit
from redemptions.operations import orders, travel_credits
from redemptions.tests.factories import add_codes, make_product
from wallets import ledger_rules
from wallets.tests.factories import make_wallet

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def broken() -> set[str]:
    """Return the rules that check_ledger finds broken."""
    return {finding.rule for finding in ledger_rules.findings()}


@pytest.fixture
def person() -> Person:
    """Return somebody with one order in each state, of both kinds, and a travel credit with bookings."""
    person = make_person()
    make_wallet(50_000, person=person)
    voucher, travel = make_product(), make_product(kind=ProductKind.TRAVEL_CREDIT)
    add_codes(voucher, count=4)
    for product, face_value in ((voucher, 1000), (travel, 2000)):
        placed, fulfilled, failed = (place(person, product, face_value) for _ in range(3))
        orders.fulfil(fulfilled.pk, at=NOW)
        orders.fail(failed.pk, reason="No.", at=NOW)
        assert placed.status == "placed"
    draw_on(TravelCredit.objects.get())
    return person


def draw_on(credit: TravelCredit) -> None:
    """Hold, pay and pay back a little."""
    asked = {"travel_credit_id": credit.pk, "currency": "EUR", "at": NOW}
    travel_credits.authorise(amount=100, reference="held", **asked)
    paid = travel_credits.authorise(amount=1000, reference="paid", **asked)
    travel_credits.capture(paid.pk, amount=700, **asked)
    travel_credits.refund(amount=300, reference="back", **asked)


def place(person: Person, product: Product, face_value: int) -> Order:
    return orders.place(person=person, product=product, face_value=face_value, external_id=str(uuid4()), at=NOW)


def test_sound_rows_break_no_rule(person: Person) -> None:
    assert broken() == set()


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _ in FAULTS} == {rule.name for rule in RULES}


FAULTS = [
    (
        "code_sold_once",
        "UPDATE redemptions_vouchercode SET status = 'available', order_id = NULL WHERE status = 'sold'",
    ),
    (
        "code_sold_once",
        "UPDATE redemptions_vouchercode SET order_id = placed.id FROM redemptions_order placed"
        " WHERE placed.status = 'placed' AND redemptions_vouchercode.status = 'sold'",
    ),
    (
        "code_reserved_by_placed_order",
        "UPDATE redemptions_vouchercode SET face_value = 2500 WHERE status = 'reserved'",
    ),
    (
        "order_points",
        "UPDATE redemptions_order SET status = 'cancelled', closed_at = now() WHERE status = 'placed'",
    ),
    ("order_points", "UPDATE redemptions_order SET points = points + 1"),
    ("order_points", "DELETE FROM wallets_hold WHERE status = 'placed'"),
    ("order_points", "DELETE FROM wallets_account WHERE kind = 'wallet'"),
    ("order_delivered", "UPDATE redemptions_order SET quantity = 2"),
    ("travel_credit_balance", "UPDATE redemptions_travelcredit SET face_value = face_value + 500"),
    ("travel_credit_bookings", "UPDATE redemptions_travelcredit SET balance = balance - 1"),
    ("travel_credit_bookings", "UPDATE redemptions_travelcredit SET authorised = authorised + 1"),
    ("travel_credit_bookings", "UPDATE redemptions_travelcreditentry SET amount = 301 WHERE kind = 'refunded'"),
    ("travel_credit_bookings", "UPDATE redemptions_travelcreditauthorisation SET amount = 101 WHERE status = 'open'"),
    (
        "travel_credit_captures",
        "UPDATE redemptions_travelcreditauthorisation SET captured = 699 WHERE status = 'captured'",
    ),
    ("travel_credit_captures", "DELETE FROM redemptions_travelcreditentry WHERE kind = 'captured'"),
    (
        "travel_credit_reference_once",
        "UPDATE redemptions_travelcreditentry SET reference = 'held' WHERE kind = 'refunded'",
    ),
    (
        "order_refunded",
        "UPDATE redemptions_order SET status = 'refunded', closed_at = now(),"
        " refund_id = (SELECT id FROM wallets_transfer LIMIT 1)"
        " WHERE id = (SELECT id FROM redemptions_order WHERE status = 'fulfilled' LIMIT 1)",
    ),
]


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
def test_planted_fault_is_found(person: Person, rule: str, fault: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was written soundly is checked before the fault
        cursor.execute("SET LOCAL session_replication_role = replica")  # past the triggers that keep rows
        cursor.execute(fault)
        assert cursor.rowcount > 0

    assert rule in broken()
