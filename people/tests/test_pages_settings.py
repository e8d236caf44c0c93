"""A person's own settings."""

import pytest
from django.test import Client

from people.models import Person
from people.tests.factories import make_person
from tests.pages import assert_strict, text

pytestmark = pytest.mark.django_db
FORM = {"language": "de", "time_zone": "Europe/Berlin", "theme": "dark"}


@pytest.fixture
def ana() -> Person:
    return make_person(name="Priyadarshini Raghunathan-Venkataraman", time_zone="Asia/Kolkata")


@pytest.fixture
def page(ana: Person) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def test_settings_show_who_one_is(page: Client) -> None:
    response = page.get("/settings")

    assert_strict(response)
    assert "PR" in text(response)
    assert "Priyadarshini Raghunathan-Venkataraman" in text(response)


def test_settings_are_kept(page: Client, ana: Person) -> None:
    response = page.post("/settings", FORM, follow=True)

    ana.refresh_from_db()
    assert (ana.language, ana.time_zone) == ("de", "Europe/Berlin")
    assert "Your settings are kept." in text(response)
    assert '<html lang="en-GB" data-theme="dark">' in response.content.decode()


def test_the_language_chosen_writes_the_numbers_whatever_the_browser_asks_for(page: Client) -> None:
    page.post("/settings", FORM)
    assert "worth 0,00 €" in text(page.get("/", headers={"Accept-Language": "pt"}))

    page.post("/settings", FORM | {"language": "en-gb"})
    assert "worth €0.00" in text(page.get("/", headers={"Accept-Language": "de"}))


def test_the_theme_of_the_device_is_the_absence_of_a_choice(page: Client) -> None:
    page.post("/settings", FORM)

    response = page.post("/settings", {**FORM, "theme": ""}, follow=True)

    assert '<html lang="en-GB">' in response.content.decode()


def test_a_theme_that_nobody_offers_is_ignored(page: Client) -> None:
    page.cookies["theme"] = '"><script>'

    assert '<html lang="en-GB">' in page.get("/settings").content.decode()


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"language": "tlh"}, {"theme": "sepia"}])
def test_what_is_not_offered_is_refused(page: Client, ana: Person, wrong: dict[str, str]) -> None:
    page.post("/settings", FORM | wrong)

    ana.refresh_from_db()
    assert (ana.language, ana.time_zone) == ("en-gb", "Asia/Kolkata")


def test_name_and_address_are_hrs_to_change(page: Client, ana: Person) -> None:
    page.post("/settings", FORM | {"name": "Queen", "email": "queen@acme.example", "is_staff": "on"})

    before = (ana.name, ana.email, ana.is_staff)
    ana.refresh_from_db()
    assert (ana.name, ana.email, ana.is_staff) == before


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    assert client.get("/settings")["Location"] == "/accounts/login/?next=/settings"
