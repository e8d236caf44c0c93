"""Redeeming in the browser without JavaScript: choose, confirm, done; and everything that can refuse it."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from api import ids
from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import OrderStatus, ProductKind
from redemptions.models import Order, Product
from redemptions.operations import orders
from redemptions.tests.factories import add_codes, make_product
from tests.pages import assert_strict, text
from wallets import ledger_rules
from wallets.queries import wallet
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Person:
    person = make_person(name="Ana Ribeiro")
    make_wallet(5000, person=person)
    return person


@pytest.fixture
def page(ana: Person) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def lamp() -> Product:
    product = make_product(sku="lamp", name="Lamp", brand="Lumen", denominations=[2000, 9000])
    add_codes(product, face_value=2000)
    add_codes(product, face_value=9000)
    return product


def form_of(response: object) -> dict[str, str]:
    """Return the hidden fields of the form that spends points, as a browser would send them."""
    return dict(
        re.findall(r'<input type="hidden" name="(external_id|face_value)" value="([^"]+)"', response.content.decode())
    )


def test_three_pages_from_value_to_code(page: Client, ana: Person, lamp: Product) -> None:
    confirm = page.get("/rewards/lamp/confirm?value=2000")
    assert_strict(confirm)
    assert "Redeem 2,000 points? Lamp Voucher, €20 You have 5,000 This reward −2,000 Left after 3,000 €30.00" in text(
        confirm
    )

    done = page.post("/rewards/lamp/confirm", form_of(confirm), follow=True)

    assert_strict(done)
    order = Order.objects.get()
    assert done.redirect_chain == [(f"/my-rewards/orders/{ids.public(ids.ORDER, order.pk)}", 302)]
    assert "Your €20 voucher is ready Give this code when you pay at Lumen." in text(done)
    assert (order.status, wallet(ana).available) == (OrderStatus.FULFILLED, 3000)
    assert list(ledger_rules.findings()) == []


def test_looking_at_the_confirmation_spends_nothing(page: Client, ana: Person, lamp: Product) -> None:
    page.get("/rewards/lamp/confirm?value=2000")

    assert (Order.objects.count(), wallet(ana).available) == (0, 5000)


def test_a_double_click_is_one_order(page: Client, ana: Person, lamp: Product) -> None:
    add_codes(lamp, face_value=2000)
    form = form_of(page.get("/rewards/lamp/confirm?value=2000"))

    first, second = (page.post("/rewards/lamp/confirm", form) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert (Order.objects.count(), wallet(ana).available) == (1, 3000)


def test_the_same_form_for_another_value_is_refused_in_a_sentence(page: Client, ana: Person, lamp: Product) -> None:
    make_wallet(9000, person=ana)
    form = form_of(page.get("/rewards/lamp/confirm?value=2000"))
    page.post("/rewards/lamp/confirm", form)

    response = page.post("/rewards/lamp/confirm", {**form, "face_value": "9000"})

    assert (response.status_code, Order.objects.count()) == (409, 1)
    assert "Nothing was spent" in text(response)


def test_too_few_points_is_a_sentence_with_both_numbers(page: Client, ana: Person, lamp: Product) -> None:
    response = page.post("/rewards/lamp/confirm", {"external_id": str(uuid4()), "face_value": "9000"})

    assert response.status_code == 409
    assert "You have 5,000 points; this needs 9,000. Nothing was spent." in text(response)
    assert (Order.objects.count(), wallet(ana).available) == (0, 5000)


def test_confirmation_out_of_reach_has_no_button(page: Client, lamp: Product) -> None:
    response = page.get("/rewards/lamp/confirm?value=9000")

    assert "You have 5,000 points; this needs 9,000." in text(response)
    assert form_of(response) == {}


def test_out_of_stock_is_a_sentence(page: Client, ana: Person) -> None:
    make_product(sku="empty", name="Empty", denominations=[1000])

    response = page.post("/rewards/empty/confirm", {"external_id": str(uuid4()), "face_value": "1000"})

    assert response.status_code == 409
    words = text(response)
    assert "Empty has run out at this value." in words
    assert "Nothing was spent: your 5,000 points are in your wallet." in words
    assert wallet(ana).available == 5000


def test_not_in_your_country_is_a_sentence(page: Client, ana: Person) -> None:
    chai = make_product(sku="chai", name="Chai", denominations=[1000], countries=["IN"])
    add_codes(chai)

    response = page.post("/rewards/chai/confirm", {"external_id": str(uuid4()), "face_value": "1000"})

    assert response.status_code == 422
    assert "Chai cannot be used in DE." in text(response)
    assert wallet(ana).available == 5000


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "Choose a value."),
        ("value=1234", "Lamp does not come at this value. Choose another."),
        ("value=lots", "Write an amount in digits, such as 75."),
        ("value=99999999999999999999", "Lamp does not come at this value. Choose another."),
    ],
)
def test_a_value_that_cannot_be_leads_back_with_a_sentence(
    page: Client, lamp: Product, query: str, sentence: str
) -> None:
    response = page.get(f"/rewards/lamp/confirm?{query}")

    assert sentence in text(response)
    assert "Choose a value" in text(response)


@pytest.mark.parametrize(("amount", "asks"), [("75", 7500), ("75,50", 7550), ("75.50", 7550)])
def test_a_range_takes_an_amount_of_ones_own(page: Client, amount: str, asks: int) -> None:
    make_product(sku="air", kind=ProductKind.TRAVEL_CREDIT)

    response = page.get("/rewards/air/confirm", {"value": "other", "amount": amount})

    assert response.context["face_value"] == asks


@pytest.mark.parametrize(
    ("amount", "sentence"), [("", "Write an amount"), ("seventy", "Write an amount"), ("5000", "does not come")]
)
def test_an_amount_that_cannot_be_leads_back_with_a_sentence(page: Client, amount: str, sentence: str) -> None:
    make_product(sku="air", kind=ProductKind.TRAVEL_CREDIT)

    assert sentence in text(page.get("/rewards/air/confirm", {"value": "other", "amount": amount}))


def test_a_form_that_lost_its_id_spends_nothing(page: Client, ana: Person, lamp: Product) -> None:
    response = page.post("/rewards/lamp/confirm", {"face_value": "2000"}, follow=True)

    assert "nothing was spent" in text(response)
    assert (Order.objects.count(), wallet(ana).available) == (0, 5000)


def test_a_form_of_another_site_is_refused_in_the_portals_look(ana: Person, lamp: Product) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)

    response = strict.post("/rewards/lamp/confirm", {"external_id": str(uuid4()), "face_value": "2000"})

    assert (response.status_code, Order.objects.count()) == (403, 0)
    assert "no point was spent" in text(response)


def test_an_order_that_failed_says_where_the_points_are(page: Client, ana: Person, lamp: Product) -> None:
    page.post("/rewards/lamp/confirm", form_of(page.get("/rewards/lamp/confirm?value=2000")))
    order = Order.objects.get()
    Order.objects.filter(pk=order.pk).update(
        status=OrderStatus.FAILED,
        fulfilled_at=None,
        closed_at=order.placed_at,
        status_reason="The shop did not answer.",
    )

    words = text(page.get(f"/my-rewards/orders/{ids.public(ids.ORDER, order.pk)}"))

    assert "Lamp could not be delivered The shop did not answer. Your 2,000 points are back in your wallet." in words


def test_an_order_on_its_way_says_that_its_points_are_held(page: Client, ana: Person, lamp: Product) -> None:
    order = orders.place(person=ana, product=lamp, face_value=2000, external_id="1", at=ana.created_at)

    words = text(page.get(f"/my-rewards/orders/{ids.public(ids.ORDER, order.pk)}"))

    assert "Your €20 voucher is on its way Its 2,000 points are held until it arrives." in words


def test_somebody_elses_order_is_not_found(ana: Person, lamp: Product) -> None:
    order = orders.place(person=ana, product=lamp, face_value=2000, external_id="1", at=ana.created_at)
    outsider = Client()
    outsider.force_login(make_person())

    for key in (ids.public(ids.ORDER, order.pk), "rd_nonsense", ids.public(ids.ORDER, ids.new())):
        assert outsider.get(f"/my-rewards/orders/{key}").status_code == 404
