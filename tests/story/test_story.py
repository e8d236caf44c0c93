"""The main job, from end to end, on real processes: a rating in SuccessFactors becomes a voucher in Asha's hands."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rewards_portal.demo.logins import PASSWORD
from rewards_portal.laptop import SF_HOOK_SECRET
from tests.chromium import executable_path
from tests.processes import Portal, manage, running_portal
from tests.standins.slack import SlackStandIn, slack_standin

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ASHA, HR = "asha.rao@example.com", "marta.silva@acme.example"
SAMPLES = Path(__file__).parents[2] / "integrations/tests/samples"
PATIENCE_SECONDS = 30
QUIET_SECONDS = 3  # several sweeps: time in which a second message would have come
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture
def slack() -> Iterator[SlackStandIn]:
    with slack_standin() as slack:
        slack.know(ASHA, "ben.okafor@example.com")
        yield slack


@pytest.fixture
def portal(tmp_path: Path, slack: SlackStandIn) -> Iterator[Portal]:
    with running_portal(tmp_path, slack=slack, environment={"SF_HOOK_SECRET": SF_HOOK_SECRET}) as portal:
        # the demo's half-year is past: nobody is told of it in Slack
        manage("load_demo", environment=portal.environment | {"SLACK_BOT_TOKEN": ""})
        yield portal


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable_path(), args=FLAGS)
        yield browser
        browser.close()


def test_a_rating_becomes_a_voucher_in_somebodys_hands(portal: Portal, slack: SlackStandIn, chromium: Browser) -> None:
    token = client_token(portal)
    before = wallet(portal, token)["available"]

    # An Integration Center job posts two finished reviews; one of them has no rating.
    answer = post(portal, sample())
    assert answer["received"] == 2
    assert [result["status"] for result in answer["results"]] == ["credited", "no_match"]
    [match] = answer["results"][0]["matches"]
    assert (match["rule"], match["points_request"]["points"]) == ("top-rating", 500)
    assert wallet(portal, token)["available"] == before + 500

    # Asha alone hears of it, once.
    eventually(lambda: slack.messages)
    assert [message["channel"] for message in slack.messages] == [slack.users[ASHA]]
    assert "500 points" in slack.messages[0]["text"]

    # The same job again: nothing more, and the same answer.
    again = post(portal, sample())
    assert [result["matches"] for result in again["results"]] == [result["matches"] for result in answer["results"]]
    assert wallet(portal, token)["available"] == before + 500

    # The worker dies; the next rating is credited at once, and told when a worker is back.
    portal.kill_worker()
    post(portal, sample(form="58240", rating="5.0", period="2026-09-30"))
    assert wallet(portal, token)["available"] == before + 1500
    assert len(slack.messages) == 1
    portal.start_worker()
    eventually(lambda: len(slack.messages) > 1)
    time.sleep(QUIET_SECONDS)
    assert [message["channel"] for message in slack.messages] == 2 * [slack.users[ASHA]]

    # A SOAP event of its Intelligent Services is answered in its own words, and credited too.
    assert "1 accepted: 1 credited" in post_soap(portal)
    assert wallet(portal, token)["available"] == before + 1750

    code = redeem_and_reveal(chromium, portal)
    assert len(code) >= 8
    assert wallet(portal, token)["available"] == before + 1250
    explained_to_hr(chromium, portal)
    assert portal.run_manage("check_ledger").strip() == "0 findings"


def redeem_and_reveal(chromium: Browser, portal: Portal) -> str:
    """As Asha: sign in, redeem a Kettle Lane voucher of €5 and return the code that the page reveals."""
    page, complaints = signed_in(chromium, portal, ASHA)
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{portal.base_url}/rewards")
    page.get_by_role("link", name="Kettle Lane").first.click()
    page.get_by_role("radio", name="€5", exact=False).first.check(force=True)
    page.get_by_role("button", name="Continue with €5").click()
    page.get_by_role("button", name="Redeem 500 points").click()
    expect(page.get_by_role("heading", name="Your €5 voucher is ready")).to_be_visible()
    page.get_by_role("button", name="Reveal").click()
    code = page.locator(".code-box code")
    expect(code).not_to_contain_text("•")
    revealed = code.inner_text()
    assert complaints == []
    page.context.close()
    return revealed


def explained_to_hr(chromium: Browser, portal: Portal) -> None:
    """As HR: find the credit in the admin, with its event, its rule and the values that decided."""
    page, complaints = signed_in(chromium, portal, HR)
    page.goto(f"{portal.base_url}/admin/programs/pointsrequest/?q=104512")
    page.get_by_role("row").filter(has_text="Rated 4 for 2026-12-31").get_by_role("link").first.click()
    content = page.locator("#content")
    for words in ("performance.rating_submitted", "top-rating", "event.rating >= 4.0", "58231", "2026-12-31"):
        expect(content).to_contain_text(words)
    assert complaints == []
    page.context.close()


def signed_in(chromium: Browser, portal: Portal, email: str) -> tuple[Page, list[str]]:
    """Return a page on which somebody signed in with their password, and what its console complains about."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{portal.base_url}/accounts/login/?with=password")
    page.get_by_label("Work e-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.base_url}/")
    return page, complaints


def sample(*, form: str = "58231", rating: str = "4.0", period: str = "2026-12-31") -> dict[str, Any]:
    """Return SuccessFactors' own message; its first record with another form, rating and period where given."""
    message: dict[str, Any] = json.loads((SAMPLES / "successfactors_integration_center.json").read_text())
    message["records"][0] |= {"formDataId": form, "overallRating": rating, "formReviewEndDate": period}
    return message


def post(portal: Portal, message: dict[str, Any]) -> dict[str, Any]:
    url = f"{portal.base_url}/api/v1/hooks/sf-ratings"
    answer = requests.post(url, json=message, auth=("sf", SF_HOOK_SECRET), timeout=30)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def post_soap(portal: Portal) -> str:
    """Post SuccessFactors' SOAP event of a spot award and return what it was answered."""
    url = f"{portal.base_url}/api/v1/hooks/sf-spot-awards"
    body = (SAMPLES / "successfactors_intelligent_event_spot_award.xml").read_bytes()
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    answer = requests.post(url, data=body, headers=headers, auth=("sf", SF_HOOK_SECRET), timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def client_token(portal: Portal) -> str:
    """Return a token of a client made as an operator makes one, fetched as its engineer would."""
    made = json.loads(portal.run_manage("create_api_client", "story", "--scopes", "wallets:read"))
    return portal.token(made)


def wallet(portal: Portal, token: str) -> dict[str, Any]:
    url, headers = f"{portal.base_url}/api/v1/wallets/104512", {"Authorization": f"Bearer {token}"}
    answer = requests.get(url, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def eventually(condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("It did not come about.")
