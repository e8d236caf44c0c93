import base64
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from api.operations import clients
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event
from programs.operations import rules
from programs.tests.factories import make_programme
from wallets import queries as wallets

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
pytestmark = pytest.mark.django_db


def token(client: Client, *scopes: str, **limits: Any) -> str:
    made = clients.create(name="HR", scopes=scopes, at=timezone.now(), **limits)
    basic = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
    answer = client.post(
        "/oauth/token", {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"}
    )
    return str(answer.json()["access_token"])


@pytest.fixture
def bearer(client: Client) -> str:
    return token(client, "events:write")


@pytest.fixture
def person() -> Person:
    return make_person(employee_number="E10482")


@pytest.fixture(autouse=True)
def _rule() -> None:
    rules.write(
        programme=make_programme(slug="quarterly"),
        slug="top",
        event_type="performance.rating_submitted",
        when="event.rating >= 4.0",
        points="500",
        reason="Rated {event.rating}",
        once_per=[],
        by=None,
    )


def cloud_event(**attributes: Any) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": "A1",
        "source": "urn:acme:hr",
        "type": "performance.rating_submitted",
        "subject": "E10482",
        "time": "2026-11-22T21:14:05.120Z",
        "datacontenttype": "application/json",
        "correlationid": "extension attributes are allowed",
        "data": {"rating": 4},
    } | attributes
    return {name: value for name, value in event.items() if value is not ...}


def post(
    client: Client, bearer: str, body: Any, content_type: str = STRUCTURED, path: str = "events", **headers: str
) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {bearer}", **headers}
    return client.post(f"/api/v1/{path}", raw, content_type=content_type, headers=sent)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "content_type", [STRUCTURED, "application/cloudevents+json; charset=utf-8", "application/json"]
)
def test_structured_event_is_credited_and_answered(
    client: Client, bearer: str, person: Person, content_type: str
) -> None:
    answer = post(client, bearer, cloud_event(), content_type)
    body = answer.json()  # type: ignore[attr-defined]
    [match] = body["matches"]
    assert (answer.status_code, sorted(body), body["status"]) == (200, ["id", "matches", "status"], "credited")
    assert body["id"] == f"ev_{Event.objects.get().pk.hex}"
    assert sorted(match) == ["explanation", "points_request", "problem", "programme", "rule", "rule_version"]
    assert (match["points_request"]["recipient"], match["points_request"]["source"]) == ("E10482", "event")
    assert match["points_request"]["wallet"] == {"available": 500, "held": 0}
    assert wallets.wallet(person).available == 500
    assert "Idempotent-Replayed" not in answer.headers


def test_repeat_gets_the_first_answer(client: Client, bearer: str, person: Person) -> None:
    first, again = post(client, bearer, cloud_event()), post(client, bearer, cloud_event())
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert wallets.wallet(person).available == 500


@pytest.mark.parametrize("attribute", ["id", "source", "specversion", "type"])
def test_missing_attribute_is_a_problem_that_names_it(client: Client, bearer: str, attribute: str) -> None:
    answer = post(client, bearer, cloud_event(**{attribute: ...}))
    body = answer.json()  # type: ignore[attr-defined]
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in body["errors"]] == [f"/{attribute}"]
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"id": 5}, "/id"),
        ({"id": ""}, "/id"),
        ({"id": "x" * 501}, "/id"),
        ({"source": "x" * 501}, "/source"),
        ({"type": "x" * 201}, "/type"),
        ({"subject": "x" * 301}, "/subject"),
        ({"time": "yesterday"}, "/time"),
        ({"time": "2026-11-22T21:14:05"}, "/time"),
        ({"data": [1]}, "/data"),
        ({"data": "text"}, "/data"),
        ({"data": ..., "data_base64": "!"}, "/data_base64"),
        ({"data": ..., "data_base64": base64.b64encode(b"[1]").decode()}, "/data_base64"),
    ],
)
def test_wrong_attribute_is_a_problem_that_names_it(
    client: Client, bearer: str, attributes: dict[str, Any], pointer: str
) -> None:
    answer = post(client, bearer, cloud_event(**attributes))
    body = answer.json()  # type: ignore[attr-defined]
    assert (answer.status_code, [error["pointer"] for error in body["errors"]]) == (422, [pointer])


