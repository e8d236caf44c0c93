"""My rewards: what one has, and codes shown to their owner alone, who proved presence."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import ProductKind
from redemptions.models import Order, Product, TravelCredit, Voucher, VoucherCode
from redemptions.operations import orders, travel_credits
from redemptions.tests.factories import add_codes, make_product
from tests.pages import assert_strict, signed_in, text
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db
PASSWORD = "walk-in-the-park"


@pytest.fixture
def ana() -> Person:
    person = make_person(name="Ana Ribeiro")
    make_wallet(100_000, person=person)
    return person


@pytest.fixture
def page(ana: Person) -> Client:
    """Ana's browser, a moment after she signed in."""
    return signed_in(ana)


def redeem(person: Person, product: Product, face_value: int | None = None) -> Order:
    at = timezone.now()
    order = orders.place(
        person=person, product=product, face_value=face_value or product.smallest, external_id=f"{at}", at=at
    )
    return orders.fulfil(order.pk, at=at)


def book(credit: TravelCredit, count: int = 1) -> None:
    """Hold, pay and pay back so many bookings of €1.00 on a credit."""
    at, money = timezone.now(), {"travel_credit_id": credit.pk, "amount": 100, "currency": "EUR"}
    for number in range(count):
        travel_credits.authorise(reference=f"H{number}", at=at, **money)
        paid = travel_credits.authorise(reference=f"P{number}", at=at, **money)
        travel_credits.capture(paid.pk, travel_credit_id=credit.pk, at=at)
        travel_credits.refund(reference=f"R{number}", authorisation_id=paid.pk, at=at, **money)


@pytest.fixture
def voucher(ana: Person) -> Voucher:
    lamp = make_product(name="Lamp", brand="Lumen", denominations=[2000])
    add_codes(lamp, pin="4471")
    return redeem(ana, lamp).vouchers.get()


@pytest.fixture
def code(voucher: Voucher) -> str:
    return f"{voucher.voucher_code.product.sku.upper()}-CODE-"


def reveal_path(voucher: Voucher) -> str:
    return f"/my-rewards/vouchers/{voucher.pk}/reveal"


def test_rewards_stand_under_their_state(page: Client, ana: Person, voucher: Voucher) -> None:
    make_product(kind=ProductKind.TRAVEL_CREDIT, name="Air")
    redeem(ana, Product.objects.get(name="Air"), 5000)

    ready, used, expired = (page.get(f"/my-rewards{query}") for query in ("", "?show=used", "?show=expired"))

    assert_strict(ready)
    assert [count for _, _, count in ready.context["counts"]] == [2, 0, 0]
    assert "€50.00 left of €50.00" in text(ready)
    assert f"•••• Code ending in {voucher.voucher_code.ending}" in text(ready)
    assert "Nothing used yet" in text(used)
    assert "Nothing has expired" in text(expired)


def test_a_travel_credit_shows_what_drew_on_it(page: Client) -> None:
    ana = Person.objects.get(name="Ana Ribeiro")
    credit = redeem(ana, make_product(kind=ProductKind.TRAVEL_CREDIT, brand="Solvane Air"), 10_000).travel_credit
    at, money = timezone.now(), {"travel_credit_id": credit.pk, "currency": "EUR"}
    assert "Bookings" not in text(page.get("/my-rewards"))
    paid = travel_credits.authorise(amount=5000, reference="7K2QPL", description="Berlin to Lisbon", at=at, **money)
    travel_credits.capture(paid.pk, travel_credit_id=credit.pk, amount=4420, at=at)
    until = at + timedelta(days=2)
    travel_credits.authorise(amount=1850, reference="3JRT5M", description="<Porto>", expires_at=until, at=at, **money)
    let_go = travel_credits.authorise(amount=100, reference="9XQ", at=at, **money)
    travel_credits.release(let_go.pk, travel_credit_id=credit.pk, at=at)

    response = page.get("/my-rewards")
    today, last = (f"{timezone.localdate(moment):%-d %b}" for moment in (at, until))
    assert_strict(response)
    shown = text(response)
    assert "€37.30 left of €100.00" in shown
    assert "€37.30 left €18.50 held €44.20 used" in shown
    assert (
        f"Bookings 9XQ {today} · booking 9XQ €1.00 Released"
        f" &lt;Porto&gt; {today} · held until {last} €18.50 Held"
        f" Berlin to Lisbon {today} · booking 7K2QPL −€44.20 Paid"
    ) in shown

    travel_credits.refund(amount=420, reference="R-1", authorisation_id=paid.pk, at=at, **money)
    shown = text(page.get("/my-rewards"))
    assert f"Bookings Refund of Berlin to Lisbon {today} · R-1 +€4.20 Refunded" in shown
    assert "€41.50 left €18.50 held €40.00 used" in shown


def test_a_travel_credit_spent_to_the_last_cent_is_used(page: Client, ana: Person) -> None:
    credit = redeem(ana, make_product(kind=ProductKind.TRAVEL_CREDIT), 5000).travel_credit
    at = timezone.now()
    paid = travel_credits.authorise(travel_credit_id=credit.pk, amount=5000, currency="EUR", reference="7K2QPL", at=at)
    assert [count for _, _, count in page.get("/my-rewards").context["counts"]] == [1, 0, 0]
    travel_credits.capture(paid.pk, travel_credit_id=credit.pk, at=at)

    assert "−€50.00 Paid" in text(page.get("/my-rewards?show=used"))


