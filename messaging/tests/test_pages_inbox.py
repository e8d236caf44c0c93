"""The inbox page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from messaging.models import Message
from people.models import Person
from people.tests.factories import make_person
from tests.pages import assert_strict, text

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Person:
    return make_person()


@pytest.fixture
def page(ana: Person) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def tell(person: Person, number: int = 1, **fields: object) -> Message:
    defaults = {"kind": "points_credited", "title": f"You earned {number} points", "path": "/statement"}
    at = AT + timedelta(minutes=number)
    return Message.objects.create(
        **(defaults | {"person": person, "reference": f"m:{number}", "created_at": at} | fields)
    )


def test_inbox_shows_what_one_was_told(page: Client, ana: Person) -> None:
    tell(ana, 500), tell(make_person(), 700)

    response = page.get("/inbox")

    assert_strict(response)
    assert "New: You earned 500 points" in text(response)
    assert "700" not in text(response)
    assert 'aria-label="Inbox, 1 unread"' in response.content.decode()


def test_an_empty_inbox_says_what_will_be_there(page: Client) -> None:
    assert "When you get points, or a reward is ready, we tell you here." in text(page.get("/inbox"))


def test_opening_a_message_reads_it_and_goes_where_it_leads(page: Client, ana: Person) -> None:
    message = tell(ana)

    assert page.post(f"/inbox/{message.pk}")["Location"] == "/statement"
    message.refresh_from_db()
    assert message.read_at is not None
    assert 'aria-label="Inbox"' in page.get("/inbox").content.decode()


@pytest.mark.parametrize("path", ["", "//evil.example/x", "https://evil.example/x", "javascript:alert(1)"])
def test_a_message_that_leads_elsewhere_leads_to_the_inbox(page: Client, ana: Person, path: str) -> None:
    assert page.post(f"/inbox/{tell(ana, path=path).pk}")["Location"] == "/inbox"


def test_everything_is_read_at_once(page: Client, ana: Person) -> None:
    tell(ana, 1), tell(ana, 2)

    page.post("/inbox/read")

    assert Message.objects.filter(read_at=None).count() == 0


def test_somebody_elses_message_is_not_found(page: Client) -> None:
    theirs = tell(make_person())

    assert page.post(f"/inbox/{theirs.pk}").status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_older_messages_are_a_page_away(page: Client, ana: Person) -> None:
    for number in range(31):
        tell(ana, number)

    first = page.get("/inbox")
    second = page.get(f"/inbox?before={first.context['older'].hex}")

    assert ([m.title for m in second.context["page"]], second.context["older"]) == (["You earned 0 points"], None)


@pytest.mark.parametrize("count", [1, 3])
def test_inbox_costs_the_same_whatever_the_number(
    page: Client, ana: Person, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        tell(ana, number)

    with django_assert_num_queries(5):
        page.get("/inbox")


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    assert client.get("/inbox")["Location"] == "/accounts/login/?next=/inbox"
