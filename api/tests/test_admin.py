"""API clients in the admin."""

import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from api.models import ApiClient
from api.tests.factories import api, make_client, make_user

pytestmark = pytest.mark.django_db
ADD = "/admin/api/apiclient/add/"


@pytest.fixture
def staff(client):
    person = make_user(is_staff=True)
    person.groups.add(Group.objects.get(name="Integrations"))
    client.force_login(person)
    return person


def form(**changed):
    return {"name": "SAP", "scopes": ["points:write"], "per_minute": "60", "programmes": "a,b"} | changed


def test_a_client_is_made_and_its_secret_shown_once(client, staff):
    response = client.post(ADD, form())
    page = response.content.decode()
    made = ApiClient.objects.get()
    secret = re.findall(r"<code>([\w-]{43})</code>", page)[0]
    assert made.oauth.check_secret(secret)
    assert (made.oauth.name, made.per_minute, made.programmes) == ("SAP", 60, ["a", "b"])
    assert (made.pk in page, secret in str(response.cookies)) == (True, False)
    shown = client.get(reverse("admin:api_apiclient_change", args=[made.pk])).content.decode()
    assert secret not in shown
    assert made.oauth.secret not in shown


def test_taking_a_scope_away_ends_its_tokens(client, staff):
    caller = make_client(["points:write", "points:read"])
    http = api(caller)
    address = reverse("admin:api_apiclient_change", args=[caller.pk])
    assert client.post(address, form(scopes=["points:write", "points:read"])).status_code == 302
    assert http.get("/api/v1/points-requests").status_code == 200
    client.post(address, form(scopes=["points:write"]))
    assert http.get("/api/v1/points-requests").status_code == 401
    caller.refresh_from_db()
    assert (caller.oauth.name, caller.oauth.get_scopes(), caller.per_minute) == ("SAP", ["points:write"], 60)


def test_a_client_needs_a_scope(client, staff):
    response = client.post(ADD, form(scopes=[]))
    assert (response.status_code, ApiClient.objects.count()) == (200, 0)


def test_an_outsider_sees_no_clients(client):
    client.force_login(make_user())
    assert client.get(ADD)["Location"].startswith("/admin/login/")


def test_the_list_takes_no_more_queries_with_more_rows(client, staff, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for added in (1, 2):
        for _ in range(added):
            make_client()
        client.get("/admin/api/apiclient/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/admin/api/apiclient/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
