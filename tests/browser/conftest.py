"""A Chromium, a company small enough to see whole, and somebody signed in to it."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from people.models import Person
from people.tests.factories import make_person
from programs.models import AllowancePolicy
from programs.operations.points_requests import submit
from programs.tests.factories import make_programme, new
from programs.tests.test_recognitions import give, make_recognition_programme
from redemptions.enums import Category, ProductKind
from redemptions.models import Product, TravelCredit
from redemptions.operations import orders, travel_credits, vouchers
from redemptions.tests.factories import add_codes, make_product
from tests.chromium import executable_path
from tests.pages import signed_in

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's synchronous API runs a loop in this thread
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
TIMEOUT_MS = 10_000
PASSWORD = "walk-in-the-park"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture(scope="module")  # not for the session: others start a Playwright of their own
def chromium() -> Iterator[Browser]:
    path = executable_path()  # starts a Playwright for a moment; two at once do not get on
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def ana(transactional_db: None) -> Person:
    """Somebody with points that expire soon, later and never, a voucher, a travel credit and messages."""
    person = make_person(name="Priyadarshini Raghunathan-Venkataraman", email="ana@acme.example", password=PASSWORD)
    now = timezone.now()
    soon = make_programme(name="Quarterly performance", points_expire_after_days=7)
    never = make_programme(name="Recognition", budget=10_000_000)
    for programme, points, reason in (
        (soon, 650, "Rated 4 for Q3"),
        (never, 1_250_000, "Closed the bank migration early"),
    ):
        [done] = submit([new(programme, person, points=points, reason=reason)], at=now - timedelta(days=1))
        assert done.error is None, done.error
    return person


@pytest.fixture
def recognised(ana: Person) -> Person:
    """A colleague whom Ana recognised, and who recognised her; both may again."""
    programme = make_recognition_programme(name="Thanks", everyone=1000, steps=[(400, 1)])
    AllowancePolicy.objects.update(created_at=timezone.now())
    jonas = make_person(name="Jonas Weber", employee_number="E5")
    Person.objects.filter(pk=ana.pk).update(manager=jonas)
    for giver, receiver, points in ((ana, jonas, 100), (ana, jonas, 500), (jonas, ana, 300)):
        give(programme, receiver, giver, points=points, value="Own it", at=timezone.now())
    return jonas


@pytest.fixture
def kettle(ana: Person) -> Product:
    """The reward that is redeemed, beside others that were or cannot be."""
    kettle = make_product(sku="kettle-lane", name="Kettle Lane", brand="Kettle Lane", category=Category.FOOD)
    add_codes(kettle, count=3), add_codes(kettle, count=3, face_value=2500)
    values = {"range_min": 5000, "range_max": 20000}
    air = make_product(sku="solvane-air", name="Solvane Air", kind=ProductKind.TRAVEL_CREDIT, **values)
    make_product(name="Sold out"), make_product(name="A very dear thing indeed", denominations=[2_000_000])
    soon = timezone.localdate() + timedelta(days=12)
    books = make_product(name="Pagefold Books", brand="Pagefold", category=Category.CULTURE)
    add_codes(books, count=2, expires_on=soon, pin="4471")
    for product in (kettle, air, books, books):
        order = redeem(ana, product)
    vouchers.mark_used(order.vouchers.get().pk, person=ana, at=timezone.now())
    book(TravelCredit.objects.get())
    return kettle


def redeem(person: Person, product: Product) -> orders.Order:
    at = timezone.now()
    order = orders.place(person=person, product=product, face_value=product.smallest, external_id=str(uuid4()), at=at)
    return orders.fulfil(order.pk, at=at)


def book(credit: TravelCredit) -> None:
    """Hold, pay and pay back something, as a booking system does."""
    asked = {"travel_credit_id": credit.pk, "currency": "EUR", "at": timezone.now()}
    travel_credits.authorise(amount=1850, reference="9MX4TD", description="Lisbon to Porto", **asked)
    paid = travel_credits.authorise(amount=1200, reference="7K2QPL", description="Berlin to Lisbon", **asked)
    travel_credits.capture(paid.pk, **asked)
    travel_credits.refund(amount=200, reference="7K2QPL-back", authorisation_id=paid.pk, **asked)


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer, ana: Person) -> Iterator[Open]:
    """Return a function that opens Ana's browser, signed in so long ago; options are those of a browser context.

    Whatever the page says on its console, or refuses, fails the test.
    """
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_page(*, ago: timedelta = timedelta(0), person: Person | None = ana, **options: object) -> Page:
        context = chromium.new_context(**({"base_url": live_server.url, "viewport": DESKTOP} | options))
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        if person:
            session = signed_in(person, ago=ago).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
