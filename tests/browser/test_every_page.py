"""Every page, at both widths, in both themes: nothing for axe, nothing on the console, nothing to scroll sideways."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from api import ids
from people.models import Person
from redemptions.models import Order, Product
from tests.browser.conftest import DESKTOP, PHONE, Open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = (Path(axe_playwright_python.__path__[0]) / "axe.min.js").read_text(encoding="utf-8")
PAGES = [
    "/",
    "/rewards",
    "/rewards?q=nothing",
    "/reward-filters",
    "/rewards/kettle-lane",
    "/rewards/solvane-air",
    "/rewards/kettle-lane/confirm?value=2500",
    "/my-rewards",
    "/my-rewards?show=used",
    "/my-rewards?show=expired",
    "/statement",
    "/recognise",
    "/recognise?q=jonas",
    "/recognise?to=E5",
    "/recognitions",
    "/recognitions?show=given",
    "/inbox",
    "/settings",
    "/sign-in-again",
    "/accounts/reauthenticate/",
]
SIGN_IN = ["/accounts/login/", "/accounts/login/?with=password", "/accounts/login/code/", "/accounts/signup/"]
# On a picture axe sees the colour behind the SVG: redemptions/tests/test_pictures.py holds the contrast there instead.
RUN = "axe.run({exclude: [['.art']]}, {resultTypes: ['violations']})"


def faults(page: Page, path: str) -> list[str]:
    """Return what is wrong with a page at each width in each theme, each in a line."""
    page.goto(path)
    page.evaluate(AXE)
    found = []
    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{path}: {wide} px too wide for {viewport['width']}"] if wide > 0 else []
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            found += [
                f"{path} ({viewport['width']}, {theme}): {violation['id']} {node['target']} {node['failureSummary']}"
                for violation in page.evaluate(RUN)["violations"]
                for node in violation["nodes"]
            ]
    return found


def test_every_page_is_clean(open_page: Open, ana: Person, kettle: Product, recognised: Person) -> None:
    cache.clear()
    order = Order.objects.filter(person=ana).latest("placed_at")
    page, stranger = open_page(reduced_motion="reduce"), open_page(reduced_motion="reduce", person=None)

    paths = [*PAGES, f"/my-rewards/orders/{ids.public(ids.ORDER, order.pk)}"]
    assert [fault for path in paths for fault in faults(page, path)] == []
    assert [fault for path in SIGN_IN for fault in faults(stranger, path)] == []


def test_a_page_that_is_not_there_is_clean_too(chromium: Browser, live_server: LiveServer, ana: Person) -> None:
    page = chromium.new_page(
        base_url=live_server.url, reduced_motion="reduce"
    )  # the answer 404 itself stands on the console
    assert faults(page, "/nothing-here") == []
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_wins_over_the_device(open_page: Open, kettle: Product, theme: str) -> None:
    page = open_page(color_scheme="light" if theme == "dark" else "dark")
    page.goto("/settings")
    page.get_by_label(theme.capitalize()).check()
    page.get_by_role("button", name="Keep these settings").click()
    page.get_by_text("Your settings are kept.").wait_for()

    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == {"light": "rgb(247, 246, 243)", "dark": "rgb(20, 20, 18)"}[theme]


def test_focus_is_seen_and_content_is_one_key_away(open_page: Open, kettle: Product) -> None:
    page = open_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to content"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_motion_stops_where_it_is_unwanted(open_page: Open, kettle: Product) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto("/rewards")

    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).transitionDuration !== '0s').length"
    )
    assert moving == 0
