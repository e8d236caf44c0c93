"""A travel credit from the portal's shelf to a booking system's till, and back to its owner's page."""

import json
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from api import ids
from api.tests.factories import make_client, make_token
from people.models import Person
from redemptions.models import Product, TravelCredit
from tests.browser.conftest import PHONE, Open
from wallets import ledger_rules

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def redeem(page: Page) -> TravelCredit:
    """Redeem €100 for the airline in the portal, by hand."""
    page.goto("/rewards/solvane-air")
    page.get_by_label("€100").check()
    page.get_by_role("button", name="Continue with €100").click()
    page.get_by_role("button", name="Redeem 10,000 points").click()
    page.wait_for_url("**/my-rewards/orders/**")
    return TravelCredit.objects.get(face_value=10_000)


class BookingSystem:
    """The airline's till, over HTTP with a token of its own."""

    def __init__(self, server: LiveServer, credit: TravelCredit) -> None:
        self.headers = {"Authorization": f"Bearer {make_token(make_client(['travel:write']))}"}
        self.address = f"{server.url}/api/v1/travel-credits/{ids.public(ids.TRAVEL_CREDIT, credit.pk)}"

    def post(self, path: str, amount: str | None = None, **fields: str) -> dict[str, Any]:
        """Send a body and return the answer."""
        money = {"amount": {"amount": amount, "currency": "EUR"}} if amount else {}
        answer = requests.post(self.address + path, json=money | fields, headers=self.headers, timeout=10)
        assert answer.status_code in {200, 201}, json.dumps(answer.json())
        return dict(answer.json())


def test_redeem_a_travel_credit_and_see_bookings_lower_it(
    open_page: Open, live_server: LiveServer, ana: Person, kettle: Product
) -> None:
    page = open_page()
    airline = BookingSystem(live_server, redeem(page))
    page.goto("/my-rewards")
    card = page.locator(".credit", has_text="left of €100.00")
    expect(card.locator(".price b")).to_have_text("€100.00")
    expect(card.get_by_role("heading", name="Bookings")).to_have_count(0)

    paid = airline.post("/authorisations", "44.20", reference="7K2QPL", description="Berlin to Lisbon")
    page.reload()
    expect(card.locator(".price b")).to_have_text("€55.80")
    expect(card.locator(".bookings li")).to_contain_text(["held until"])

    airline.post(f"/authorisations/{paid['id']}/capture")
    airline.post("/authorisations", "18.50", reference="9MX4TD", description="Lisbon to Porto")
    page.reload()
    expect(card.locator(".price b")).to_have_text("€37.30")
    expect(card.locator(".legend")).to_contain_text("€37.30 left€18.50 held€44.20 used")
    expect(card.locator(".bookings li")).to_contain_text(["Lisbon to Porto", "Berlin to Lisbon"])
    expect(card.locator(".bookings .amount")).to_have_text(["€18.50Held", "−€44.20Paid"])
    widths = card.locator(".bar > rect").evaluate_all(
        "bars => bars.map(bar => bar.width.baseVal.valueInSpecifiedUnits)"
    )
    assert [round(width, 1) for width in widths] == [37.3, 18.5, 42.6]  # two gaps come off what is used

    airline.post("/refunds", "44.20", reference="7K2QPL-back", authorisation=paid["id"])
    page.reload()
    expect(card.locator(".price b")).to_have_text("€81.50")
    expect(card.locator(".bookings li").first).to_contain_text("Refund of Berlin to Lisbon")
    assert list(ledger_rules.findings()) == []


def test_a_long_booking_wraps_on_a_phone(open_page: Open, live_server: LiveServer, kettle: Product) -> None:
    page = open_page(viewport=PHONE)
    airline = BookingSystem(live_server, redeem(page))
    name = "Thiruvananthapuram International to Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    airline.post("/authorisations", "44.20", reference="R" * 120, description=name)
    page.goto("/my-rewards")

    expect(page.get_by_text(name)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
