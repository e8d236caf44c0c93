"""The API's calls go past what only pages need."""

import pytest
from django.test import Client

from people.tests.factories import make_person

pytestmark = pytest.mark.django_db
ONLY_PAGES = ("Content-Security-Policy", "Content-Language", "Vary")


def test_page_speaks_the_browsers_language_and_says_what_it_may_load() -> None:
    answer = Client().get("/accounts/login/", headers={"Accept-Language": "de"}, follow=True)
    assert [name in answer for name in ONLY_PAGES] == [True, True, True]
    assert answer["Content-Language"] == "de"


def test_call_of_the_api_speaks_english_after_a_page_in_another_language() -> None:
    client = Client()
    client.get("/accounts/login/", headers={"Accept-Language": "de"}, follow=True)
    answer = client.get("/api/v1/programmes", headers={"Accept-Language": "de"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert [name in answer for name in ONLY_PAGES] == [False, False, False]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_signed_in_person_is_nobody_to_the_api() -> None:
    client = Client()
    client.force_login(make_person())
    assert client.get("/api/v1/programmes").status_code == 401
    assert client.get("/").status_code == 200
