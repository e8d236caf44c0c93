import base64
import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
import structlog
from django.core.management import call_command
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from api import call_log
from api.models import ApiCall
from integrations.enums import ReceivedStatus
from integrations.models import Connection, ReceivedMessage
from integrations.operations import received_messages
from integrations.tests.conftest import SECRET
from integrations.tests.factories import BASIC, make_connection, sample
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event
from programs.operations import rules
from programs.tests.factories import make_programme
from wallets import queries as wallets

BASIC_HEADER = f"Basic {base64.b64encode(f'sf:{SECRET}'.encode()).decode()}"
SOAP = {
    "system": "successfactors",
    "items": None,
    "event": "award.given",
    "id": "event.eventId",
    "recipient": "params.userId",
    "time": "event.publishedAt",
    "data": {"code": {"path": "keys.externalCode"}, "kind": {"path": "meta.type"}},
}
pytestmark = pytest.mark.django_db


def make_rule(event_type: str = "performance.rating_submitted", **change: Any) -> None:
    wording = {
        "when": "event.rating >= 4.0",
        "points": "event.rating >= 4.5 ? 1000 : 500",
        "reason": "Rated {event.rating} for {event.period}",
        "once_per": ["event.period"],
        **change,
    }
    rules.write(programme=make_programme(), slug="top", event_type=event_type, by=None, **wording)


@pytest.fixture
def asha() -> Person:
    return make_person(employee_number="104512")


@pytest.fixture
def ben() -> Person:
    return make_person(employee_number="104513")


def post(
    client: Client, connection: Connection, body: bytes | Any, content_type: str = "application/json", **headers: str
) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": BASIC_HEADER, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post(f"/api/v1/hooks/{connection.slug}", raw, content_type=content_type, headers=sent)  # type: ignore[return-value]


def read(answer: HttpResponse) -> Any:
    return json.loads(answer.content)


def record(**change: Any) -> dict[str, Any]:
    values = {"formDataId": "1", "formSubjectId": "104512", "overallRating": "4.0", "formReviewEndDate": "2026-12-31"}
    return {**values, **change}


def test_integration_center_file_credits_the_rated_and_says_why_the_other_is_not(
    client: Client, asha: Person, ben: Person
) -> None:
    make_rule()
    answer = post(client, make_connection(), sample("successfactors_integration_center.json"))
    body = read(answer)
    assert (answer.status_code, body["received"]) == (200, 2)
    rated, unrated = body["results"]
    assert (rated["record"], rated["status"], unrated["record"], unrated["status"]) == (
        "58231",
        "credited",
        "58232",
        "no_match",
    )
    assert rated["matches"][0]["points_request"]["points"] == 500
    assert rated["matches"][0]["points_request"]["reason"] == "Rated 4 for 2026-12-31"
    assert [match["explanation"]["summary"] for match in unrated["matches"]] == [
        "rating is empty (-1972 counts as none)"
    ]
    assert (wallets.wallet(asha).available, wallets.wallet(ben).available) == (500, 0)
    assert Event.objects.get(source_id="58231").time == datetime(2026, 11, 22, 21, 14, 5, tzinfo=UTC)
    assert Event.objects.get(source_id="58232").data == {"period": "2026-12-31", "form": "703"}
    call_command("check_ledger")


@pytest.mark.parametrize("rating", [-1971, -1972, "-1971", "-1972.0", None, "Unrated", "", "n/a", "Too New to Rate"])
def test_no_rating_never_credits(client: Client, asha: Person, rating: Any) -> None:
    make_rule(when="event.rating < 2.0 || true", points="500", reason="Reviewed")
    answer = read(post(client, make_connection(), {"records": [record(overallRating=rating)]}))
    [match] = answer["results"][0]["matches"]
    assert (answer["results"][0]["status"], match["points_request"], match["problem"]) == ("no_match", None, None)
    assert match["explanation"]["summary"].startswith("rating is empty (")
    assert (wallets.wallet(asha).available, Event.objects.count()) == (0, 1)


