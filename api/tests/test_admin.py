"""API clients in the admin."""

import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from api import call_log, ids
from api.models import ApiCall, ApiClient
from api.tests.factories import api, make_client, make_user

pytestmark = pytest.mark.django_db
ADD = "/admin/api/apiclient/add/"


@pytest.fixture
def staff(client):
    person = make_user(is_staff=True)
    person.groups.add(Group.objects.get(name="Integrations"))
    client.force_login(person)
    return person


def text(response):
    """Return a page's words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


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


def test_an_auditor_reads_what_a_client_may_and_how_it_stands(client):
    caller = make_client(["points:write", "points:read"], name="SAP", programmes=["spot"])
    auditor = make_user(is_staff=True)
    auditor.groups.add(Group.objects.get(name="Auditors"))
    client.force_login(auditor)
    shown = text(client.get(reverse("admin:api_apiclient_change", args=[caller.pk])))
    for words in ("Name SAP", "Scopes points:write, points:read", "Programmes spot", f"Client ID {caller.pk}"):
        assert words in shown


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


@pytest.fixture
def called():
    """A client with a call that went well and one that did not."""
    made = make_client(name="SAP")
    for number, code in enumerate(["", "over_budget"]):
        call = ApiCall.objects.create(
            client=made,
            called_at=timezone.now(),
            method="POST",
            route="/api/v1/points-requests",
            status=422 if code else 201,
            code=code,
            milliseconds=20.4,
            request_id=f"request-{number}",
            external_id=f"rating-{number}",
        )
        call_log._count([call])
    return made


@pytest.mark.parametrize("role", ["Integrations", "Auditors"])
def test_a_client_shows_what_it_calls(client, staff, called, role):
    staff.groups.set([Group.objects.get(name=role)])
    for period in ("", "?period=week"):
        page = text(client.get(f"/admin/api/apiclient/{called.pk}/change/{period}"))
        assert "Calls 2 Errors 1 50.0% Half answered within 20 ms 95 of 100 within 20 ms" in page
        assert "over_budget The budget does not hold enough points 1" in page
        assert "201 POST /api/v1/points-requests rating-0" in page


@pytest.mark.parametrize("role", ["HR administrators", "Finance", "HR approvers"])
def test_others_see_no_calls(client, staff, called, role):
    staff.groups.set([Group.objects.get(name=role)])
    assert client.get("/admin/api/apicall/").status_code == 403
    assert client.get(f"/admin/api/apiclient/{called.pk}/change/").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=request-1", ["request-1"]),
        ("q=rating-0", ["request-0"]),
        ("q=over_budget", ["request-1"]),
        ("q=request", []),
        ("answer=well", ["request-0"]),
        ("answer=refused", ["request-1"]),
        ("answer=failed", []),
        ("client={client}&code=over_budget", ["request-1"]),
        ("client=another", []),
    ],
)
def test_calls_are_found_by_what_is_quoted(client, staff, called, query, found):
    listed = client.get(f"/admin/api/apicall/?{query.format(client=called.pk)}").context["cl"].result_list
    assert [call.request_id for call in listed] == found


def test_calls_are_changed_by_nobody(client, staff, called):
    call = ApiCall.objects.first()
    assert client.get(f"/admin/api/apicall/{call.pk}/change/").status_code == 200
    for page in ("add/", f"{call.pk}/delete/"):
        assert client.post(f"/admin/api/apicall/{page}").status_code == 403


def test_pages_of_calls_cost_the_same_with_more_of_them(client, staff, called):
    pages = [f"/admin/api/apiclient/{called.pk}/change/", "/admin/api/apicall/"]

    def cost(page):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        return len(asked)

    before = [cost(page) for page in pages]
    other = make_client()
    for row in ApiCall.objects.all():
        row.pk, row.client = ids.new(), other
        row.save(force_insert=True)
    row.pk, row.client = ids.new(), called
    row.save(force_insert=True)
    assert [cost(page) for page in pages] == before


@pytest.mark.parametrize("page", [ADD, "/admin/api/apikey/add/"])
def test_date_and_time_of_an_end_have_names(client, staff, page):
    shown = client.get(page).content.decode()
    names = re.findall(r'name="expires_at_\d"[^>]*aria-label="([^"]*)"', shown)
    assert names == ["Expires on", "Expires at"]
