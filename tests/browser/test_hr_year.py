"""HR's year in a real Chromium: a rule is tried, simulated and turned on by two, and a file is credited by two."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Page, expect

from people.models import Person
from people.tests.factories import make_person
from programs.enums import ApprovalSubject
from programs.matching import NewEvent
from programs.models import PointsRequest, Programme, Rule, Upload
from programs.operations import events, simulations, uploads
from programs.tests.factories import approvers, make_programme
from rewards_portal import roles
from tests.browser.conftest import DESKTOP, PHONE, Open
from wallets import queries as wallets
from wallets.ledger_rules import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TYPE = "performance.rating_submitted"
ROWS, BAD_ROWS = 1_000, 20


@pytest.fixture
def programme(transactional_db: None) -> Programme:
    programme = make_programme(slug="ratings", name="Ratings", budget=2_000_000)
    programme.approval_steps.create(over=0, approvals=1, group=approvers(), applies_to=ApprovalSubject.UPLOADS)
    return programme


def somebody(name: str, *names: str) -> Person:
    roles.ensure()
    person = make_person(name=name, is_staff=True)
    person.groups.set(Group.objects.filter(name__in=names))
    return person


def told(person: Person, source_id: str, **data: Any) -> NewEvent:
    values = {"source": "hr", "source_id": source_id, "type": TYPE, "time": timezone.now()}
    return NewEvent(**values, subject=person.employee_number, data={"rating": 5, "period": "2026-Q3", **data})  # type: ignore[arg-type]


def look(page: Page, name: str) -> None:
    """Hold that a page fits a phone and a desktop, and has nothing for axe to find."""
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(name, each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


def write_rule(page: Page) -> None:
    """Fill a rule in, with a typing error that the check names while it is written, and that is mended then."""
    page.goto("/admin/programs/rule/add/")
    page.get_by_label("Programme").select_option(label="Ratings")
    page.get_by_label("Slug").fill("top-rating")
    page.get_by_label("Event type").fill(TYPE)
    page.get_by_label("Points", exact=True).fill("event.rating >= 4.5 ? 1000 : 500")
    page.get_by_label("Reason").fill("Rated {event.rating} for {event.period}")
    page.get_by_label("Once per").fill("event.period")
    page.get_by_label("When").fill("event.rating >=")
    expect(page.locator("#rule-check .wrong")).to_contain_text("When, line 1, column 16")
    page.get_by_label("When").fill("event.ratng >= 4.0")
    expect(page.locator("#rule-check .doubt")).to_contain_text("Did you mean event.rating?")
    page.get_by_label("When").fill("event.rating >= 4.0")
    expect(page.locator("#rule-check .reads")).to_contain_text("Rated 4 for 2026-Q3")
    expect(page.locator("#rule-check table")).to_contain_text("event.period")


def file_of_a_thousand(folder: Path, bad: int) -> Path:
    """Write 1,000 rows, of which some name somebody who is not there."""
    numbers = [f"Y{number:05d}" for number in range(ROWS)]
    Person.objects.bulk_create(
        [
            Person(employee_number=each, email=f"{each}@acme.example".lower(), name=each, country="DE")
            for each in numbers
        ],
        ignore_conflicts=True,
    )
    for place in range(bad):
        numbers[place * 50] = f"unknown-{place}"
    file = folder / "year-end.csv"
    file.write_text("\n".join(["recipient,points,reason", *(f"{each},100,Year end" for each in numbers), ""]))
    return file


def try_and_simulate(page: Page) -> None:
    """Try the rule on an event that came, and run it over the last months; neither moves a point."""
    page.get_by_label("An event that came").select_option(index=1)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#try .trial")).to_contain_text("No points: when is false")
    page.get_by_label("An event that came").select_option(index=3)
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#try .trial")).to_contain_text("1,000 points would be credited to Tomas Novak")
    page.get_by_role("button", name="Simulate").click()
    expect(page.locator(".total")).to_have_text("0%")
    assert simulations.work(at=timezone.now()) is True
    expect(page.locator(".total")).to_have_text("1,500 points to 2 people")
    expect(page.get_by_text("It would take less than 1 % of the 2,000,000 that are left.")).to_be_visible()
    look(page, "simulation")
    assert len(downloaded(page, "Download all rows")) == 3
    assert PointsRequest.objects.filter(programme__slug="ratings").count() == 0


def turn_on(page: Page, second: Page) -> None:
    """Ask for the rule, and have a second person turn it on."""
    page.get_by_role("button", name="Ask to turn it on").click()
    expect(page.get_by_text("Version 1 of top-rating waits: HR approvers turn it on.")).to_be_visible()
    assert Rule.objects.get().live_version is None
    second.goto(page.url)
    expect(second.get_by_text("1,500 points to 2 people for the events of")).to_be_visible()
    look(second, "change")
    second.get_by_role("button", name="Turn on version 1 of top-rating").click()
    expect(second.get_by_role("button", name="Turn on version 1 of top-rating")).to_have_count(0)
    assert Rule.objects.get().live_version is not None


def upload(page: Page, file: Path) -> None:
    """Have a file checked."""
    page.get_by_label("Programme").select_option(label="Ratings")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url("**/change/")
    while uploads.work(at=timezone.now()):
        pass


def credit(page: Page, second: Page) -> None:
    """Ask for the rows to be credited, and have a second person approve it."""
    page.get_by_role("button", name="Ask to credit 1,000 rows").click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    waiting = Upload.objects.get(status="waiting")
    second.goto(f"/admin/approvals/approval/{waiting.approval_id}/change/")
    button = second.get_by_role("button", name="Credit 1,000 rows with 100,000 points")
    button.click()
    expect(button).to_have_count(0)
    while uploads.work(at=timezone.now()):
        pass
    page.goto(f"/admin/programs/upload/{waiting.pk}/change/")
    expect(page.locator(".total")).to_have_text("100,000 points credited")


def downloaded(page: Page, name: str) -> list[str]:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return download.value.path().read_text(encoding="utf-8").splitlines()


def test_year_of_hr(open_page: Open, programme: Programme, tmp_path: Path) -> None:
    tomas, lena = make_person(name="Tomas Novak"), make_person(name="Lena Vogt")
    for days, event in enumerate([told(lena, "3", rating=2), told(lena, "2", rating=4), told(tomas, "1")]):
        events.receive([event], at=timezone.now() - timedelta(days=days))
    page = open_page(person=somebody("Marta Silva", roles.HR_ADMINISTRATORS))
    second = open_page(person=somebody("Jonas Weber", roles.HR_APPROVERS))

    write_rule(page)
    look(page, "rule")
    try_and_simulate(page)
    write_rule(page)
    turn_on(page, second)
    [received] = events.receive([told(tomas, "4", period="2026-Q4")], at=timezone.now())
    assert (received.event.status, wallets.wallet(tomas).available) == ("credited", 1000)

    page.goto("/admin/programs/upload/add/")
    upload(page, file_of_a_thousand(tmp_path, BAD_ROWS))
    expect(page.locator(".total")).to_have_text("98,000 points to 980 people")
    assert len(downloaded(page, "Download the 20 rows to mend")) == BAD_ROWS + 1
    page.get_by_role("button", name="Choose another file").click()
    page.wait_for_url("**/add/")
    upload(page, file_of_a_thousand(tmp_path, 0))
    expect(page.locator(".total")).to_have_text("100,000 points to 1,000 people")
    credit(page, second)
    lines = downloaded(page, "Download the result")
    assert (len(lines), sum("Credited" in line for line in lines)) == (ROWS + 1, ROWS)
    assert list(findings()) == []
