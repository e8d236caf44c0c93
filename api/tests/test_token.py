"""The token endpoint, found the way a client finds it."""

from base64 import b64encode
from urllib.parse import urlsplit

import psycopg
import pytest
import time_machine
from allauth.idp.oidc.models import Token
from django.db import OperationalError, connection
from django.utils import timezone

from api.operations import clients

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]


@pytest.fixture
def made():
    return clients.create(name="HR", scopes=["points:write", "points:read"], at=timezone.now())


@pytest.fixture
def endpoint(client):
    document = client.get("/.well-known/openid-configuration").json()
    return urlsplit(document["token_endpoint"]).path


def basic(client_id, secret):
    return {"HTTP_AUTHORIZATION": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


def form(made, **fields):
    return {
        "grant_type": "client_credentials",
        "client_id": made.client_id,
        "client_secret": made.client_secret,
    } | fields


def test_a_token_is_had_by_basic(client, made, endpoint):
    grant = {"grant_type": "client_credentials"}
    response = client.post(endpoint, grant, **basic(made.client_id, made.client_secret))
    answer = response.json()
    assert (response.status_code, response["Cache-Control"], response["Content-Type"]) == (
        200,
        "no-store",
        "application/json",
    )
    token = answer.pop("access_token")
    assert answer == {"token_type": "Bearer", "expires_in": 3600, "scope": "points:write points:read"}
    assert len(token) > 60


def test_a_token_is_had_by_form_and_opens_the_api(client, made, endpoint):
    token = client.post(endpoint, form(made)).json()["access_token"]
    answer = client.get("/api/v1/gifts", HTTP_AUTHORIZATION=f"Bearer {token}").json()
    assert answer == {"name": "HR", "scopes": ["points:read", "points:write"]}


def test_the_token_itself_is_not_stored(client, made, endpoint):
    token = client.post(endpoint, form(made)).json()["access_token"]
    assert token not in str(Token.objects.values())


def test_fewer_scopes_can_be_asked_for(client, made, endpoint):
    token = client.post(endpoint, form(made, scope="points:read")).json()["access_token"]
    assert client.get("/api/v1/gifts", HTTP_AUTHORIZATION=f"Bearer {token}").json()["scopes"] == ["points:read"]


def test_more_scopes_than_the_client_has_are_refused(client, made, endpoint):
    response = client.post(endpoint, form(made, scope="points:read budgets:write"))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("secret", ["wrong", "", "x" * 5000])
def test_a_wrong_secret_is_refused_with_a_challenge(client, made, endpoint, secret):
    for response in (
        client.post(endpoint, {"grant_type": "client_credentials"}, **basic(made.client_id, secret)),
        client.post(endpoint, form(made, client_secret=secret)),
    ):
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert response["WWW-Authenticate"].startswith("Basic ")


def test_an_unknown_client_is_refused_alike(client, made, endpoint):
    wrong = client.post(endpoint, form(made, client_secret="wrong"))
    unknown = client.post(endpoint, form(made, client_id="nobody"))
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, "unauthorized_client"),
        ({"grant_type": ""}, "unsupported_grant_type"),
    ],
)
def test_another_grant_is_refused(client, made, endpoint, fields, error):
    response = client.post(endpoint, form(made, **fields))
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_credentials_in_the_address_are_refused(client, made, endpoint):
    query = f"?client_id={made.client_id}&client_secret={made.client_secret}"
    response = client.post(endpoint + query, {"grant_type": "client_credentials"})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_get_is_a_problem(client, endpoint):
    response = client.get(endpoint)
    assert (response.status_code, response["Allow"], response.json()["code"]) == (
        405,
        "POST, OPTIONS",
        "method_not_allowed",
    )


def lost(execute, sql, *rest):
    """Stand in for a connection that breaks: what the driver finds has no code of the server's."""
    raise OperationalError("the connection is lost") from psycopg.OperationalError()


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_without_a_database_it_says_when_to_ask_again(client, made, path):
    with connection.execute_wrapper(lost):
        response = client.post(path, form(made, token="x"))
    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert (response["Retry-After"], problem["code"]) == ("2", "not_ready")
    assert (problem["error"], problem["error_description"]) == ("temporarily_unavailable", problem["detail"])


def test_what_is_no_form_has_the_error_that_libraries_read(client, endpoint):
    refused = [
        client.get(endpoint),
        client.post(endpoint, {"grant_type": "x" * 6 * 1024 * 1024}, content_type="application/x-www-form-urlencoded"),
        client.post(endpoint, b"--x", content_type="multipart/form-data; boundary="),
        client.post(endpoint, b"{}", content_type="application/json"),
    ]
    assert [(each.status_code, each.json()["error"]) for each in refused] == [
        (405, "invalid_request"),
        (413, "invalid_request"),
        (400, "invalid_request"),
        (400, "unsupported_grant_type"),
    ]


def test_a_token_lives_an_hour(client, made, endpoint):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        token = client.post(endpoint, form(made)).json()["access_token"]
        clock.shift(3599)
        assert client.get("/api/v1/gifts", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
        clock.shift(1)
        response = client.get("/api/v1/gifts", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert response["WWW-Authenticate"] == 'Bearer realm="Rewards Portal", error="invalid_token"'


def test_a_token_takes_milliseconds(made):
    import time

    begun = time.perf_counter()
    assert made.api_client.oauth.check_secret(made.client_secret)
    assert time.perf_counter() - begun < 0.05