def test_one_good_and_several_bad_records_each_get_their_answer(client: Client, asha: Person) -> None:
    make_rule(once_per=[])
    data = {"rating": {"path": "overallRating", "as": "number", "min": 0, "max": 5}, "period": "formReviewEndDate"}
    records = [
        record(formDataId="1"),
        record(formDataId=None),
        record(formDataId="3", overallRating="Exceeds"),
        record(formDataId="4", overallRating="9"),
        record(formDataId="5", formSubjectId="nobody"),
        record(formDataId="6", formSubjectId=None),
        "a text",
        record(formDataId="7"),
    ]
    answer = post(client, make_connection(data=data), {"records": records})
    results = read(answer)["results"]
    problems = [result.get("problem") or (result["matches"][0]["problem"] or {}) for result in results]
    assert answer.status_code == 200
    assert [
        (result["status"], problem.get("code"), problem.get("detail"))
        for result, problem in zip(results, problems, strict=True)
    ] == [
        ("credited", None, None),
        ("refused", "unmapped_record", "id: `formDataId` finds no value in this record."),
        ("refused", "unmapped_record", 'rating: "Exceeds" is not a number.'),
        ("refused", "unmapped_record", "rating: 9 is outside 0 to 5."),
        ("refused", "unknown_recipient", problems[4]["detail"]),
        ("refused", "unknown_recipient", "subject: the event names no recipient, so nobody can be credited."),
        ("refused", "unmapped_record", "id: `formDataId` finds no value in this record."),
        ("credited", None, None),
    ]
    assert wallets.wallet(asha).available == 1000


def test_records_may_be_one_object_or_none(client: Client, asha: Person) -> None:
    make_rule()
    connection = make_connection()
    assert read(post(client, connection, {"records": record()}))["results"][0]["status"] == "credited"
    assert read(post(client, connection, {"records": []})) == {"received": 0, "results": []}


def test_ids_of_several_paths_are_joined_and_keep_their_zeros(client: Client) -> None:
    connection = make_connection(id=["formDataId", "formSubjectId"], recipient="join('', ['email:', email])")
    make_person(email="asha.rao@example.com")
    make_rule()
    answer = read(
        post(client, connection, {"records": [record(formSubjectId="00104512", email="Asha.Rao@example.com")]})
    )
    assert (answer["results"][0]["record"], answer["results"][0]["status"]) == ("1/00104512", "credited")


SOAP_ANSWER = "{http://notification.event.successfactors.com}"


def payload(answer: HttpResponse) -> dict[str, str | None]:
    root = ElementTree.fromstring(answer.content)
    response = root[0][0]
    assert root.tag == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    assert (response.tag, response[0].tag) == (
        f"{SOAP_ANSWER}ExternalEventResponse",
        f"{SOAP_ANSWER}responsePayload",
    )
    return {member.tag.removeprefix(SOAP_ANSWER): member.text for member in response[0]}


def test_soap_event_is_credited_and_answered_in_its_own_namespace(client: Client, asha: Person) -> None:
    make_rule("award.given", when="true", points="250", reason="Spot award {event.code}", once_per=[])
    connection = make_connection(**SOAP)
    answer = post(
        client, connection, sample("successfactors_intelligent_event_spot_award.xml"), "text/xml; charset=utf-8"
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    came = payload(answer)
    assert came == {
        "entityId": "1c2d3e4f-9d0c-4f8a-b9f5-7a0b1b7e4f0f",
        "status": "200",
        "statusDate": came["statusDate"],
        "statusDetails": "1 accepted: 1 credited",
    }
    assert wallets.wallet(asha).available == 250
    again = post(client, connection, sample("successfactors_intelligent_event_spot_award.xml"), "text/xml")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (answer.content, "true")
    assert wallets.wallet(asha).available == 250


def test_soap_answer_has_the_members_of_the_recorded_one() -> None:
    recorded = ElementTree.fromstring(sample("successfactors_intelligent_event_ack.xml"))
    assert [member.tag.removeprefix(SOAP_ANSWER) for member in recorded[0][0][0]] == [
        "entityId",
        "status",
        "statusDate",
        "statusDetails",
    ]


def test_soap_event_of_somebody_unknown_is_taken_and_says_why_nothing_came_of_it(client: Client) -> None:
    make_rule("award.given", when="true", points="250", reason="Spot award", once_per=[])
    came = payload(post(client, make_connection(**SOAP), sample("successfactors_intelligent_event_spot_award.xml")))
    assert came["status"] == "200"
    assert (came["statusDetails"] or "").startswith("1 accepted: 1 refused (recipient: nobody has this employee number")


def test_soap_event_that_cannot_be_mapped_is_answered_with_the_error(client: Client) -> None:
    connection = make_connection(**{**SOAP, "id": "keys.seqNumber"})
    came = payload(post(client, connection, sample("successfactors_intelligent_event_spot_award.xml")))
    assert (came["status"], came["errorCode"]) == ("422", "unmapped_record")
    assert came["errorMessage"] == "id: `keys.seqNumber` finds no value in this record."


def test_middlewares_json_of_the_soap_event_is_answered_in_json(client: Client, asha: Person) -> None:
    make_rule("award.given", when='event.reason == "TERRES"', points="1", reason="x", once_per=[])
    connection = make_connection(**{**SOAP, "recipient": "keys.userId", "data": {"reason": "params.eventReason"}})
    answer = read(post(client, connection, sample("successfactors_intelligent_event.json")))
    assert (answer["received"], answer["results"][0]["status"]) == (1, "credited")
    soap = post(client, connection, sample("successfactors_intelligent_event.xml"), "text/xml")
    assert soap.headers["Idempotent-Replayed"] == "true"
    assert wallets.wallet(asha).available == 1


@pytest.mark.parametrize(
    ("body", "content_type", "detail"),
    [
        (sample("successfactors_integration_center.json")[:-40], "application/json", "The message is not JSON: "),
        (sample("successfactors_intelligent_event.xml")[:-20], "text/xml", "The message is not well-formed XML: "),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "text/xml", "The message declares a DTD"),
        ('{"a": "é"}'.encode("latin-1"), "application/json", "The message is not utf-8 as it says"),
        (b'{"rows": []}', "application/json", "items: `records` finds nothing in this message."),
        (b"", "application/json", "The message is empty."),
    ],
)
def test_unreadable_message_is_a_short_problem_and_is_kept(
    client: Client, body: bytes, content_type: str, detail: str
) -> None:
    answer = post(client, make_connection(), body, content_type)
    problem = read(answer)
    kept = ReceivedMessage.objects.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert (problem["code"], problem["detail"].startswith(detail), len(problem["detail"]) < 150) == (
        "unreadable_message",
        True,
        True,
    )
    assert (kept.status, kept.error, received_messages.body(kept)) == (
        ReceivedStatus.UNREADABLE,
        problem["detail"],
        body,
    )


