"""An event that gave nothing is decided again from its page in the admin, after what stood in its way was mended."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from api import ids
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event
from programs.operations import events, rules
from programs.operations.events import NewEvent
from programs.tests.factories import AT, make_programme
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db


def browser(role: str) -> Client:
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def refused() -> Event:
    """An event about somebody whom nobody knew yet."""
    rule = {"slug": "rated", "event_type": "performance.rating_submitted", "when": "true", "points": "500"}
    programme = make_programme(unknown_recipients="refuse")
    rules.write(programme=programme, **rule, reason="Rated", once_per=[], by=make_person())
    told = NewEvent(
        source="/sf",
        source_id="form-1",
        type="performance.rating_submitted",
        subject="E-late",
        time=AT,
        data={"rating": 5, "period": "2026-09-30", "form": "annual"},
    )
    [answer] = events.receive([told], at=AT)
    assert answer.event.status == "refused"
    return answer.event


def replay(client: Client, event: Event) -> Any:
    return client.post(reverse("admin:programs_event_replay", args=[event.pk]), follow=True)


def page(client: Client, event: Event) -> str:
    return client.get(reverse("admin:programs_event_change", args=[event.pk])).content.decode()


def test_it_is_credited_once_what_stood_in_its_way_is_mended(refused: Event) -> None:
    client = browser("Integrations")
    assert "Before: Refused. Now: Refused." in replay(client, refused).content.decode()
    late: Person = make_person(employee_number="E-late")
    assert "Before: Refused. Now: Credited." in replay(client, refused).content.decode()
    replay(client, refused)  # what gave points is not asked again
    refused.refresh_from_db()
    assert (refused.status, refused.person, refused.points_requests.count()) == ("credited", late, 1)
    assert "/replay/" not in page(client, refused)
    assert list(findings()) == []


@pytest.mark.parametrize("role", ["Auditors", "HR administrators", "HR approvers", "Finance"])
def test_others_see_no_button_and_have_no_way_around_it(refused: Event, role: str) -> None:
    client = browser(role)
    make_person(employee_number="E-late")
    assert replay(client, refused).status_code == 403
    assert "/replay/" not in page(client, refused)
    refused.refresh_from_db()
    assert refused.status == "refused"


def test_it_needs_a_post_and_an_event(refused: Event) -> None:
    client = browser("Integrations")
    assert "/replay/" in page(client, refused)
    assert client.get(reverse("admin:programs_event_replay", args=[refused.pk])).status_code == 405
    refused.pk = ids.new()
    assert replay(client, refused).status_code == 404
