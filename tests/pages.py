"""What holds for every page of the portal."""

import re
import time
from datetime import timedelta

from django.http import HttpResponse
from django.test import Client

from people.models import Person

POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; script-src 'self'; style-src 'self'"
)
# what the policy would refuse: a style attribute or element, a handler, a script without a source (data blocks aside)
REFUSED = re.compile(r"""<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:\ssrc=|type="application/json"))""")


def text(response: HttpResponse) -> str:
    """Return a page's words: tags out, runs of white space to one."""
    body = re.sub(r"<(svg|script|template)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
    return re.sub(r" ([.,;:])", r"\1", words).replace("&amp;", "&").replace("&#x27;", "'")


def signed_in(person: Person, *, ago: timedelta = timedelta(0)) -> Client:
    """Return a browser in which somebody signed in so long ago, as allauth would remember it."""
    client = Client()
    client.force_login(person)
    session = client.session
    record = {"method": "password", "at": time.time() - ago.total_seconds(), "email": person.email}
    session["account_authentication_methods"] = [record]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


def assert_strict(response: HttpResponse) -> None:
    """Assert that a page comes with the content security policy and needs no exception from it."""
    assert sorted(response["Content-Security-Policy"].split("; ")) == sorted(POLICY.split("; "))
    assert REFUSED.findall(response.content.decode()) == []