def test_message_over_5_mib_is_413(client: Client) -> None:
    answer = post(client, make_connection(), b" " * (5 * 1024 * 1024 + 1))
    assert (answer.status_code, read(answer)["code"]) == (413, "body_too_large")


def test_unknown_and_inactive_connections_look_the_same(client: Client) -> None:
    inactive = make_connection(active=False)
    unknown = client.post("/api/v1/hooks/nobody", b"{}", content_type="application/json")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_connection")
    answer = post(client, inactive, b"{}")
    assert (answer.status_code, read(answer)["code"], read(answer)["detail"]) == (
        404,
        "unknown_connection",
        unknown.json()["detail"],
    )
    assert ReceivedMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("credential", "challenge"),
    [
        (BASIC, 'Basic realm="hooks", charset="UTF-8"'),
        ({"kind": "header", "name": "X-Api-Key", "secret": BASIC["secret"]}, 'Header realm="hooks", name="X-Api-Key"'),
        (
            {"kind": "hmac_sha256", "name": "X-Sig", "secret": BASIC["secret"]},
            'HMAC-SHA256 realm="hooks", name="X-Sig"',
        ),
        ({"kind": "bearer"}, 'Bearer realm="hooks"'),
    ],
)
def test_wrong_credential_is_401_with_a_challenge_and_keeps_nothing(
    client: Client, credential: dict[str, str], challenge: str
) -> None:
    answer = post(client, make_connection(credential=credential), {"records": []}, Authorization="Basic x")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ReceivedMessage.objects.count() == 0


def test_secret_that_is_not_set_is_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_HOOK_SECRET")
    answer = post(client, make_connection(), {"records": []})
    assert (answer.status_code, b"TEST_HOOK_SECRET" in answer.content) == (503, False)


def test_calls_of_a_hook_are_logged_under_its_connection(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_log, "is_running", lambda: True)
    call_log.write()
    ApiCall.objects.all().delete()
    connection = make_connection(credential=BASIC, slug="ratings")
    post(client, connection, {"records": []})
    post(client, connection, {"records": []}, Authorization="Basic x")
    client.post("/api/v1/hooks/nobody", b"{}", content_type="application/json")
    call_log.write()
    calls = ApiCall.objects.order_by("pk").values_list("caller", "client", "route", "status", "code", "body")
    assert list(calls) == [
        ("ratings", None, "/api/v1/hooks/{slug}", 200, "", {}),
        ("ratings", None, "/api/v1/hooks/{slug}", 401, "wrong_credential", {}),
        ("", None, "/api/v1/hooks/{slug}", 404, "unknown_connection", {}),
    ]


