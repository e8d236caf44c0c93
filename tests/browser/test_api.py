"""What integrators see in a real Chromium: the API's documentation, and clients, keys and calls in the admin."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from api import call_log
from api.models import ApiCall, ApiClient
from api.operations import api_keys, clients
from people.tests.factories import make_person
from rewards_portal import roles
from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.test_admin import SCREENS, Seen, session_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=False)]
MANY_SECONDS_MS = 60_000  # the document has 8,000 lines, and the machine may be busy
LONG_NAME = "Middleware of the human resources information system, Frankfurt and Bengaluru"


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_documentation_opens_under_the_policy_and_shows_an_operation_whole(
    open_page: Open, viewport: dict[str, int]
) -> None:
    page = open_page(person=None, viewport=viewport)
    page.goto("/api/docs")
    operation = page.locator("#operations-points-requests-points_requests_create")
    expect(operation).to_be_visible(timeout=MANY_SECONDS_MS)
    operation.get_by_role("button").first.dispatch_event("click")
    expect(operation.get_by_text("sf-2026-Q3-10482").first).to_be_visible(timeout=MANY_SECONDS_MS)
    expect(operation.get_by_text("Idempotent-Replayed").first).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def make_clients() -> ApiClient:
    """Make a client with a key and calls that went well, were refused and failed; and calls of nobody and a hook."""
    at = timezone.now()
    client = clients.create(
        name=LONG_NAME, scopes=["points:write", "points:read"], programmes=["kudos", "quarterly-performance"], at=at
    ).api_client
    end = at + timedelta(days=30)
    api_keys.make(client.pk, name=LONG_NAME, scopes=["points:read"], programmes=["kudos"], expires_at=end, at=at)
    endings = [(client, "", 201, ""), (client, "", 422, "over_budget"), (client, "", 500, "internal_error")]
    for caller, name, status, code in [*endings, (None, "", 401, "invalid_token"), (None, "sf-ratings", 200, "")]:
        call = ApiCall.objects.create(
            client=caller,
            caller=name,
            called_at=at,
            method="POST",
            route="/api/v1/points-requests/{points_request_id}/reverse",
            status=status,
            code=code,
            milliseconds=20.4,
            request_id=f"request-{status}",
            external_id="rating-2026-Q3-10482" * 4 if caller else "",
            body={"points": "…", "reason": "…"},
        )
        call_log._count([call])
    return client


def test_clients_keys_and_calls_are_clean(chromium: Browser, live_server: LiveServer) -> None:
    client = make_clients()
    person = make_person(name="Ines Sommer", is_staff=True)
    person.groups.set(Group.objects.filter(name=roles.INTEGRATIONS))
    session, call = session_of(person), ApiCall.objects.filter(client=client).latest("pk")
    pages = {
        "clients": "/admin/api/apiclient/",
        "client": f"/admin/api/apiclient/{client.pk}/change/",
        "client's week": f"/admin/api/apiclient/{client.pk}/change/?period=week",
        "new client": "/admin/api/apiclient/add/",
        "keys": "/admin/api/apikey/",
        "new key": "/admin/api/apikey/add/",
        "calls": "/admin/api/apicall/",
        "call": f"/admin/api/apicall/{call.pk}/change/",
        "client's history": f"/admin/api/apiclient/{client.pk}/history/",
    }
    seen = Seen()
    for screen, width, height, theme in SCREENS:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", seen.hear)
        for name, path in pages.items():
            seen.look(page, live_server.url + path, f"{name} ({screen}, {theme})")
        context.close()
    assert seen.faults == []


def test_a_client_is_made_and_its_secret_seen_once_without_script(chromium: Browser, live_server: LiveServer) -> None:
    person = make_person(is_staff=True)
    person.groups.set(Group.objects.filter(name=roles.INTEGRATIONS))
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": session_of(person), "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/api/apiclient/add/")
    page.get_by_label("Name").fill("SAP")
    page.get_by_label("points:read: Read points requests").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Client secret", exact=True)).to_be_visible()
    secret = page.locator("code").last.text_content() or ""
    made = ApiClient.objects.select_related("oauth").get()
    assert made.check_secret(secret.strip())
    page.goto(f"{live_server.url}/admin/api/apiclient/{made.pk}/change/")
    expect(page.get_by_text("No calls in this time.")).to_be_visible()
    assert secret not in page.content()
