"""The sign-in pages, as they are shown."""

import pytest
from django.core.cache import cache
from django.test import Client

from people.tests.factories import make_person
from tests.pages import assert_strict, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_limits_left_over() -> None:
    cache.clear()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "/accounts/login/",
            "Welcome back Sign in to see your points. Work e-mail Send me a sign-in code Use a password",
        ),
        ("/accounts/login/?with=password", "Work e-mail Password Sign in Send me a code instead"),
        ("/accounts/login/code/", "Work e-mail Send me a sign-in code"),
        ("/accounts/signup/", "Accounts come from HR"),
        ("/accounts/inactive/", "This account is closed"),
        ("/accounts/password/reset/", "Reset"),
    ],
)
def test_pages_of_a_stranger(client: Client, path: str, words: str) -> None:
    response = client.get(path)

    assert_strict(response)
    assert words in text(response)


def test_the_way_on_survives_the_change_from_code_to_password(client: Client) -> None:
    content = client.get("/accounts/login/?next=/my-rewards").content.decode()

    assert 'href="/accounts/login/?with=password&amp;next=/my-rewards"' in content
    assert '<input type="hidden" name="next" value="/my-rewards"' in content


def test_a_wrong_password_is_told_beside_the_form(client: Client) -> None:
    response = client.post("/accounts/login/?with=password", {"login": "ana@acme.example", "password": "wrong"})

    assert_strict(response)
    assert "Password Sign in" in text(response)
    assert 'role="alert"' in response.content.decode()


def test_a_code_is_asked_for_and_a_wrong_one_is_told(client: Client) -> None:
    make_person(email="ana@acme.example")

    sent = client.post("/accounts/login/code/", {"email": "ana@acme.example"}, follow=True)
    assert_strict(sent)
    assert "Look in your inbox If ana@acme.example belongs to a colleague, a code is on its way there." in text(sent)

    wrong = client.post("/accounts/login/code/confirm/", {"code": "nonsense"})
    assert_strict(wrong)
    assert 'aria-invalid="true"' in wrong.content.decode()


@pytest.mark.parametrize("path", ["/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/"])
def test_pages_of_allauth_for_who_is_signed_in(path: str) -> None:
    client = Client()
    client.force_login(make_person(password="walk-in-the-park"))

    response = client.get(path)

    assert_strict(response)
    assert response.status_code == 200