@pytest.mark.parametrize("data", [..., None, {}])
def test_event_without_data_is_kept(client: Client, bearer: str, person: Person, data: Any) -> None:
    body = post(client, bearer, cloud_event(data=data)).json()  # type: ignore[attr-defined]
    assert (body["status"], body["matches"][0]["problem"]["detail"]) == ("refused", "event.rating is missing.")
    assert Event.objects.get().data == {}


def test_data_may_come_in_base64(client: Client, bearer: str, person: Person) -> None:
    encoded = base64.b64encode(b'{"rating": 5}').decode()
    assert post(client, bearer, cloud_event(data=..., data_base64=encoded)).json()["status"] == "credited"  # type: ignore[attr-defined]


def test_event_without_subject_is_kept_and_refused(client: Client, bearer: str) -> None:
    body = post(client, bearer, cloud_event(subject=...)).json()  # type: ignore[attr-defined]
    assert (body["status"], body["matches"][0]["problem"]["code"]) == ("refused", "unknown_recipient")


def test_batch_answers_in_the_same_order(client: Client, bearer: str, person: Person) -> None:
    listed = [cloud_event(id="1"), cloud_event(id="2", data={"rating": 3}), cloud_event(id="1"), cloud_event(id="3")]
    answer = post(client, bearer, listed, BATCH)
    assert [each["status"] for each in answer.json()] == ["credited", "no_match", "credited", "credited"]  # type: ignore[attr-defined]
    assert answer.json()[0] == answer.json()[2]  # type: ignore[attr-defined]
    assert "Idempotent-Replayed" not in answer.headers
    again = post(client, bearer, listed, BATCH)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (answer.content, "true")
    assert wallets.wallet(person).available == 1000


def test_batch_may_be_empty(client: Client, bearer: str) -> None:
    answer = post(client, bearer, [], BATCH)
    assert (answer.status_code, answer.json()) == (200, [])  # type: ignore[attr-defined]


def test_batch_names_the_wrong_one_and_takes_none(client: Client, bearer: str, person: Person) -> None:
    answer = post(client, bearer, [cloud_event(), cloud_event(id=...)], BATCH)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/1/id"]  # type: ignore[attr-defined]
    assert Event.objects.count() == 0


def test_batch_over_the_limit_is_413(client: Client, bearer: str) -> None:
    assert post(client, bearer, [cloud_event()] * 1_001, BATCH).status_code == 413


@pytest.mark.parametrize(("body", "content_type"), [([cloud_event()], STRUCTURED), (cloud_event(), BATCH)])
def test_body_of_the_other_mode_is_422(client: Client, bearer: str, body: Any, content_type: str) -> None:
    assert post(client, bearer, body, content_type).status_code == 422


def test_binary_event_is_credited(client: Client, bearer: str) -> None:
    person = make_person(employee_number="Zoë O'Neil")
    headers = {
        "ce-specversion": "1.0",
        "ce-id": '"B\\"1"',
        "ce-source": "urn:acme:boomi:hr",
        "ce-type": "performance.rating_submitted",
        "ce-subject": "Zo%C3%AB%20O%27Neil",
        "ce-time": "2026-11-22T21:14:05.120Z",
    }
    answer = post(client, bearer, {"rating": 4}, "application/json; charset=utf-8", **headers)
    assert answer.json()["status"] == "credited"  # type: ignore[attr-defined]
    assert (Event.objects.get().source_id, wallets.wallet(person).available) == ('B"1', 500)


def test_binary_header_that_is_not_utf8_is_400(client: Client, bearer: str) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "%C0%A0", "ce-source": "s", "ce-type": "t"}
    answer = post(client, bearer, {}, "application/json", **headers)
    assert (answer.status_code, answer.json()["detail"]) == (400, "The header ce-id is not percent-encoded UTF-8.")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", STRUCTURED, 400),
        (b'{"id": "1", "id": "2"}', STRUCTURED, 400),
        (b"\xff", STRUCTURED, 400),
        (b"<a/>", "application/cloudevents+xml", 415),
        (b"{}", "text/plain", 415),
    ],
)
def test_unreadable_body_is_a_problem(client: Client, bearer: str, body: bytes, content_type: str, status: int) -> None:
    answer = post(client, bearer, body, content_type)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_event_needs_a_token_with_the_scope(client: Client) -> None:
    assert post(client, "wrong", cloud_event()).status_code == 401
    answer = post(client, token(client, "points:write"), cloud_event())
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")  # type: ignore[attr-defined]


