"""Every error that a machine can be told is a problem of RFC 9457."""

import psycopg
import pytest
from django.db import InternalError
from rest_framework.test import APIClient

from api import problems
from api.errors import PointsOutOfRange
from api.tests.factories import api, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]
MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "code"}


def assert_problem(response, status, code, base_url="http://127.0.0.1:8000"):
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body = response.json()
    of_oauth = {"error", "error_description"} if body["instance"].startswith("/oauth/") else set()
    assert set(body) - {"errors"} == MEMBERS | of_oauth
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"{base_url}/problems/{code}"
    assert body["instance"] == response.wsgi_request.path
    assert body["request_id"] == response["X-Request-ID"]
    assert "Traceback" not in response.content.decode()
    assert "secret stack" not in response.content.decode()
    return body


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nowhere", 404, "not_found"),
        ("/api/v1/gifts/", 404, "not_found"),
        ("/api/", 404, "not_found"),
        ("/api/v1/fail/missing", 404, "not_found"),
        ("/api/v1/fail/denied", 403, "permission_denied"),
        ("/api/v1/fail/suspicious", 400, "bad_request"),
        ("/api/v1/fail/throttled", 429, "too_many_requests"),
        ("/api/v1/fail/ours", 422, "points_out_of_range"),
        ("/api/v1/fail/bug", 500, "internal_error"),
        ("/api/v1/plain-bug", 500, "internal_error"),
        ("/.well-known/nothing", 404, "not_found"),
        ("/oauth/nothing", 404, "not_found"),
        ("/api/v1/schema?format=nonsense", 404, "not_found"),
    ],
)
def test_every_error_is_a_problem_with_and_without_debug(settings, path, status, code, debug):
    settings.DEBUG = debug
    assert_problem(api().get(path), status, code)


def test_a_method_that_does_not_work_says_which_do():
    response = api().delete("/api/v1/gifts")
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD"
    assert_problem(api().options("/api/v1/gifts"), 405, "method_not_allowed")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_media_type_is_415(media_type):
    assert_problem(api().post("/api/v1/gifts", "x", content_type=media_type), 415, "unsupported_media_type")


def test_a_body_of_no_media_type_is_415():
    assert_problem(api().generic("POST", "/api/v1/gifts", "x", content_type=""), 415, "unsupported_media_type")


def test_a_host_that_is_not_ours_is_a_problem():
    assert_problem(APIClient().get("/api/v1/gifts", HTTP_HOST="evil.example"), 400, "bad_request")


def test_a_request_forgery_is_a_problem():
    http = APIClient(enforce_csrf_checks=True)
    http.force_login(make_user())
    assert_problem(http.post("/api/v1/guarded"), 403, "permission_denied")


def test_a_wait_is_said_in_whole_seconds():
    assert api().get("/api/v1/fail/throttled")["Retry-After"] == "5"


def test_what_a_view_answers_itself_stays():
    response = APIClient().get("/api/v1/soap")
    assert (response["Content-Type"], response.content) == ("text/xml", b"<fault/>")


@pytest.mark.urls("rewards_portal.urls")
def test_pages_for_people_stay_pages(client):
    assert client.get("/nowhere")["Content-Type"].startswith("text/html")


def test_an_accept_header_changes_nothing():
    http = api()
    for accept in ("application/problem+json", "text/html", "application/xml;q=0.1"):
        assert http.get("/api/v1/gifts", HTTP_ACCEPT=accept)["Content-Type"] == "application/json"
        assert_problem(http.get("/api/v1/fail/missing", HTTP_ACCEPT=accept), 404, "not_found")


def test_the_callers_request_id_comes_back_and_a_strange_one_is_replaced():
    http = api()
    assert http.get("/api/v1/nowhere", HTTP_X_REQUEST_ID="a-B_1.2").json()["request_id"] == "a-B_1.2"
    for strange in ("two words", "x" * 65, "a\nb", ""):
        request_id = http.get("/api/v1/gifts", HTTP_X_REQUEST_ID=strange)["X-Request-ID"]
        assert (len(request_id), request_id.isalnum()) == (32, True)


def test_an_item_of_a_batch_has_a_problem_without_a_request():
    assert problems.problem(PointsOutOfRange("Too many.", pointer="/0/points")) == {
        "type": "http://127.0.0.1:8000/problems/points_out_of_range",
        "title": "That is not a number of points",
        "status": 422,
        "detail": "Too many.",
        "code": "points_out_of_range",
        "errors": [{"pointer": "/0/points", "code": "points_out_of_range", "detail": "Too many."}],
    }


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (psycopg.errors.IdleInTransactionSessionTimeout(), "not_ready"),
        (psycopg.errors.AdminShutdown(), "not_ready"),
        (psycopg.errors.InFailedSqlTransaction(), None),  # a bug of ours
    ],
)
def test_a_connection_that_the_server_closed_is_worth_another_try(cause, code):
    error = InternalError("closed")
    error.__cause__ = cause
    assert getattr(problems.translate(error), "code", None) == code
