"""A colleague is recognised: by keyboard alone, without JavaScript, and with the card that follows what is typed."""

import pytest
from playwright.sync_api import Page, expect

from people.models import Person
from tests.browser.conftest import PHONE, Open
from wallets.queries import wallet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_card_follows_and_one_press_gives(open_page: Open, recognised: Person) -> None:
    page = open_page()
    page.goto("/recognise?to=E5")
    card = page.locator(".thanks-card")
    page.get_by_label("What did they do?").fill("You rewrote the guide.")
    page.get_by_role("radio", name="300").check(force=True)
    page.get_by_role("radio", name="Own it").check(force=True)
    expect(card).to_contain_text("300")
    expect(card).to_contain_text("worth €3.00")
    expect(card).to_contain_text("You rewrote the guide.")
    expect(card).to_contain_text("Own it")
    expect(page.get_by_text("22 of 500")).to_be_visible()
    before = wallet(recognised).available

    page.get_by_role("button", name="Give 300 points").click()
    expect(page.get_by_text("300 points given to Jonas Weber.")).to_be_visible()
    assert wallet(recognised).available == before + 300


def press_until(page: Page, key: str, focused: str) -> None:
    """Press a key until the element with this selector has the focus."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", focused):
            return
    raise AssertionError(f"{focused} is not reached by {key}")


def test_keyboard_alone(open_page: Open, recognised: Person) -> None:
    page = open_page()
    page.goto("/recognise")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("weber")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recognise?q=weber*")
    expect(page.get_by_role("heading", name="Found")).to_be_visible()
    press_until(page, "Tab", ".people a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recognise?to=E5")
    press_until(page, "Tab", "input[name=choice]")
    page.keyboard.press("ArrowLeft")
    press_until(page, "Tab", "textarea")
    page.keyboard.type("Thank you.")
    press_until(page, "Tab", "button[value=give]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("given to Jonas Weber.")).to_be_visible()


def test_without_javascript_on_a_phone(open_page: Open, recognised: Person) -> None:
    page = open_page(java_script_enabled=False, viewport=PHONE)
    page.goto("/recognise?q=weber")
    page.get_by_role("link", name="Jonas Weber").click()
    page.wait_for_url("**/recognise?to=E5")
    page.get_by_role("radio", name="Other").check(force=True)
    page.get_by_label("Other number of points").fill("42")
    page.get_by_label("What did they do?").fill("You stayed late.")
    expect(page.get_by_role("button", name="Give")).to_have_count(0)
    page.get_by_role("button", name="See what they will see").click()
    expect(page.get_by_role("heading", name="Give 42 points?")).to_be_visible()
    before = wallet(recognised).available
    page.get_by_role("button", name="Give 42 points").click()
    expect(page.get_by_text("42 points given to Jonas Weber.")).to_be_visible()
    assert wallet(recognised).available == before + 42
