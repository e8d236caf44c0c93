"""What client systems are told of orders and travel credits."""

import json
from typing import Any

import pytest
from django.utils import timezone

from api import ids
from api.tests.factories import api, make_client
from messaging.enums import WebhookType
from messaging.models import WebhookEvent
from messaging.operations import webhook_endpoints
from people.tests.factories import make_person
from redemptions.models import VoucherCode
from redemptions.operations import orders, refunds, travel_credits
from redemptions.tests.factories import add_codes, make_product, make_travel_credit
from redemptions.tests.test_refunds import make_approver
from vault import encryption
from wallets.ledger_rules import findings
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db
REDEEMED = {
    "external_id": "1", "recipient": "E1", "product": "voucher", "face_value": {"amount": "10.00", "currency": "EUR"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def listening() -> None:
    types = WebhookType.values
    webhook_endpoints.create(client=make_client(), url="https://hr.acme.example/", types=types, at=timezone.now())
    make_wallet(100_000, person=make_person(employee_number="E1"))
    add_codes(make_product(sku="voucher"), count=2)


def told() -> list[tuple[str, dict[str, Any]]]:
    bodies = [json.loads(event.body) for event in WebhookEvent.objects.order_by("pk")]
    return [(body["type"], body["data"]) for body in bodies]


def test_an_order_is_told_as_the_api_shows_it_from_place_to_refund_and_never_a_code() -> None:
    http = api(make_client())
    placed = http.post("/api/v1/redemptions", REDEEMED, format="json").json()
    key = ids.key(ids.ORDER, placed["id"])
    assert key is not None
    orders.fulfil(key, at=timezone.now())
    fulfilled = http.get(f"/api/v1/redemptions/{placed['id']}").json()
    refund = refunds.ask(key, reason="By mistake", by=make_person(), at=timezone.now())
    refunds.approve(refund.pk, by=make_approver(), at=timezone.now())
    refunded = http.get(f"/api/v1/redemptions/{placed['id']}").json()
    assert told() == [
        ("redemption.placed", placed),
        ("redemption.fulfilled", fulfilled),
        ("redemption.refunded", refunded),
    ]
    assert (fulfilled["status"], refunded["status"]) == ("fulfilled", "refunded")
    kept = VoucherCode.objects.exclude(status="available").get()
    code = encryption.decrypt(bytes(kept.code), context=f"redemptions.vouchercode:{kept.pk}")
    assert not any(code in event.body for event in WebhookEvent.objects.all())
    assert list(findings()) == []


def test_the_same_order_again_is_told_once() -> None:
    http = api(make_client())
    for _ in range(2):
        http.post("/api/v1/redemptions", REDEEMED, format="json")
    assert [kind for kind, _ in told()] == ["redemption.placed"]


def test_an_order_that_fails_is_told_with_its_points_back() -> None:
    placed = api(make_client()).post("/api/v1/redemptions", REDEEMED, format="json").json()
    key = ids.key(ids.ORDER, placed["id"])
    assert key is not None
    for _ in range(2):
        orders.fail(key, reason="It could not be delivered.", at=timezone.now())
    [(kind, data)] = told()[1:]
    assert (kind, data["status"], data["wallet"]) == (
        "redemption.failed", "failed", {"available": 100_000, "held": 0},
    )  # fmt: skip


def test_a_capture_is_told_once_as_the_api_answers_it() -> None:
    client = make_client()
    person = make_person()
    make_wallet(100_000, person=person)
    credit = make_travel_credit(10_000, person=person)
    booking = travel_credits.authorise(
        travel_credit_id=credit.pk, amount=1000, currency="EUR", reference="7K2QPL", client=client, at=timezone.now()
    )
    before = len(told())
    address = f"/api/v1/travel-credits/tc_{credit.pk.hex}/authorisations/ta_{booking.pk.hex}/capture"
    answers = [api(client).post(address).json() for _ in range(2)]
    assert told()[before:] == [("travel_credit.captured", answers[0])]
