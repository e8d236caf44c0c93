"""The HR admin in a real Chromium: nothing in its console, nothing for axe to find, nothing wider than the screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from messaging.operations import webhook_endpoints
from messaging.tests.factories import make_endpoint
from people.models import Department, Person
from people.tests.factories import make_person
from programs.models import PointsRequest
from programs.operations.points_requests import submit
from programs.tests.factories import make_programme, new
from programs.tests.test_recognitions import give, make_recognition_programme
from rewards_portal import roles
from tests.chromium import executable_path

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=False)]
SCREENS = [
    (screen, width, height, theme)
    for screen, width, height in (("desktop", 1440, 900), ("phone", 390, 844))
    for theme in ("light", "dark")
]
PASSWORD = "walk-in-the-park"


@dataclass
class Seen:
    """What went wrong on pages, by page."""

    faults: list[str] = field(default_factory=list)

    def hear(self, said: ConsoleMessage) -> None:
        """Note an error in the console."""
        if said.type == "error":
            self.faults.append(f"console: {said.text}")

    def look(self, page: Page, url: str, name: str) -> None:
        """Open a page and note what its console says, what axe finds and whether it is too wide."""
        answer = page.goto(url, wait_until="load")
        if answer is None or answer.status != 200:
            self.faults.append(f"{name}: {answer and answer.status}")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self.faults.append(f"{name}: {wide} px too wide")
        for violation in Axe().run(page, options={"preload": False}).response["violations"]:
            targets = [node["target"] for node in violation["nodes"]]
            self.faults.append(f"{name}: {violation['id']} {targets}")


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a Chromium that talks to nobody but the page."""
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    path = executable_path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


def administrator() -> Person:
    """Return somebody who may do most things."""
    person = make_person(name="Marta Silva", email="marta@acme.example", password=PASSWORD, is_staff=True)
    person.groups.set(Group.objects.filter(name__in=[roles.HR_APPROVERS, roles.HR_ADMINISTRATORS]))
    return person


def waiting_request() -> PointsRequest:
    """Return a points request that waits for approval, for somebody with a long name."""
    person = make_person(
        name="Maximilian von Hohenstein-Schwarzburg", department=Department.objects.create(name="Sales")
    )
    programme = make_programme(name="Spotlight awards", steps=[(500, 1)])
    (done,) = submit([new(programme, person, points=7500)], at=timezone.now() - timedelta(hours=30))
    assert done.points_request is not None
    return done.points_request


def session_of(person: Person) -> str:
    """Return the session key of somebody who is signed in."""
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


def test_admin_pages_are_clean(live_server: LiveServer) -> None:
    request = waiting_request()
    marta = administrator()
    marta.groups.add(Group.objects.get(name=roles.INTEGRATIONS))
    session = session_of(marta)
    thanks = make_recognition_programme(name="Thank you")
    giver, receiver = make_person(name="Jonas Weber"), make_person(name="Priyadarshini Raghunathan-Venkataraman")
    give(thanks, receiver, giver, value="Own it", reason="You stayed late. " * 25, at=timezone.now())
    endpoint, _ = make_endpoint("https://a-rather-long-name-of-a-host.acme.example/hooks", description="HR middleware")
    delivery = webhook_endpoints.send_test(endpoint.pk, at=timezone.now())
    key_pages = {
        "webhook endpoints": "/admin/messaging/webhookendpoint/",
        "webhook deliveries": "/admin/messaging/webhookdelivery/",
        "dashboard": "/admin/",
        "points requests": "/admin/programs/pointsrequest/",
        "points request": f"/admin/programs/pointsrequest/{request.pk}/change/",
        "programme": f"/admin/programs/programme/{request.programme_id}/change/",
        "recognitions": "/admin/programs/recognition/",
    }
    more_pages = {
        "webhook endpoint": f"/admin/messaging/webhookendpoint/{endpoint.pk}/change/",
        "webhook delivery": f"/admin/messaging/webhookdelivery/{delivery.pk}/change/",
        "allowances": "/admin/programs/allowance/",
        "programme of recognition": f"/admin/programs/programme/{thanks.pk}/change/",
        "person": f"/admin/people/person/{request.person_id}/change/",
        "history": f"/admin/people/person/{request.person_id}/history/",
        "transfers": "/admin/wallets/transfer/",
        "new product": "/admin/redemptions/product/add/",
    }
    seen = Seen()
    with browser() as chromium:
        for screen, width, height, theme in SCREENS:
            pages = key_pages | more_pages if (screen, theme) == ("desktop", "light") else key_pages
            context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            page.on("console", seen.hear)
            page.on("pageerror", lambda error: seen.faults.append(f"script: {error}"))
            for name, path in pages.items():
                seen.look(page, live_server.url + path, f"{name} ({screen}, {theme})")
            context.close()
    assert seen.faults == []


def test_from_sign_in_to_a_change_and_its_history_and_out(live_server: LiveServer) -> None:
    department = Department.objects.create(name="Sales")
    administrator()
    with browser() as chromium:
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{live_server.url}/admin/people/department/{department.pk}/change/")
        sign_in(page)
        page.get_by_label("Name").fill("Selling")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("link", name="Selling").first.click()
        page.get_by_role("link", name="History").click()
        newest = page.locator(".change-set").first
        assert newest.get_by_role("heading", level=2).inner_text() == "Marta Silva"
        assert newest.get_by_role("row").last.inner_text().split() == ["Name", "Sales", "→", "Selling"]
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(lambda url: "/admin/" not in url)
        page.goto(f"{live_server.url}/admin/")
        assert "/accounts/login/" in page.url


def sign_in(page: Page) -> None:
    """Sign in at the portal, to whose page the admin has sent the browser."""
    assert "/accounts/login/" in page.url
    page.get_by_role("link", name="Use a password").click()
    page.locator("input[name=login]").fill("marta@acme.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/admin/**")


def test_menu_and_filters_open_on_a_phone_without_script(live_server: LiveServer) -> None:
    session = session_of(administrator())
    with browser() as chromium:
        context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/people/person/")
        assert not page.locator("#sections").is_visible()
        page.get_by_role("button", name="Menu").click()
        page.locator("#sections").get_by_role("link", name="Transfers", exact=True).click()
        page.wait_for_url("**/admin/wallets/transfer/")
        page.get_by_role("button", name="Filter").click()
        page.locator("#changelist-filter").get_by_role("link", name="Credit").click()
        page.wait_for_url("**?kind__exact=credit")


def test_a_box_made_late_has_its_fields_name(live_server: LiveServer) -> None:
    """select2 makes its boxes whenever jQuery is ready, which is after the page has loaded on a slow machine."""
    person = make_person()
    with browser() as chromium:
        context = chromium.new_context()
        context.add_cookies([{"name": "sessionid", "value": session_of(administrator()), "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/people/person/{person.pk}/change/", wait_until="networkidle")
        page.evaluate("django.jQuery('#id_manager').select2('destroy').select2()")
        box = page.locator("#id_manager + .select2 [role=combobox], #id_manager + .select2 [role=textbox]").first
        assert str(box.get_attribute("aria-label")).startswith("Manager")
