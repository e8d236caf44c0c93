"""Recognising in the browser without JavaScript: find, fill in, see, give; and everything that can refuse it."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import Department, Person
from people.tests.factories import make_person
from programs.models import AllowancePolicy, PointsRequest, Programme, Recognition
from programs.operations import recognitions
from programs.tests.test_recognitions import give, make_recognition_programme
from tests.pages import assert_strict, text
from wallets.ledger_rules import findings
from wallets.queries import wallet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledger_stays_true() -> Any:
    yield
    assert list(findings()) == []


@pytest.fixture
def jonas() -> Person:
    return make_person(name="Jonas Weber")


@pytest.fixture
def ana(jonas: Person) -> Person:
    department = Department.objects.create(name="Engineering")
    return make_person(name="Ana Ribeiro", employee_number="E10482", department=department, manager=jonas)


@pytest.fixture
def programme() -> Programme:
    made = make_recognition_programme(name="Thanks", everyone=400)
    AllowancePolicy.objects.update(created_at=timezone.now())
    return made


@pytest.fixture
def page(jonas: Person) -> Client:
    client = Client()
    client.force_login(jonas)
    return client


def form_of(response: HttpResponse) -> dict[str, str]:
    """Return the hidden fields of the form, as a browser would send them."""
    hidden = re.findall(r"<input type=\"hidden\"[^>]*>", response.content.decode())
    pairs = [(re.search(r'name="([^"]+)"', each), re.search(r'value="([^"]*)"', each)) for each in hidden]
    return {
        name[1]: html.unescape(value[1]) if value else ""
        for name, value in pairs
        if name and name[1] != "csrfmiddlewaretoken"
    }


def test_four_pages_from_a_name_to_points(page: Client, ana: Person, programme: Programme) -> None:
    found = page.get("/recognise?q=ribeiro")
    assert_strict(found)
    assert "Found AR Ana Ribeiro Engineering · E10482" in text(found)
    assert ana.email not in found.content.decode()

    form = page.get("/recognise?to=E10482")
    assert_strict(form)
    assert "400 of your 400 left until" in text(form)
    filled = form_of(form) | {"choice": "300", "reason": "You stayed late.", "value": "Own it", "points": ""}

    preview = page.post("/recognise", filled | {"step": "preview"})
    assert_strict(preview)
    assert "Give 300 points? AR Ana Ribeiro" in text(preview)
    assert "300 points, worth €3.00 You stayed late. Own it JW Jonas Weber" in text(preview)
    assert "Your allowance 400 This gift −300 Left until" in text(preview)
    assert PointsRequest.objects.count() == 0

    given = page.post("/recognise", form_of(preview) | {"step": "give"}, follow=True)
    assert_strict(given)
    assert "300 points given to Ana Ribeiro. They can read it now." in text(given)
    assert "100 left to give in Thanks until" in text(given)
    assert wallet(ana).available == 300
    page.post("/recognise", form_of(preview) | {"step": "give"})
    assert wallet(ana).available == 300

    theirs = Client()
    theirs.force_login(ana)
    assert "Thanked by Jonas Weber “You stayed late.”" in text(theirs.get("/recognitions"))
    assert re.search(r"Thanked by Jonas Weber .*“You stayed late.” \+300", text(theirs.get("/statement")))
    assert "Jonas Weber gave you 300 points “You stayed late.” · Own it" in text(theirs.get("/inbox"))


def test_change_goes_back_to_what_was_filled_in(page: Client, ana: Person, programme: Programme) -> None:
    filled = form_of(page.get("/recognise?to=E10482")) | {
        "choice": "other",
        "points": "37",
        "reason": "<b>Bold</b> & true",
    }
    back = page.post("/recognise", form_of(page.post("/recognise", filled | {"step": "preview"})) | {"step": "change"})
    assert 'value="37"' in back.content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; true" in back.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"choice": "500"}, "400 points of your 400 are left for this month."),
        ({"choice": ""}, "Choose how many points."),
        ({"choice": "²"}, "Choose how many points."),
        ({"choice": "other", "points": ""}, "Write how many points."),
        ({"choice": "other", "points": "many"}, "Write a number in digits."),
        ({"choice": "other", "points": "-3"}, "Ensure this value is greater than or equal to 1."),
        ({"reason": ""}, "Say what they did"),
        ({"reason": "a\0b"}, "Null characters are not allowed."),
        ({"value": "Not ours"}, "It is not offered, or not any more."),
    ],
)
@pytest.mark.parametrize("step", ["preview", "give"])
def test_what_cannot_be_given_is_said_at_its_field_and_what_was_typed_stays(
    page: Client, ana: Person, programme: Programme, step: str, changes: dict[str, str], said: str
) -> None:
    filled = form_of(page.get("/recognise?to=E10482")) | {"choice": "100", "reason": "You stayed late.", "points": ""}
    shown = page.post("/recognise", filled | changes | {"step": step})
    assert_strict(shown)
    assert said in text(shown)
    assert (PointsRequest.objects.count(), wallet(ana).available) == (0, 0)


def test_a_form_without_its_id_gives_nothing(page: Client, ana: Person, programme: Programme) -> None:
    filled = form_of(page.get("/recognise?to=E10482")) | {"choice": "100", "reason": "Thanks", "form_id": "x"}
    said = text(page.post("/recognise", filled | {"step": "give"}, follow=True))
    assert "That could not be given, and nothing was." in said


@pytest.mark.parametrize("to", ["oneself", "left", "E404", "a\0b", "email:ana@acme.example"])
def test_nobody_who_cannot_be_recognised_is_offered_or_taken(
    page: Client, jonas: Person, ana: Person, programme: Programme, to: str
) -> None:
    make_person(employee_number="left", name="Gone Away", status="left")
    number = jonas.employee_number if to == "oneself" else to
    filled = form_of(page.get("/recognise?to=E10482")) | {"choice": "100", "reason": "Thanks", "to": number}
    assert "This colleague cannot be recognised." in text(page.get("/recognise", {"to": number})) or "\0" in number
    assert "nothing was. Choose the colleague again." in text(
        page.post("/recognise", filled | {"step": "give"}, follow=True)
    )
    assert "Gone Away" not in text(page.get("/recognise?q=gone"))
    assert "Nobody by this name works here." in text(page.get("/recognise?q=jonas+weber"))
    assert PointsRequest.objects.count() == 0


def test_the_page_starts_with_whom_one_works_with(page: Client, ana: Person, programme: Programme) -> None:
    make_person(name="Somebody Elsewhere")
    shown = text(page.get("/recognise"))
    assert "You work with AR Ana Ribeiro" in shown
    assert "Somebody Elsewhere" not in shown


def test_without_an_allowance_the_page_says_so(page: Client, ana: Person) -> None:
    make_recognition_programme(everyone=100, status="paused")
    assert "You have no points to give" in text(page.get("/recognise?to=E10482"))
    assert "You have no points to give" in text(page.post("/recognise", {"step": "give"}, follow=True))


def test_one_of_two_allowances_is_chosen(page: Client, ana: Person, programme: Programme) -> None:
    other = make_recognition_programme(name="Applause", everyone=50)
    assert "Out of which allowance?" in text(page.get("/recognise"))
    shown = page.get(f"/recognise?to=E10482&programme={programme.slug}")
    assert form_of(shown)["programme"] == programme.slug
    assert "50 of your 50 left" in text(page.get(f"/recognise?to=E10482&programme={other.slug}"))


def test_one_that_waits_is_shown_to_who_gave_it_alone(page: Client, ana: Person, jonas: Person) -> None:
    programme = make_recognition_programme(steps=[(50, 1)])
    filled = form_of(page.get("/recognise?to=E10482")) | {"choice": "100", "reason": "Thanks", "points": ""}
    assert "Over 50 points, HR approvers look at it first." in text(page.get("/recognise?to=E10482"))
    assert "It waits for approval first." in text(page.post("/recognise", filled | {"step": "preview"}))
    given = text(page.post("/recognise", filled | {"step": "give"}, follow=True))
    assert "100 points for Ana Ribeiro wait for approval." in given
    assert "Waits for approval 100" in given
    theirs = Client()
    theirs.force_login(ana)
    assert "Nothing yet" in text(theirs.get("/recognitions"))
    assert programme.points_requests.count() == 1


def test_older_ones_are_on_the_next_page_and_queries_do_not_grow(
    page: Client, jonas: Person, ana: Person, programme: Programme
) -> None:
    counts = []
    for many in (1, 2, 29):
        for _ in range(many):
            give(programme, ana, jonas, points=1, at=timezone.now())
        page.get("/recognitions?show=given")
        with CaptureQueriesContext(connection) as queries:
            shown = page.get("/recognitions?show=given")
        counts.append(len(queries))
    assert len(set(counts)) == 1
    [before] = re.findall(r"show=given&amp;before=(\w+)", shown.content.decode())
    older = page.get(f"/recognitions?show=given&before={before}").content.decode()
    assert older.count('<li>\n          <span class="glyph') == 2
    assert page.get("/recognitions?before=rubbish").status_code == 200
    assert Recognition.objects.count() == 32


def test_a_stranger_is_asked_to_sign_in() -> None:
    for address in ("/recognise", "/recognitions"):
        assert Client().get(address)["Location"].startswith("/accounts/login/")


def test_expected_leaves_nothing_behind(jonas: Person, ana: Person, programme: Programme) -> None:
    from uuid import uuid4

    status = recognitions.expected(
        programme=programme.slug, receiver=ana, points=5, reason="Hm", form_id=uuid4(), by=jonas, at=timezone.now()
    )
    assert (status, PointsRequest.objects.count(), wallet(ana).available) == ("credited", 0, 0)