def test_hook_takes_nothing_but_post(client: Client) -> None:
    answer = client.get(f"/api/v1/hooks/{make_connection().slug}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("name", ["X_Correlation_ID", "SAP_MplCorrelationId"])
def test_correlation_id_is_echoed_and_kept(client: Client, name: str) -> None:
    connection = make_connection()
    answer = post(client, connection, {"records": []}, **{name: "b3d1f7e0-5a44"})
    assert answer.headers["X-Correlation-ID"] == "b3d1f7e0-5a44"
    assert ReceivedMessage.objects.get().correlation_id == "b3d1f7e0-5a44"
    refused = post(client, connection, b"{", **{name: "b3d1f7e0-5a44"})
    assert (refused.status_code, refused.headers["X-Correlation-ID"]) == (400, "b3d1f7e0-5a44")


def test_correlation_id_stands_in_the_log_line_of_the_message(client: Client) -> None:
    connection = make_connection()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as said:
        post(client, connection, {"records": []}, X_Correlation_ID="b3d1f7e0-5a44")
    [line] = [line for line in said if line["event"] == "message_settled"]
    assert (line["correlation_id"], line["connection"], line["records"]) == ("b3d1f7e0-5a44", connection.slug, 0)


@pytest.mark.parametrize("value", ["x" * 201, "a b", "é"])
def test_correlation_id_that_no_log_can_hold_is_left_out(client: Client, value: str) -> None:
    answer = post(client, make_connection(), {"records": []}, X_Correlation_ID=value)
    assert (answer.status_code, "X-Correlation-ID" in answer.headers) == (200, False)


def test_body_is_encrypted_at_rest_and_for_its_row_alone(client: Client) -> None:
    connection, body = make_connection(), sample("successfactors_integration_center.json")
    post(client, connection, body)
    post(client, connection, b'{"records": []}')
    first, second = ReceivedMessage.objects.order_by("received_at")
    assert (b"asha" in bytes(first.body), b"formDataId" in bytes(first.body)) == (False, False)
    assert base64.b64encode(body)[:40] not in bytes(first.body)
    assert received_messages.body(first) == body
    second.body = first.body
    with pytest.raises(Exception, match="belongs to another row"):
        received_messages.body(second)


def test_replay_after_mending_the_mapping_credits_what_was_missed_and_nothing_twice(
    client: Client, asha: Person, ben: Person
) -> None:
    make_rule(once_per=[])
    connection = make_connection(data={"rating": {"path": "wrong", "as": "number"}, "period": "formReviewEndDate"})
    body = {"records": [record(), record(formDataId="2", formSubjectId="104513", overallRating="5")]}
    assert [result["status"] for result in read(post(client, connection, body))["results"]] == ["no_match", "no_match"]
    Connection.objects.update(
        data={"rating": {"path": "overallRating", "as": "number"}, "period": {"path": "formReviewEndDate"}}
    )
    message = ReceivedMessage.objects.get()
    for _ in range(2):
        received_messages.replay(received_message_id=message.pk, by=asha, at=timezone.now())
    message.refresh_from_db()
    assert [result["status"] for result in message.results] == ["credited", "credited"]
    assert (wallets.wallet(asha).available, wallets.wallet(ben).available) == (500, 1000)
    assert [result["status"] for result in read(post(client, connection, body))["results"]] == ["credited", "credited"]
    assert wallets.wallet(asha).available == 500


def test_replay_of_a_message_that_was_unreadable_takes_it_once_items_is_mended(client: Client, asha: Person) -> None:
    make_rule()
    connection = make_connection(items="rows")
    assert post(client, connection, {"records": [record()]}).status_code == 400
    Connection.objects.update(items="records")
    message = ReceivedMessage.objects.get()
    received_messages.replay(received_message_id=message.pk, by=asha, at=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.error, wallets.wallet(asha).available) == ("taken", "", 500)


def test_number_of_statements_does_not_grow_with_the_records(client: Client, asha: Person, ben: Person) -> None:
    make_rule(once_per=["event.period", "event.form"])
    connection = make_connection()

    def statements(count: int, first: int) -> int:
        records = [record(formDataId=str(first + n), formTemplateId=str(first + n)) for n in range(count)]
        with CaptureQueriesContext(database) as captured:
            assert read(post(client, connection, {"records": records}))["received"] == count
        return len(captured)

    statements(2, 900)
    assert statements(1, 100) == statements(30, 200)
