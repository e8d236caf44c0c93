"""Spending in the HR admin: what HR can do there, and that no page shows a code."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from api.tests.factories import make_client
from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import ProductKind
from redemptions.models import Order, Product, Supplier, TravelCredit, Voucher, VoucherCode
from redemptions.operations import orders, travel_credits, vouchers
from redemptions.tests.factories import add_codes, make_product, make_supplier
from tests.pages import text
from wallets.tests.factories import make_wallet

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALL = [Product, Supplier, Order, VoucherCode, Voucher, TravelCredit]
pytestmark = pytest.mark.django_db


def page_of(role: str) -> Client:
    """Return a browser in which somebody with this role is signed in."""
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    page = Client()
    page.force_login(person)
    return page


@pytest.fixture
def hr() -> Client:
    return page_of("HR administrators")


def address(row: Model | type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:redemptions_{row._meta.model_name}_{page}", args=args)


def upload_address(product: Product) -> str:
    return reverse("admin:redemptions_product_upload_codes", args=[product.pk])


def redeem_one_of_each() -> list[str]:
    """Redeem a voucher and a travel credit; return every secret that is stored now."""
    owner: Person = make_person()
    make_wallet(50_000, person=owner)
    voucher, travel = make_product(), make_product(kind=ProductKind.TRAVEL_CREDIT)
    secrets = [*add_codes(voucher, count=2, pin="PIN-13579"), "PIN-13579"]
    for product in (voucher, travel):
        placed = orders.place(
            person=owner, product=product, face_value=product.smallest, external_id=product.sku, at=NOW
        )
        orders.fulfil(placed.pk, at=NOW)
    credit = TravelCredit.objects.latest("pk")
    return [*secrets, travel_credits.reveal(credit.pk, person=owner, at=NOW).code, credit.fingerprint]


def every_page() -> Iterator[str]:
    for model in ALL:
        yield address(model, "changelist")
        for row in model._default_manager.all():
            yield address(model, "change", row.pk)
            yield address(model, "history", row.pk)
    for product in Product.objects.filter(kind=ProductKind.VOUCHER):
        yield upload_address(product)


@pytest.mark.parametrize("role", ["HR administrators", "Auditors"])
def test_no_page_shows_a_code(role: str) -> None:
    secrets, page = redeem_one_of_each(), page_of(role)
    fingerprints = list(VoucherCode.objects.values_list("fingerprint", flat=True))

    shown = 0
    for url in every_page():
        response = page.get(url)
        if response.status_code == 403:  # an auditor uploads nothing
            continue
        assert response.status_code == 200, url
        text = response.content.decode()
        assert [secret for secret in [*secrets, *fingerprints] if secret in text] == [], url
        shown += 1
    assert shown >= 17


def test_pages_keep_to_the_content_security_policy(hr: Client) -> None:
    redeem_one_of_each()

    for url in every_page():
        text = hr.get(url).content.decode()
        assert re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", text) == [], url


@pytest.mark.parametrize("model", [Order, VoucherCode, Voucher, TravelCredit])
def test_what_was_redeemed_cannot_be_edited(hr: Client, model: type[Model]) -> None:
    redeem_one_of_each()
    row = model._default_manager.first()
    assert row is not None

    assert hr.post(address(model, "change", row.pk), {"status": "refunded"}).status_code == 403
    assert hr.get(address(model, "add")).status_code == 403
    assert hr.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", ALL)
def test_lists_ask_as_many_questions_for_three_as_for_one(hr: Client, model: type[Model]) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert hr.get(address(model, "changelist")).status_code == 200
        return len(asked)

    redeem_one_of_each()
    hr.get(address(model, "changelist"))
    with_one = questions()
    redeem_one_of_each()
    redeem_one_of_each()

    assert (questions(), model._default_manager.count() >= 2) == (with_one, True)


def draw_on(credit: TravelCredit, reference: str) -> None:
    """Hold, pay and pay back a little, as a booking system does."""
    client = make_client(name=f"Air {reference}")
    asked = {"travel_credit_id": credit.pk, "currency": "EUR", "client": client, "at": NOW}
    held = travel_credits.authorise(amount=500, reference=reference, description="Berlin to Lisbon", **asked)
    travel_credits.capture(held.pk, amount=442, **asked)
    travel_credits.refund(amount=42, reference=f"{reference}-back", authorisation_id=held.pk, **asked)


def test_travel_credit_shows_what_drew_on_it(hr: Client) -> None:
    redeem_one_of_each()
    credit = TravelCredit.objects.get()
    draw_on(credit, "7K2QPL")
    page = hr.get(address(credit, "change", credit.pk))

    shown = text(page)
    assert f"tc_{credit.pk.hex}" in shown
    for word in ("7K2QPL", "Berlin to Lisbon", "€5.00", "€4.42", "7K2QPL-back", "€0.42", "Air 7K2QPL"):
        assert word in shown, word
    assert "<input" not in bookings(page)


def bookings(page: HttpResponse) -> str:
    """Return the part of a travel credit's page that lists bookings and entries, its formset's counters left out."""
    parts = re.findall(r"(?s)<table.*?</table>", page.content.decode())
    assert len(parts) >= 2
    return re.sub(r'<input type="hidden"[^>]*>', "", "".join(parts))


def test_travel_credit_asks_as_many_questions_for_three_bookings_as_for_one(hr: Client) -> None:
    redeem_one_of_each()
    credit = TravelCredit.objects.get()
    numbers = []
    for references in (["B0"], ["B1"], ["B2", "B3"]):  # the first page also warms up what is kept
        for reference in references:
            draw_on(credit, reference)
        with CaptureQueriesContext(connection) as asked:
            hr.get(address(credit, "change", credit.pk))
        numbers.append(len(asked))

    assert numbers[1] == numbers[2]


def test_order_explains_where_its_points_are(hr: Client) -> None:
    redeem_one_of_each()
    order = Order.objects.get(product__kind=ProductKind.VOUCHER)

    text = hr.get(address(Order, "change", order.pk)).content.decode()

    assert "Ready. 1,000 points were taken when it was delivered." in text
    assert f"rd_{order.pk.hex}" in text
    assert str(order.vouchers.get()) in text


def test_order_that_waits_says_what_comes_next(hr: Client) -> None:
    redeem_one_of_each()
    order = Order.objects.first()
    assert order is not None
    order.status, order.attempts = "placed", 3

    from redemptions.admin.rewards import explanation

    assert explanation(order).startswith("1,000 points are held. Attempt 3 of 8 did not deliver it; the next is at ")


def test_order_is_found_by_the_id_of_the_api(hr: Client) -> None:
    redeem_one_of_each()
    order = Order.objects.get(product__kind=ProductKind.VOUCHER)

    text = hr.get(address(Order, "changelist"), {"q": f"rd_{order.pk.hex}"}).content.decode()

    assert "1 order" in text
    assert address(Order, "change", order.pk) in text


def test_product_is_made_with_values_as_people_write_them(hr: Client) -> None:
    supplier = make_supplier()
    given = {
        "name": "Kettle Lane",
        "sku": "kettle-lane",
        "brand": "Kettle Lane",
        "kind": "voucher",
        "category": "Food",
        "supplier": supplier.pk,
        "is_offered": "on",
        "currency": "EUR",
        "denominations": "25.00, 10",
        "points_per_unit": "100",
        "position": "5",
        "countries": "DE,IN",
    }

    response = hr.post(address(Product, "add"), given)

    assert response.status_code == 302
    product = Product.objects.get()
    assert (product.denominations, product.range_min, product.countries) == ([1000, 2500], None, ["DE", "IN"])
    text = hr.get(address(Product, "change", product.pk)).content.decode()
    assert 'value="10.00, 25.00"' in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"denominations": "ten"}, "&quot;ten&quot; is not an amount. Write digits with a point, as 25.00."),
        ({"denominations": ""}, "A code has one value: list denominations, not a range."),
        ({"denominations": "0"}, "0 is out of range."),
    ],
)
def test_product_with_bad_values_is_told_at_the_field(hr: Client, change: dict[str, str], sentence: str) -> None:
    product = make_product()
    given = {
        **{"name": "A", "sku": "a", "brand": "A", "kind": "voucher", "category": "Food", "currency": "EUR"},
        **{"supplier": product.supplier.pk, "points_per_unit": "100", "position": "5", "denominations": "10.00"},
    }

    response = hr.post(address(Product, "change", product.pk), given | change)

    assert (response.status_code, sentence in response.content.decode()) == (200, True)


def test_product_in_use_cannot_be_deleted_and_a_new_one_can(hr: Client) -> None:
    used, new = make_product(), make_product()
    add_codes(used)

    assert hr.post(address(Product, "delete", used.pk), {"post": "yes"}).status_code == 403
    assert hr.post(address(Product, "delete", new.pk), {"post": "yes"}).status_code == 302
    assert list(Product.objects.all()) == [used]


def sealed_in(text: str) -> str:
    found = re.search(r'name="sealed" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def test_upload_shows_counts_first_and_adds_then(hr: Client) -> None:
    product = make_product(name="Loom")
    (known,) = add_codes(product)
    file = SimpleUploadedFile("codes.csv", f"code,face_value\nSECRET-1,10.00\nSECRET-2,25.00\n{known},10.00\n".encode())

    looked = hr.post(upload_address(product), {"file": file}).content.decode()

    assert "2 codes are ready to be added" in looked
    assert "This code is in the pool already." in looked
    assert ("SECRET" in looked, VoucherCode.objects.count()) == (False, 1)

    added = hr.post(upload_address(product), {"sealed": sealed_in(looked)}).content.decode()

    assert ("2 codes are in the pool. 1 refused." in added, "SECRET" in added) == (True, False)
    code = VoucherCode.objects.get(face_value=2500)
    assert (code.product, code.added_by) == (product, Person.objects.get(is_staff=True))


def test_uploading_twice_adds_once(hr: Client) -> None:
    product = make_product(denominations=[1000])
    sealed = sealed_in(hr.post(upload_address(product), {"pasted": "SECRET-1\nSECRET-2"}).content.decode())

    for _ in range(2):
        hr.post(upload_address(product), {"sealed": sealed})

    assert VoucherCode.objects.count() == 2


def test_sealed_codes_are_for_one_person_and_one_product(hr: Client) -> None:
    product, other = make_product(denominations=[1000]), make_product(denominations=[1000])
    sealed = sealed_in(hr.post(upload_address(product), {"pasted": "SECRET-1"}).content.decode())
    colleague = page_of("HR administrators")

    assert colleague.post(upload_address(product), {"sealed": sealed}).status_code == 403
    assert hr.post(upload_address(other), {"sealed": sealed}).status_code == 403
    assert hr.post(upload_address(product), {"sealed": "x" + sealed}).status_code == 403
    assert VoucherCode.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Choose a file or paste the codes: one of the two."),
        ({"pasted": "code,colour\nSECRET-1,red"}, "“colour” is no column here."),
    ],
)
def test_upload_that_cannot_be_read_says_why_and_shows_nothing(
    hr: Client, given: dict[str, str], sentence: str
) -> None:
    response = hr.post(upload_address(make_product()), given)

    text = response.content.decode()
    assert (response.status_code, sentence in text, "SECRET" in text) == (200, True, False)
    assert "no-store" in response["Cache-Control"]


def test_upload_is_for_those_who_may_add_codes() -> None:
    product, travel = make_product(), make_product(kind=ProductKind.TRAVEL_CREDIT)

    assert page_of("Auditors").get(upload_address(product)).status_code == 403
    assert page_of("HR administrators").get(upload_address(travel)).status_code == 404


def test_reveal_by_its_owner_is_counted_on_the_page_of_the_voucher(hr: Client) -> None:
    redeem_one_of_each()
    voucher = Voucher.objects.get()
    vouchers.reveal(voucher.pk, person=voucher.order.person, at=NOW)

    text = hr.get(address(Voucher, "change", voucher.pk)).content.decode()

    assert "24 Nov" in text or "Nov. 24" in text
