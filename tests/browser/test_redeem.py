"""Redeeming and revealing in a browser: by keyboard alone, without JavaScript, twice at once, and a while later."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from people.models import Person
from redemptions.models import Order, Product, Voucher
from tests.browser.conftest import PASSWORD, Open
from wallets import ledger_rules

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABS_MAX = 60


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        focused = page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.innerText || ''")
        if name in focused:
            return
    raise AssertionError(f"{name} cannot be reached by Tab.")


def orders_of(person: Person, product: Product) -> int:
    return Order.objects.filter(person=person, product=product, face_value=2500).count()


def test_redeem_and_reveal_by_keyboard(open_page: Open, ana: Person, kettle: Product) -> None:
    page = open_page(person=None)
    page.goto("/rewards/kettle-lane")
    tab_to(page, "Use a password")
    page.keyboard.press("Enter")
    page.wait_for_url("**with=password**")
    page.locator("#id_login").focus()
    page.keyboard.type(ana.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/rewards/kettle-lane")

    page.locator("input[name=value]:checked").focus()
    page.keyboard.press("ArrowRight")
    tab_to(page, "Continue with €25")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Redeem 2,500 points?")
    tab_to(page, "Redeem 2,500 points")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Your €25 voucher is ready")
    tab_to(page, "Reveal")
    page.keyboard.press("Enter")
    expect(page.locator("[data-code]")).to_contain_text("KETTLE-LANE-CODE-")
    expect(page.get_by_role("button", name="Copy")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toasts")).to_contain_text("Code")
    assert orders_of(ana, kettle) == 1
    assert list(ledger_rules.findings()) == []


def test_redeem_and_reveal_without_javascript(open_page: Open, ana: Person, kettle: Product) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/rewards?category=Food")
    page.get_by_role("link", name="Kettle Lane").last.click()
    page.get_by_label("€25").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Redeem 2,500 points").click()
    page.get_by_role("button", name="Reveal").click()

    expect(page.locator("[data-code]")).to_contain_text("KETTLE-LANE-CODE-")
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    assert orders_of(ana, kettle) == 1


def test_a_double_click_is_one_order(open_page: Open, ana: Person, kettle: Product) -> None:
    page = open_page()
    page.goto("/rewards/kettle-lane/confirm?value=2500")
    page.get_by_role("button", name="Redeem").dblclick()
    page.wait_for_url("**/my-rewards/orders/**")

    assert orders_of(ana, kettle) == 1


def test_a_code_hides_itself_after_a_minute(open_page: Open, kettle: Product) -> None:
    page = open_page()
    page.clock.install()
    page.goto("/my-rewards")
    card = page.locator(".voucher", has_text="Pagefold")
    card.get_by_role("button", name="Reveal").click()
    expect(card.locator("[data-code]")).to_be_visible()
    expect(card.locator("[data-countdown]")).to_contain_text("Hidden again in 1:00")

    page.clock.run_for(18_000)
    expect(card.locator("[data-countdown]")).to_have_text("Hidden again in 0:42")
    page.clock.run_for(43_000)
    expect(card.locator("[data-code]")).to_have_count(0)
    expect(card.locator("[data-countdown]")).to_have_text("Expires in 12 days")
    expect(card.get_by_role("button", name="Reveal")).to_be_enabled()


def test_a_while_after_signing_in_presence_is_proved_first(open_page: Open, kettle: Product) -> None:
    page = open_page(ago=timedelta(minutes=6))
    page.goto("/my-rewards")
    page.locator(".voucher", has_text="Pagefold").get_by_role("button", name="Reveal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    assert Voucher.objects.filter(reveals__gt=0).count() == 0
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("[data-code]")).to_contain_text("-CODE-")
    expect(page.get_by_text("PIN 4471")).to_be_visible()


def test_the_sum_and_the_button_follow_the_value(open_page: Open, kettle: Product) -> None:
    page = open_page()
    page.goto("/rewards/solvane-air")
    page.get_by_label("€100").check()
    expect(page.locator("dd [data-show=left]")).not_to_have_text("")
    expect(page.get_by_role("button", name="Continue with €100")).to_be_visible()
    page.get_by_label("Another amount").check()
    page.get_by_label("How much, in EUR").fill("75,50")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Redeem 7,550 points?")


def test_filters_apply_as_they_change_and_the_address_stays_short(open_page: Open, kettle: Product) -> None:
    page = open_page()
    page.goto("/rewards")
    expect(page.get_by_role("button", name="Apply")).to_be_hidden()
    page.get_by_label("What I can afford").check()
    page.wait_for_url("**/rewards?afford=1")

    expect(page.get_by_text("A very dear thing indeed")).to_have_count(0)
