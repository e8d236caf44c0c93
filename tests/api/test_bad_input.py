"""Bad input, at the three addresses that credit points: the right status, a problem that says what, nothing written."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Token
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from api.models import IdempotencyKey
from api.tests.factories import make_client, make_token
from people.tests.factories import make_person
from programs.models import Event, PointsRequest
from programs.operations import rules
from programs.tests.factories import make_programme
from wallets.models import Transfer

pytestmark = pytest.mark.django_db
JSON = "application/json"
ASKED = {"programme": "spot", "recipient": "E1", "points": 5, "reason": "Thanks"}
EVENT = {"specversion": "1.0", "id": "1", "source": "hr", "type": "rated", "subject": "E1", "data": {"rating": 5}}
GOOD: dict[str, Any] = {"points-requests": ASKED, "points-requests/batch": {"requests": [ASKED]}, "events": EVENT}
MIB = 1024 * 1024
BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "hr", "ce-type": "rated", "ce-subject": "E1"}

# Whole bodies, made from the good one as text: what no JSON reader should take.
BODIES: dict[str, tuple[Callable[[str], bytes], int, str]] = {
    "half a document": (lambda good: good[:-1].encode(), 400, "malformed_body"),
    "two documents": (lambda good: (good + good).encode(), 400, "malformed_body"),
    "single quotes": (lambda good: good.replace('"', "'").encode(), 400, "malformed_body"),
    "a member twice": (lambda good: good.replace("{", '{"x": 1, "x": 1, ', 1).encode(), 400, "malformed_body"),
    "NaN": (lambda good: good.replace("5", "NaN").encode(), 400, "malformed_body"),
    "Infinity": (lambda good: good.replace("5", "-Infinity").encode(), 400, "malformed_body"),
    "1e400": (lambda good: good.replace("5", "1e400").encode(), 400, "malformed_body"),
    "5,000 digits": (lambda good: good.replace("5", "5" * 5000).encode(), 400, "malformed_body"),
    "100 levels": (lambda good: good.replace("5", "[" * 100 + "]" * 100).encode(), 400, "malformed_body"),
    "100,000 levels": (lambda good: good.replace("5", "[" * 100_000 + "]" * 100_000).encode(), 400, "malformed_body"),
    "NUL in a text": (lambda good: good.replace("E1", "E1\\u0000").encode(), 400, "malformed_body"),
    "half a surrogate pair": (lambda good: good.replace("E1", "E1\\ud800").encode(), 400, "malformed_body"),
    "not UTF-8": (lambda good: good.replace("E1", "é").encode("latin-1"), 400, "malformed_body"),
    "UTF-16": (lambda good: good.encode("utf-16"), 400, "malformed_body"),
    "6 MiB": (lambda good: good.encode() + b" " * 6 * MIB, 413, "body_too_large"),
    "a list": (lambda good: f"[{good}]".encode(), 422, "invalid_request"),
    "null": (lambda _: b"null", 422, "invalid_request"),
    "a text": (lambda _: b'"points"', 422, "invalid_request"),
}
TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""]

# One member of a points request, wrong by itself: its pointer and code.
MEMBERS: list[tuple[dict[str, Any], str, str]] = [
    ({"points": "5"}, "/points", "points_out_of_range"),
    ({"points": 5.0}, "/points", "points_out_of_range"),
    ({"points": True}, "/points", "points_out_of_range"),
    ({"points": 0}, "/points", "points_out_of_range"),
    ({"points": 10_000_001}, "/points", "points_out_of_range"),
    ({"recipient": 217}, "/recipient", "not_text"),
    ({"recipient": ["E1"]}, "/recipient", "not_text"),
    ({"recipient": "email:"}, "/recipient", "not_a_recipient"),
    ({"reason": None}, "/reason", "null"),
    ({"reason": ""}, "/reason", "blank"),
    ({"reason": "x" * 501}, "/reason", "max_length"),
    ({"metadata": "x"}, "/metadata", "not_a_dict"),
    ({"external_id": 7}, "/external_id", "not_text"),
    ({"point": 5}, "/point", "unknown_member"),
    ({"a/b~c": 5}, "/a~1b~0c", "unknown_member"),
]
OF_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"specversion": "0.3"}, "/specversion"),
    ({"specversion": 1.0}, "/specversion"),
    ({"id": ""}, "/id"),
    ({"id": 7}, "/id"),
    ({"source": None}, "/source"),
    ({"type": ["rated"]}, "/type"),
    ({"subject": 217}, "/subject"),
    ({"time": "yesterday"}, "/time"),
    ({"time": "2026-11-22T21:14:05"}, "/time"),
    ({"data": [1]}, "/data"),
    ({"data_base64": "%%%"}, "/data_base64"),
    ({"data_base64": "WzFd"}, "/data_base64"),
]
HEADERS: dict[str, tuple[dict[str, str], int, str]] = {
    "half an escape of UTF-8": ({"ce-subject": "E1%C3"}, 400, "malformed_body"),
    "an overlong slash": ({"ce-subject": "employee%C0%AFE1"}, 400, "malformed_body"),
    "a surrogate": ({"ce-subject": "%ED%A0%80"}, 400, "malformed_body"),
    "NUL": ({"ce-subject": "E1%00"}, 422, "invalid_request"),
    "a version that is none": ({"ce-specversion": "1%2E1"}, 422, "invalid_request"),
    "no id": ({"ce-id": ""}, 422, "invalid_request"),
    "too long once decoded": ({"ce-id": "%41" * 501}, 422, "invalid_request"),
}


@pytest.fixture(autouse=True)
def _world() -> None:
    make_person(employee_number="E1")
    rules.write(
        programme=make_programme(slug="spot"),
        slug="top",
        event_type="rated",
        when="event.rating >= 4.0",
        points="500",
        reason="Rated",
        once_per=[],
        by=None,
    )


@pytest.fixture
def bearer() -> str:
    return make_token(make_client())


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (PointsRequest, Event, Transfer, IdempotencyKey))


def send(address: str, body: bytes, bearer: str | None, *, content_type: str = JSON, **headers: str) -> HttpResponse:
    credential = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return Client().post(f"/api/v1/{address}", body, content_type=content_type, headers=credential | headers)


def refused(answer: HttpResponse, status: int, code: str) -> list[tuple[str, str]]:
    """Return the pointers and codes of a problem of this status and code."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    problem = json.loads(answer.content)
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["type"].endswith(f"/problems/{code}")
    assert problem["detail"]
    assert problem["request_id"] == answer["X-Request-ID"]
    assert "Traceback" not in answer.content.decode()
    return [(one["pointer"], one["code"]) for one in problem.get("errors", [])]


