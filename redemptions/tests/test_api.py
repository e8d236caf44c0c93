"""/products and /redemptions: an owner (who redeemed), a colleague (another client), an outsider (no scope)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from api.models import ApiClient
from api.tests.factories import api, make_client
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import ProductKind
from redemptions.models import Order
from redemptions.operations import orders
from redemptions.tests.factories import add_codes, make_product
from wallets.ledger_rules import findings
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db
REDEMPTIONS, PRODUCTS = "/api/v1/redemptions", "/api/v1/products"


@pytest.fixture
def person() -> Person:
    person = make_person(employee_number="E10482", country="DE")
    make_wallet(5000, person=person)
    return person


@pytest.fixture
def owner() -> ApiClient:
    product = make_product(sku="acme-voucher", name="Acme", denominations=[1000, 2500])
    add_codes(product, count=3)
    make_product(sku="air-credit", name="Air", kind=ProductKind.TRAVEL_CREDIT)
    return make_client()


def body(**fields: Any) -> dict[str, Any]:
    asked = {
        "external_id": "shop-1",
        "recipient": "E10482",
        "product": "acme-voucher",
        "face_value": {"amount": "10.00", "currency": "EUR"},
    }
    return {name: value for name, value in (asked | fields).items() if value is not ...}


def redeem(http: APIClient, **fields: Any) -> tuple[int, dict[str, Any]]:
    answer = http.post(REDEMPTIONS, body(**fields))
    return answer.status_code, answer.json()


def test_redemption_is_placed_then_fulfilled_by_the_worker(person: Person, owner: ApiClient) -> None:
    status, placed = redeem(api(owner))
    order = Order.objects.get()

    assert (status, placed) == (
        201,
        {
            "id": f"rd_{order.pk.hex}",
            "external_id": "shop-1",
            "recipient": "E10482",
            "product": "acme-voucher",
            "face_value": {"amount": "10.00", "currency": "EUR"},
            "quantity": 1,
            "points": 1000,
            "status": "placed",
            "status_reason": None,
            "placed_at": order.placed_at.isoformat().replace("+00:00", "Z"),
            "fulfilled_at": None,
            "closed_at": None,
            "transfer": None,
            "travel_credit": None,
            "wallet": {"available": 4000, "held": 1000},
        },
    )
    assert orders.sweep(at=timezone.now()) == 1  # due at once: no page will come back to fulfil it
    fulfilled = api(owner).get(f"{REDEMPTIONS}/{placed['id']}").json()
    order.refresh_from_db()
    assert (fulfilled["status"], fulfilled["wallet"]) == ("fulfilled", {"available": 4000, "held": 0})
    assert fulfilled["transfer"] == f"tr_{order.hold.transfer_id.hex}"
    assert list(findings()) == []


def test_fulfilled_travel_credit_is_named_and_its_code_is_not(person: Person, owner: ApiClient) -> None:
    redeem(api(owner), product="air-credit", face_value={"amount": "20.00", "currency": "EUR"})
    orders.sweep(at=timezone.now())

    answer = api(owner).get(REDEMPTIONS)
    [row] = answer.json()["results"]

    credit = Order.objects.get().travel_credit
    assert row["travel_credit"] == f"tc_{credit.pk.hex}"
    assert credit.ending not in answer.content.decode()


def test_same_external_id_answers_with_the_first_redemption(person: Person, owner: ApiClient) -> None:
    first, again = redeem(api(owner)), redeem(api(owner))
    other_content = redeem(api(owner), quantity=2)
    colleague = redeem(api())

    assert (first[0], again[0], again[1]["id"]) == (201, 200, first[1]["id"])
    assert (other_content[0], other_content[1]["code"]) == (409, "external_id_conflict")
    assert (colleague[0], colleague[1]["id"] != first[1]["id"]) == (201, True)


@pytest.mark.parametrize(
    ("fields", "status", "code", "pointer"),
    [
        ({"recipient": "E99"}, 422, "unknown_recipient", "/recipient"),
        ({"product": "nothing"}, 422, "unknown_product", "/product"),
        ({"face_value": {"amount": "15.00", "currency": "EUR"}}, 422, "denomination_not_offered", "/face_value"),
        ({"face_value": {"amount": "10.00", "currency": "USD"}}, 422, "denomination_not_offered", "/face_value"),
        ({"face_value": {"amount": "25.00", "currency": "EUR"}}, 409, "out_of_stock", "/product"),
        ({"quantity": 0}, 422, "quantity_out_of_range", "/quantity"),
        ({"quantity": 1.0}, 422, "quantity_out_of_range", "/quantity"),
        ({"quantity": True}, 422, "quantity_out_of_range", "/quantity"),
        ({"face_value": 10}, 422, "invalid_request", "/face_value"),
        ({"external_id": ...}, 422, "invalid_request", "/external_id"),
        ({"note": "x"}, 422, "invalid_request", "/note"),
    ],
)
def test_redemption_that_cannot_be_is_a_problem_that_names_the_member(
    person: Person, owner: ApiClient, fields: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    answered, problem = redeem(api(owner), **fields)

    assert (answered, problem["code"]) == (status, code)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert Order.objects.count() == 0


def test_too_few_points_and_who_is_not_active(person: Person, owner: ApiClient) -> None:
    answered, problem = redeem(api(owner), recipient=make_person().employee_number)
    assert (answered, problem["code"]) == (409, "insufficient_points")

    Person.objects.filter(pk=person.pk).update(status=PersonStatus.LEFT)
    answered, problem = redeem(api(owner))
    assert (answered, problem["code"]) == (422, "recipient_inactive")


def test_country_decides(person: Person, owner: ApiClient) -> None:
    make_product(sku="indian", countries=["IN"])

    answered, problem = redeem(api(owner), product="indian")

    assert (answered, problem["code"]) == (422, "not_available_in_country")


def test_outsider_without_the_scope_is_refused(person: Person, owner: ApiClient) -> None:
    outsider = api(scopes=["points:read"])

    for answer in (
        outsider.post(REDEMPTIONS, body()),
        outsider.get(REDEMPTIONS),
        outsider.get(f"{REDEMPTIONS}/rd_{'0' * 32}"),
        outsider.get(PRODUCTS),
        outsider.get(f"{PRODUCTS}/acme-voucher"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_list_is_filtered(person: Person, owner: ApiClient) -> None:
    redeem(api(owner), external_id="a")
    redeem(api(owner), external_id="b", product="air-credit", face_value={"amount": "20.00", "currency": "EUR"})
    http = api(owner)

    def seen(**query: Any) -> list[str]:
        return [row["external_id"] for row in http.get(REDEMPTIONS, query).json()["results"]]

    assert seen() == ["b", "a"]
    assert seen(external_id="a") == ["a"]
    assert seen(product="air-credit") == ["b"]
    assert seen(recipient=f"email:{person.email}") == ["b", "a"]
    assert seen(recipient="E99") == seen(status="failed") == []
    assert seen(placed_after=(timezone.now() + timedelta(minutes=1)).isoformat()) == []
    assert http.get(REDEMPTIONS, {"colour": "red"}).status_code == 422


@pytest.mark.parametrize("redemption_id", ["rd_1", "pr_" + "0" * 32, "rd_" + "0" * 32])
def test_redemption_that_is_not_there(owner: ApiClient, redemption_id: str) -> None:
    answer = api(owner).get(f"{REDEMPTIONS}/{redemption_id}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_product_has_the_price_of_each_value(owner: ApiClient) -> None:
    product = api(owner).get(f"{PRODUCTS}/acme-voucher").json()

    assert product["denominations"] == [
        {"face_value": {"amount": "10.00", "currency": "EUR"}, "points": 1000, "in_stock": True},
        {"face_value": {"amount": "25.00", "currency": "EUR"}, "points": 2500, "in_stock": False},
    ]
    assert (product["id"], product["range"], product["in_stock"]) == ("acme-voucher", None, True)
    assert api(owner).get(f"{PRODUCTS}/air-credit").json()["range"]["max"]["points"] == 50_000
    assert api(owner).get(f"{PRODUCTS}/nothing").status_code == 404


def test_products_are_filtered_and_paged(owner: ApiClient) -> None:
    http = api(owner)
    make_product(sku="indian", countries=["IN"], currency="INR", points_per_unit=1)

    def seen(**query: Any) -> list[str]:
        return [row["id"] for row in http.get(PRODUCTS, query).json()["results"]]

    assert seen() == ["indian", "air-credit", "acme-voucher"]
    assert seen(country="DE") == ["air-credit", "acme-voucher"]
    assert seen(category="Travel") == ["air-credit"]
    assert seen(currency="INR") == ["indian"]
    assert seen(q="acme") == ["acme-voucher"]
    assert seen(max_points=1000) == ["indian", "acme-voucher"]
    first = http.get(PRODUCTS, {"limit": 2}).json()
    rest = http.get(first["next"]).json()
    assert [row["id"] for row in [*first["results"], *rest["results"]]] == ["indian", "air-credit", "acme-voucher"]


@pytest.mark.parametrize("path", [PRODUCTS, REDEMPTIONS])
def test_lists_ask_as_many_questions_for_three_as_for_one(person: Person, owner: ApiClient, path: str) -> None:
    http = api(owner)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            http.get(path)
        return len(asked)

    redeem(http, external_id="1")
    http.get(path)
    with_one = questions()
    redeem(http, external_id="2")
    redeem(http, external_id="3")
    make_product()

    assert questions() == with_one