def test_an_empty_list_says_what_will_be_there(client: Client) -> None:
    client.force_login(make_person())

    assert "Nothing here yet Rewards you choose appear here, with their codes." in text(client.get("/my-rewards"))


def test_a_voucher_moves_to_used_and_back(page: Client, voucher: Voucher) -> None:
    page.post(f"/my-rewards/vouchers/{voucher.pk}/used")
    assert [count for _, _, count in page.get("/my-rewards").context["counts"]] == [0, 1, 0]

    page.post(f"/my-rewards/vouchers/{voucher.pk}/used", {"undo": "1"})
    assert [count for _, _, count in page.get("/my-rewards").context["counts"]] == [1, 0, 0]


@pytest.mark.parametrize("count", [1, 3])
def test_my_rewards_costs_the_same_whatever_the_number(
    page: Client, ana: Person, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lamp = make_product()
    add_codes(lamp, count=count)
    air = make_product(kind=ProductKind.TRAVEL_CREDIT)
    for _ in range(count):
        redeem(ana, lamp), book(redeem(ana, air).travel_credit, count)

    with django_assert_num_queries(10):
        page.get("/my-rewards")


def test_a_code_is_shown_once_on_a_page_that_nobody_keeps(page: Client, voucher: Voucher, code: str) -> None:
    response = page.post(reveal_path(voucher))

    assert_strict(response)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert code in text(response)
    assert "PIN 4471" in text(response)
    voucher.refresh_from_db()
    assert voucher.reveals == 1


def test_our_script_gets_the_code_box_alone(page: Client, voucher: Voucher, code: str) -> None:
    response = page.post(reveal_path(voucher), headers={"X-Requested-With": "fetch"})

    body = response.content.decode()
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert body.lstrip().startswith('<div class="code-box shown" data-seconds="60">')
    assert code in body


def test_a_travel_credit_is_revealed_the_same_way(page: Client, ana: Person) -> None:
    credit = redeem(ana, make_product(kind=ProductKind.TRAVEL_CREDIT)).travel_credit

    response = page.post(f"/my-rewards/travel-credits/{credit.pk}/reveal")

    assert response["Cache-Control"] == "no-store"
    assert credit.ending in text(response)
    assert TravelCredit.objects.get().reveals == 1


def test_after_five_minutes_the_password_is_asked_and_the_code_follows(
    ana: Person, voucher: Voucher, code: str
) -> None:
    ana.set_password(PASSWORD)
    ana.save()
    page = signed_in(ana, ago=timedelta(minutes=6))

    asked = page.post(reveal_path(voucher))
    assert asked["Location"] == f"/accounts/reauthenticate/?next=%2Fmy-rewards%2Fvouchers%2F{voucher.pk}%2Freveal"
    assert_strict(page.get(asked["Location"]))
    assert Voucher.objects.get().reveals == 0

    shown = page.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": reveal_path(voucher)})
    assert code in text(shown)
    assert shown["Cache-Control"] == "no-store"


def test_a_wrong_password_shows_no_code(ana: Person, voucher: Voucher, code: str) -> None:
    ana.set_password(PASSWORD)
    ana.save()
    page = signed_in(ana, ago=timedelta(minutes=6))
    page.post(reveal_path(voucher))

    response = page.post("/accounts/reauthenticate/", {"password": "wrong", "next": reveal_path(voucher)})

    assert code not in text(response)
    assert Voucher.objects.get().reveals == 0


def test_who_signs_in_by_code_alone_signs_in_anew(voucher: Voucher, ana: Person) -> None:
    ana.set_unusable_password()
    ana.save()
    client = Client()
    client.force_login(ana)  # a session with no proof of presence at all

    assert client.post(reveal_path(voucher))["Location"] == "/sign-in-again"
    assert_strict(client.get("/sign-in-again"))
    assert client.post("/sign-in-again")["Location"] == "/accounts/login/?next=%2Fmy-rewards"
    assert "_auth_user_id" not in client.session


def test_somebody_elses_code_is_not_found(voucher: Voucher) -> None:
    client = signed_in(make_person())

    assert client.post(reveal_path(voucher)).status_code == 404
    assert client.post(f"/my-rewards/vouchers/{voucher.pk}/used").status_code == 404
    assert client.post(f"/my-rewards/travel-credits/{voucher.pk}/reveal").status_code == 404
    assert Voucher.objects.get().reveals == 0


def test_a_stranger_is_sent_to_sign_in(client: Client, voucher: Voucher) -> None:
    assert client.get("/my-rewards")["Location"] == "/accounts/login/?next=/my-rewards"
    assert client.post(reveal_path(voucher))["Location"].startswith("/accounts/login/")


def test_a_code_is_never_shown_to_a_get(page: Client, voucher: Voucher) -> None:
    assert page.get(reveal_path(voucher)).status_code == 405


def test_a_withdrawn_code_says_so(page: Client, voucher: Voucher) -> None:
    VoucherCode.objects.update(status="void", order=None)

    assert "This code was withdrawn. HR can tell you why." in text(page.post(reveal_path(voucher), follow=True))