@pytest.mark.parametrize("address", GOOD)
def test_the_good_bodies_are_good(address: str, bearer: str) -> None:
    assert send(address, json.dumps(GOOD[address]).encode(), bearer).status_code in {200, 201}
    assert written()[0] == 1


@pytest.mark.parametrize("address", GOOD)
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_wrong_as_a_whole(address: str, name: str, bearer: str) -> None:
    make, status, code = BODIES[name]
    before, body = written(), make(json.dumps(GOOD[address]))
    pointers = refused(send(address, body, bearer), status, code)
    assert status != 422 or pointers[0][0] == ""
    assert written() == before


@pytest.mark.parametrize("address", GOOD)
def test_no_body_is_told_what_is_missing(address: str, bearer: str) -> None:
    assert {code for _, code in refused(send(address, b"", bearer), 422, "invalid_request")} == {"required"}
    assert written() == (0, 0, 1, 0)  # the one transfer is the budget's


@pytest.mark.parametrize("address", GOOD)
@pytest.mark.parametrize("content_type", TYPES)
def test_another_content_type(address: str, content_type: str, bearer: str) -> None:
    before = written()
    answer = send(address, json.dumps(GOOD[address]).encode(), bearer, content_type=content_type)
    refused(answer, 415, "unsupported_media_type")
    assert written() == before