def test_client_held_to_other_programmes_meets_no_rule(client: Client, person: Person) -> None:
    other = token(client, "events:write", programmes=["other"])
    assert post(client, other, cloud_event()).json()["status"] == "no_match"  # type: ignore[attr-defined]


def test_simulate_answers_and_credits_nothing(client: Client, bearer: str, person: Person) -> None:
    answer = post(client, bearer, cloud_event(), path="events/simulate")
    assert (answer.status_code, answer.json()["status"]) == (200, "credited")  # type: ignore[attr-defined]
    assert (Event.objects.count(), wallets.wallet(person).available) == (0, 0)


@pytest.mark.parametrize(
    ("subject", "status", "kept"),
    [
        ("employee/E10482", "credited", "E10482"),
        (" employee/E10482 ", "credited", "E10482"),
        ("employee/email:Ana@acme.example", "credited", "email:Ana@acme.example"),
        ("employee/", "refused", ""),
        ("employee/Zoë O'Neil", "refused", "Zoë O'Neil"),
        ("employees/E10482", "refused", "employees/E10482"),
        ("org/employee/E10482", "refused", "org/employee/E10482"),
        ("Employee/E10482", "refused", "Employee/E10482"),
    ],
)
def test_subject_may_be_a_path_below_employee_and_no_other(
    client: Client, bearer: str, subject: str, status: str, kept: str
) -> None:
    make_person(employee_number="E10482", email="ana@acme.example")
    body = post(client, bearer, cloud_event(subject=subject)).json()  # type: ignore[attr-defined]
    assert (body["status"], Event.objects.get().subject) == (status, kept)
    if status == "refused":
        assert body["matches"][0]["problem"]["code"] == "unknown_recipient"


@pytest.mark.parametrize("header", ["X-Correlation-ID", "SAP-MplCorrelationId"])
def test_correlation_id_comes_back_also_beside_a_problem(client: Client, bearer: str, header: str) -> None:
    for body, status in ((cloud_event(), 200), (b"{", 400)):
        answer = post(client, bearer, body, **{header: "b3d1f7e0-5a44"})
        assert (answer.status_code, answer.headers["X-Correlation-ID"]) == (status, "b3d1f7e0-5a44")


def handshake(client: Client, origin: str | None = "eventemitter.example.com", **headers: str) -> HttpResponse:
    named = {"WebHook-Request-Origin": origin} if origin is not None else {}
    return client.options("/api/v1/events", headers={**named, **headers})  # type: ignore[return-value]


def test_a_sender_is_allowed_before_it_has_a_token(client: Client) -> None:
    answer = handshake(client, **{"WebHook-Request-Rate": "120"})
    assert (answer.status_code, answer["WebHook-Allowed-Origin"]) == (200, "eventemitter.example.com")
    assert (answer["WebHook-Allowed-Rate"], answer["Allow"], answer.content) == ("600", "POST, OPTIONS", b"")


@pytest.mark.parametrize(("per_minute", "rate"), [(30, "30"), (0, "*")])
def test_a_sender_with_a_token_is_told_its_own_rate(client: Client, per_minute: int, rate: str) -> None:
    bearer = token(client, "events:write", per_minute=per_minute)
    assert handshake(client, Authorization=f"Bearer {bearer}")["WebHook-Allowed-Rate"] == rate


@pytest.mark.parametrize("origin", [None, "", "two words", "a" * 256, "a,b"])
def test_who_names_no_origin_is_allowed_nothing(client: Client, origin: str | None) -> None:
    answer = handshake(client, origin)
    assert (answer.status_code, "WebHook-Allowed-Origin" in answer.headers) == (400, False)


def test_a_bad_token_is_no_better_in_a_handshake(client: Client) -> None:
    assert handshake(client, Authorization="Bearer nonsense").status_code == 401
