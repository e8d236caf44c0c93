"""A message is pasted on a connection's page in a real Chromium, at both widths, and nothing is credited by it."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.utils import timezone

from integrations.models import ReceivedMessage
from integrations.operations import received_messages
from integrations.tests.factories import make_connection, sample
from people.models import Person
from people.tests.factories import make_person
from programs.operations import rules
from programs.tests.factories import make_programme
from rewards_portal import roles
from tests.browser.conftest import DESKTOP, PHONE, Open
from wallets import queries as wallets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=False)]
PICTURES = os.environ.get("PICTURES", "")  # a folder, to look at the pages


@pytest.fixture
def marta() -> Person:
    """Somebody who minds the connections."""
    person = make_person(name="Marta Silva", email="marta@acme.example", is_staff=True)
    person.groups.add(Group.objects.get(name=roles.INTEGRATIONS))
    return person


def test_message_is_tried_before_the_connection_is_turned_on(open_page: Open, marta: Person) -> None:
    asha = make_person(employee_number="104512", name="Asha Rao")
    rules.write(
        programme=make_programme(slug="quarterly-performance"),
        slug="top-rating",
        event_type="performance.rating_submitted",
        when="event.rating >= 4.0",
        points="500",
        reason="Rated {event.rating} for {event.period}",
        once_per=["event.period"],
        by=None,
    )
    connection = make_connection(active=False)
    message = sample("successfactors_integration_center.json").decode()
    for width, theme in ((DESKTOP, "light"), (PHONE, "dark")):
        page = open_page(person=marta, viewport=width, color_scheme=theme)
        page.goto(f"/admin/integrations/connection/{connection.pk}/change/")
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"connection-{width['width']}.png", full_page=True)
        page.get_by_role("link", name="Try a message").click()
        page.get_by_label("Message", exact=True).fill(message)
        page.get_by_role("button", name="Try it").click()
        page.get_by_role("heading", name="Record 1: 58231").wait_for()
        assert page.get_by_text("Would be credited: 500").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert [found["id"] for found in Axe().run(page, options={"preload": False}).response["violations"]] == []
        if PICTURES:
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=Path(PICTURES) / f"try-{width['width']}.png", full_page=True)
    assert (ReceivedMessage.objects.count(), wallets.wallet(asha).available) == (0, 0)


def test_try_page_and_messages_need_no_script(open_page: Open, marta: Person) -> None:
    connection = make_connection()
    received_messages.receive(connection=connection, body=b'{"records": []}', at=timezone.now())
    page = open_page(person=marta, viewport=PHONE, java_script_enabled=False)
    page.goto(f"/admin/integrations/connection/{connection.pk}/try/")
    page.get_by_label("Message", exact=True).fill("{")
    page.get_by_role("button", name="Try it").click()
    page.get_by_text("The message is not JSON").wait_for()