@pytest.mark.parametrize(("change", "pointer", "code"), MEMBERS)
def test_a_member_of_a_points_request(change: dict[str, Any], pointer: str, code: str, bearer: str) -> None:
    before, wrong = written(), ASKED | change
    whole = code if code == "points_out_of_range" else "invalid_request"
    assert (pointer, code) in refused(send("points-requests", json.dumps(wrong).encode(), bearer), 422, whole)
    batch = json.loads(send("points-requests/batch", json.dumps({"requests": [wrong]}).encode(), bearer).content)
    [result] = batch["results"]
    assert (result["status"], result["problem"]["code"], batch["credited"]) == (422, whole, 0)
    assert (pointer, code) in [(one["pointer"], one["code"]) for one in result["problem"]["errors"]]
    assert written() == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/requests"),
        ({"requests": {}}, "/requests"),
        ({"requests": None}, "/requests"),
        ({"requests": [], "x": 1}, "/x"),
    ],
)
def test_a_batch_that_is_none(body: Any, pointer: str, bearer: str) -> None:
    assert pointer in dict(
        refused(send("points-requests/batch", json.dumps(body).encode(), bearer), 422, "invalid_request")
    )


@pytest.mark.parametrize(("change", "pointer"), OF_EVENTS)
def test_an_attribute_of_an_event(change: dict[str, Any], pointer: str, bearer: str) -> None:
    before, wrong = written(), {name: value for name, value in EVENT.items() if name != "data"} | change
    assert pointer in dict(refused(send("events", json.dumps(wrong).encode(), bearer), 422, "invalid_request"))
    many = json.dumps([EVENT, wrong]).encode()
    answer = send("events", many, bearer, content_type="application/cloudevents-batch+json")
    assert f"/1{pointer}" in dict(refused(answer, 422, "invalid_request"))
    assert written() == before


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_of_a_binary_event(name: str, bearer: str) -> None:
    change, status, code = HEADERS[name]
    before = written()
    refused(send("events", b'{"rating": 5}', bearer, **(BINARY | change)), status, code)
    assert written() == before


def test_a_header_is_decoded_once_and_no_more(bearer: str) -> None:
    """%2545 is the text %45, which is nobody's number, and not the E of E1."""
    answer = json.loads(send("events", b'{"rating": 5}', bearer, **(BINARY | {"ce-subject": "%25451"})).content)
    assert (answer["status"], answer["matches"][0]["problem"]["code"]) == ("refused", "unknown_recipient")
    assert PointsRequest.objects.count() == 0


@pytest.mark.parametrize("address", GOOD)
@pytest.mark.parametrize("state", ["expired", "revoked", "of a disabled client", "unknown", "none", "in the query"])
def test_a_token_that_is_not_good(address: str, state: str) -> None:
    client = make_client()
    expires_at = timezone.now() - timedelta(seconds=1) if state == "expired" else None
    bearer: str | None = make_token(client, expires_at=expires_at)
    query, code = "", "invalid_token"
    if state == "revoked":
        Token.objects.all().delete()
    elif state == "of a disabled client":
        type(client).objects.filter(pk=client.pk).update(disabled_at=timezone.now())
    elif state == "unknown":
        bearer = "x" * 86
    elif state == "none":
        bearer, code = None, "not_authenticated"
    elif state == "in the query":
        query, code = f"?access_token={bearer}", "token_in_address"
    before = written()
    answer = send(address + query, json.dumps(GOOD[address]).encode(), bearer)
    refused(answer, 401, code)
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert bearer is None or bearer not in answer.content.decode()
    assert written() == before
