"""Takes the pictures of this folder from a portal that runs: `.venv/bin/python docs/screenshots/take.py [BASE_URL]`.

The demo company has to be freshly loaded, so that the figures are those of the pages.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from rewards_portal.demo.logins import PASSWORD
from tests.chromium import executable_path

FOLDER = Path(__file__).parent
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1440, "height": 900},
    "mobile": {"width": 390, "height": 844},
}
EMPLOYEE = {
    "home": "/",
    "catalogue": "/rewards",
    "redeem": "/rewards/solvane-air",
    "my-rewards": "/my-rewards",
    "statement": "/statement",
}
HR = {"admin-dashboard": "/admin/", "admin-points-requests": "/admin/programs/pointsrequest/?source__exact=event"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(base_url: str) -> None:
    """Take every picture at both widths."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable_path(), args=FLAGS)
        for size, viewport in SIZES.items():
            page = browser.new_page(viewport=viewport)
            page.goto(f"{base_url}/accounts/login/")
            page.screenshot(path=FOLDER / f"sign-in-{size}.png")
            _take(browser, base_url, "ana.ribeiro@acme.example", EMPLOYEE, size)
        _take(browser, base_url, "marta.silva@acme.example", HR, "desktop")


def _take(browser: Browser, base_url: str, email: str, pages: dict[str, str], size: str) -> None:
    page = _signed_in(browser, base_url, email, size)
    for name, path in pages.items():
        page.goto(f"{base_url}{path}")
        page.screenshot(path=FOLDER / f"{name}-{size}.png")


def _signed_in(browser: Browser, base_url: str, email: str, size: str) -> Page:
    page = browser.new_page(viewport=SIZES[size])
    page.goto(f"{base_url}/accounts/login/?with=password")
    page.get_by_label("Work e-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{base_url}/")
    return page


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
