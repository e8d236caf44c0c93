"""Signing in: by password, by e-mailed code; who may not, and what a stranger learns."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from people.enums import PersonStatus
from people.tests.factories import make_person

pytestmark = pytest.mark.django_db
PASSWORD = "walk-in-the-park"


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


def by_password(client, email, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def ask_for_code(client, email):
    return client.post(reverse("account_request_login_code"), {"email": email})


def is_signed_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("written", ["ana@acme.example", "Ana@ACME.example"])
def test_a_password_signs_in_whatever_the_case_of_the_address(client, written):
    make_person(email="Ana@acme.example", password=PASSWORD)
    by_password(client, written)
    assert is_signed_in(client)


def test_a_code_signs_in(client):
    make_person(email="Ana@acme.example")
    ask_for_code(client, "ana@acme.example")
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ana@acme.example"], "Acme Rewards: your sign-in code")
    code = re.match(r"[\w-]+", message.body).group()
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert is_signed_in(client)


def test_a_wrong_code_does_not(client):
    make_person(email="ana@acme.example")
    ask_for_code(client, "ana@acme.example")
    client.post(reverse("account_confirm_login_code"), {"code": "wrong"})
    assert not is_signed_in(client)


@pytest.mark.parametrize("status", [PersonStatus.SUSPENDED, PersonStatus.LEFT])
def test_who_is_not_active_does_not_get_in(client, status):
    make_person(email="ana@acme.example", password=PASSWORD, status=status)
    response = by_password(client, "ana@acme.example")
    assert (response["Location"], is_signed_in(client)) == (reverse("account_inactive"), False)
    ask_for_code(client, "ana@acme.example")
    assert mail.outbox == []


def test_a_stranger_learns_nothing_about_who_is_here(client):
    make_person(email="ana@acme.example", password=PASSWORD)
    make_person(email="gone@acme.example", password=PASSWORD, status=PersonStatus.LEFT)
    answers = []
    for email in ("ana@acme.example", "gone@acme.example", "nobody@acme.example"):
        wrong = by_password(client, email, "something else")
        asked = ask_for_code(client, email)
        shown = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"', "", wrong.content.decode())
        answers.append((wrong.status_code, shown.replace(email, ""), asked.status_code, asked["Location"]))
        client.logout()
    assert answers[0] == answers[1] == answers[2]


def test_nobody_writes_to_an_address_that_is_not_here(client):
    ask_for_code(client, "stranger@elsewhere.example")
    assert mail.outbox == []


def test_nobody_signs_up(client):
    response = client.post(reverse("account_signup"), {"email": "new@acme.example", "password1": PASSWORD})
    from people.models import Person

    assert (response.status_code, Person.objects.count()) == (200, 0)


def test_nobody_adds_an_address_of_their_own(client):
    from allauth.account.models import EmailAddress

    client.force_login(make_person())
    response = client.post("/accounts/email/", {"action_add": "", "email": "other@acme.example"})
    assert (response["Location"], EmailAddress.objects.count()) == (reverse("settings"), 0)
