"""Deciding in a browser: as a manager in the portal and as HR in the admin, with nothing for axe to find."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Page, expect

from approvals.models import Approval, Delegation
from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest
from programs.operations.points_requests import submit
from programs.tests.factories import approvers, make_programme, new
from rewards_portal import roles
from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.test_every_page import faults
from wallets.ledger_rules import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(ana: Person) -> list[PointsRequest]:
    """Three requests for people whose manager Ana is, and one for a stranger."""
    programme = make_programme(name="Spotlight", unknown_recipients="park")
    programme.approval_steps.create(over=100, approver="manager", group=approvers())
    report = make_person(name="Maximilian von Hohenstein-Schwarzburg", manager=ana, employee_number="E500")
    wanted = [new(programme, report, points=points, reason="Trained both shifts") for points in (150, 240, 7500)]
    wanted.append(new(programme, recipient="E500x", points=80))
    return [each.points_request for each in submit(wanted, at=timezone.now()) if each.points_request]


def admin_faults(page: Page, path: str) -> list[str]:
    """Return what is wrong with a page of the admin, at each width in each theme."""
    page.goto(path)
    found = []
    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{path}: {wide} px too wide for {viewport['width']}"] if wide > 0 else []
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            violations = Axe().run(page, options={"preload": False}).response["violations"]
            found += [f"{path}: {each['id']} {[node['target'] for node in each['nodes']]}" for each in violations]
    return found


def decided(page: Page, said: str) -> None:
    expect(page.get_by_text(said)).to_be_visible()


def test_a_manager_decides_one_and_then_the_others_together(
    open_page: Open, ana: Person, asked: list[PointsRequest]
) -> None:
    page = open_page()
    page.goto("/settings")
    page.get_by_role("link", name="Approvals What waits for your decision").click()
    page.wait_for_url("**/approvals")
    page.get_by_role("link", name="150 points for").click()
    page.get_by_role("button", name="Reject").click()
    decided(page, "write a note that says why")
    page.get_by_role("button", name="Approve 150 points").click()
    decided(page, "Approved: 150 points for Maximilian")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Decide about those chosen").click()
    page.wait_for_url("**/together")
    expect(page.get_by_text("7,740")).to_be_visible()
    page.get_by_label("Note for the record").fill("Well done")
    page.get_by_role("button", name="Approve 2").click()
    decided(page, "Approved: 2 requests, 7,740 points.")
    decided(page, "Nothing waits for you")
    assert [PointsRequest.objects.get(pk=each.pk).status for each in asked] == ["credited"] * 3 + ["parked"]
    assert list(findings()) == []


def test_pages_of_deciding_are_clean(open_page: Open, ana: Person, asked: list[PointsRequest]) -> None:
    now = timezone.now()
    colleague = make_person(name="Jonas Weber")
    for person, delegate in ((ana, colleague), (colleague, ana)):
        Delegation.objects.create(
            person=person, delegate=delegate, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=3)
        )
    first = Approval.objects.earliest("pk")
    page = open_page(reduced_motion="reduce")
    paths = ["/approvals", f"/approvals/{first.pk}", "/approvals/away"]
    marta = make_person(name="Marta Silva", is_staff=True)
    marta.groups.set(Group.objects.filter(name__in=[roles.HR_APPROVERS, roles.HR_ADMINISTRATORS]))
    admin = open_page(reduced_motion="reduce", person=marta)
    behind = [
        *("/admin/approvals/approval/?waits=anybody", f"/admin/approvals/approval/{first.pk}/change/"),
        *("/admin/approvals/delegation/", "/admin/approvals/delegation/add/"),
        "/admin/programs/pointsrequest/?status__exact=parked",
    ]
    found = [fault for path in paths for fault in faults(page, path)]
    assert found + [fault for path in behind for fault in admin_faults(admin, path)] == []
