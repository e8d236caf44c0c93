"""/webhook-endpoints and /webhook-deliveries: a client's own, and nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from api.models import ApiClient, IdempotencyKey
from api.tests.factories import api, make_client
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.operations import webhook_endpoints
from messaging.operations.webhook_endpoints import ENDPOINTS_MAX
from messaging.tests.factories import AT, happened, make_endpoint, pushed
from tests.standins.receiver import Receiver, verified

pytestmark = pytest.mark.django_db
URL, DELIVERIES = "/api/v1/webhook-endpoints", "/api/v1/webhook-deliveries"
GIVEN = {"url": "https://hr.acme.example/hooks", "types": ["budget.low"]}


@pytest.fixture
def client() -> ApiClient:
    return make_client()


@pytest.fixture
def http(client: ApiClient) -> APIClient:
    return api(client)


def made(http: APIClient, **changed: Any) -> dict[str, Any]:
    answer = http.post(URL, GIVEN | changed, format="json")
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_create_answers_with_the_secret_once(http: APIClient) -> None:
    body = made(http, description="HR middleware", types=["budget.low", "redemption.placed", "budget.low"])
    secret = body.pop("secret")
    assert secret.startswith("whsec_")
    assert body["types"] == ["budget.low", "redemption.placed"]
    assert {name: body[name] for name in ("url", "description", "status", "disabled_because", "failing_since")} == {
        "url": GIVEN["url"], "description": "HR middleware", "status": "enabled", "disabled_because": None,
        "failing_since": None,
    }  # fmt: skip
    assert http.get(f"{URL}/{body['id']}").json() == body
    assert http.get(URL).json() == {"results": [body], "next": None, "previous": None}
    kept = WebhookEndpoint.objects.get()
    assert secret.encode() not in bytes(kept.secret)


def test_the_same_key_gets_the_same_secret_and_makes_one(http: APIClient) -> None:
    answers = [http.post(URL, GIVEN, format="json", headers={"Idempotency-Key": "1"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert WebhookEndpoint.objects.count() == 1
    secret = answers[0].json()["secret"]
    assert secret not in str(list(IdempotencyKey.objects.values()))


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks", "//hr.acme.example/x", "ftp://hr.acme.example/x", "http://hr.acme.example/x", "https://",
        "https://:443/x", "https://user:pass@hr.acme.example/", "https://hr.acme.example/#x", "https://hr acme.example",
        "https://hr.acme.example:99999/", "https://[::1/", "https://localhost/x", "https://intranet/x",
        "https://db.internal/x", "https://127.0.0.1/x", "https://2130706433/x", "https://0x7f.1/x", "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data", "https://[::ffff:10.0.0.1]/x", "https://[fc00::1]/x",
        "https://é.example/", "https://hr.acme.example\\@10.0.0.1/", "https://hr.acme.example/\n", "x" * 2001,
        "http://127.0.0.1:8000/x",
    ],
)  # fmt: skip
def test_an_address_nothing_can_be_sent_to_is_refused(http: APIClient, settings: Settings, url: str) -> None:
    settings.DEBUG = False
    answer = http.post(URL, GIVEN | {"url": url}, format="json")
    assert answer.status_code == 422
    assert answer.json()["code"] in {"webhook_url_refused", "invalid_request"}
    assert answer.json()["errors"][0]["pointer"] == "/url"
    assert not WebhookEndpoint.objects.exists()


def test_development_takes_loopback_and_operators_may_allow_a_host(http: APIClient, settings: Settings) -> None:
    settings.DEBUG = True
    made(http, url="http://127.0.0.1:9000/x")
    made(http, url="http://localhost:9000/x")
    settings.DEBUG, settings.OUTBOUND_ALLOW = False, ["esb.acme.internal"]
    made(http, url="http://esb.acme.internal/x")
    assert http.post(URL, GIVEN | {"url": "http://10.0.0.1/"}, format="json").status_code == 422


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"types": []}, "/types"),
        ({"types": "budget.low"}, "/types"),
        ({"types": ["budget.high"]}, "/types/0"),
        ({"types": ["webhook_endpoint.test"]}, "/types/0"),
        ({"types": [None]}, "/types/0"),
        ({"types": [["budget.low"]]}, "/types/0"),
        ({"types": ["budget.low"] * 101}, "/types"),
        ({"url": 5}, "/url"),
        ({"url": None}, "/url"),
        ({"description": "x" * 201}, "/description"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
def test_bad_members_are_named(http: APIClient, changed: dict[str, Any], pointer: str) -> None:
    answer = http.post(URL, GIVEN | changed, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert not WebhookEndpoint.objects.exists()


def test_a_client_has_twenty_at_most(http: APIClient, client: ApiClient) -> None:
    for _ in range(ENDPOINTS_MAX):
        make_endpoint(client=client)
    answer = http.post(URL, GIVEN, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_webhook_endpoints")
    make_endpoint(client=make_client())


def test_change_what_is_given_and_send_what_waits_there(http: APIClient, system: Receiver) -> None:
    endpoint = made(http, url="http://127.0.0.1:1/x", description="HR")
    happened(timezone.now())
    assert pushed(timezone.now()).status == "pending"
    answer = http.patch(f"{URL}/{endpoint['id']}", {"url": system.url}, format="json")
    assert (answer.status_code, answer.json()["url"], answer.json()["description"]) == (200, system.url, "HR")
    assert pushed(timezone.now()).status == "delivered"
    assert http.patch(f"{URL}/{endpoint['id']}", {}, format="json").status_code == 200
    assert http.patch(f"{URL}/{endpoint['id']}", {"types": []}, format="json").status_code == 422
    assert http.patch(f"{URL}/{endpoint['id']}", {"url": "https://10.0.0.1/"}, format="json").status_code == 422


def test_two_secrets_sign_until_the_older_one_ends(http: APIClient, system: Receiver) -> None:
    endpoint = made(http, url=system.url)
    rotate = f"{URL}/{endpoint['id']}/rotate-secret"
    answer = http.post(rotate, {"previous_expires_in": 3600}, format="json").json()
    happened(timezone.now())
    pushed(timezone.now())
    request = system.requests[-1]
    assert (verified(request, endpoint["secret"]), verified(request, answer["secret"])) == (True, True)
    assert answer["previous_secret_expires_at"] is not None

    refused = http.post(rotate)
    assert (refused.status_code, refused.json()["code"]) == (409, "two_webhook_secrets")

    WebhookEndpoint.objects.update(previous_secret_expires_at=timezone.now() - timedelta(seconds=1))
    happened(timezone.now())
    pushed(timezone.now())
    request = system.requests[-1]
    assert (verified(request, endpoint["secret"]), verified(request, answer["secret"])) == (False, True)


def test_rotating_at_once_ends_every_older_secret(http: APIClient, system: Receiver) -> None:
    endpoint = made(http, url=system.url)
    rotate = f"{URL}/{endpoint['id']}/rotate-secret"
    second = http.post(rotate).json()["secret"]
    third = http.post(rotate, {"previous_expires_in": 0}, format="json").json()
    happened(timezone.now())
    pushed(timezone.now())
    request = system.requests[-1]
    assert [verified(request, each) for each in (endpoint["secret"], second, third["secret"])] == [False, False, True]
    assert third["previous_secret_expires_at"] is None


@pytest.mark.parametrize("seconds", [-1, 1.5, "60", True, 30 * 86400 + 1, None])
def test_seconds_are_seconds(http: APIClient, seconds: Any) -> None:
    endpoint = made(http)
    answer = http.post(f"{URL}/{endpoint['id']}/rotate-secret", {"previous_expires_in": seconds}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/previous_expires_in")


def test_disabled_is_told_nothing_and_enabled_what_happens_from_then_on(http: APIClient) -> None:
    endpoint = made(http)
    happened(timezone.now())
    answer = http.post(f"{URL}/{endpoint['id']}/disable").json()
    assert (answer["status"], answer["disabled_because"]) == ("disabled", "asked")
    assert http.post(f"{URL}/{endpoint['id']}/disable").json() == answer
    happened(timezone.now())
    assert [each["status"] for each in http.get(DELIVERIES).json()["results"]] == ["dead"]
    refused = http.post(f"{URL}/{endpoint['id']}/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_endpoint_disabled")
    answer = http.post(f"{URL}/{endpoint['id']}/enable").json()
    assert (answer["status"], answer["disabled_because"], answer["disabled_at"]) == ("enabled", None, None)


def test_a_test_arrives_and_its_delivery_says_so(http: APIClient, system: Receiver) -> None:
    endpoint = made(http, url=system.url)
    sent = http.post(f"{URL}/{endpoint['id']}/test")
    assert (sent.status_code, sent.json()["status"], sent.json()["type"]) == (201, "pending", "webhook_endpoint.test")
    pushed(timezone.now())
    told = http.get(f"{DELIVERIES}/{sent.json()['id']}").json()
    assert (told["status"], told["attempts"], told["response_status"], told["next_attempt_at"]) == (
        "delivered", 1, 204, None,
    )  # fmt: skip
    [request] = system.requests
    assert (request.headers["webhook-id"], request.body["data"]["id"]) == (told["event"], endpoint["id"])
    assert endpoint["secret"] not in request.raw.decode()


def test_deliveries_are_found_by_endpoint_status_type_and_time(http: APIClient, client: ApiClient) -> None:
    endpoint, _ = make_endpoint(client=client)
    make_endpoint(client=client)
    happened(timezone.now())
    WebhookDelivery.objects.filter(endpoint=endpoint).update(status="dead")

    def found(**filters: str) -> int:
        return len(http.get(DELIVERIES, filters).json()["results"])

    mine = f"wh_{endpoint.pk.hex}"
    assert [found(), found(endpoint=mine), found(status="dead"), found(type="budget.low")] == [2, 1, 1, 2]
    assert [found(type="redemption.placed"), found(endpoint="wh_x"), found(endpoint="nothing")] == [0, 0, 0]
    assert [found(created_after="2020-01-01T00:00:00Z"), found(created_after="2099-01-01T00:00:00Z")] == [2, 0]
    assert http.get(DELIVERIES, {"status": "lost"}).status_code == 422
    assert http.get(DELIVERIES, {"person": "E1"}).status_code == 422


def test_retry_sends_again_what_is_dead(http: APIClient, client: ApiClient, system: Receiver) -> None:
    make_endpoint(system.url, client=client)
    delivery = happened(timezone.now())
    WebhookDelivery.objects.update(status="dead", attempts=10)
    answer = http.post(f"{DELIVERIES}/wd_{delivery.pk.hex}/retry")
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (200, "pending", 0)
    pushed(timezone.now())
    refused = http.post(f"{DELIVERIES}/wd_{delivery.pk.hex}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "delivery_not_stopped")


def test_another_clients_are_not_there(http: APIClient) -> None:
    endpoint, _ = make_endpoint(client=make_client())
    delivery = happened()
    theirs = f"{URL}/wh_{endpoint.pk.hex}"
    answers = [
        http.get(theirs),
        http.patch(theirs, {"description": "mine"}, format="json"),
        *(http.post(f"{theirs}/{act}") for act in ("rotate-secret", "disable", "enable", "test")),
        http.get(f"{DELIVERIES}/wd_{delivery.pk.hex}"),
        http.post(f"{DELIVERIES}/wd_{delivery.pk.hex}/retry"),
        http.get(f"{URL}/nonsense"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 9
    assert (http.get(URL).json()["results"], http.get(DELIVERIES).json()["results"]) == ([], [])


@pytest.mark.parametrize("address", [URL, DELIVERIES])
def test_a_list_costs_the_same_however_long(http: APIClient, client: ApiClient, address: str) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make_endpoint(client=client)
        happened(timezone.now())
        http.get(address)
        with CaptureQueriesContext(connection) as asked:
            http.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "broken",
    [
        {"types": []},
        {"types": ["budget.high"]},
        {"status": "disabled"},
        {"disabled_at": AT},
        {"disabled_because": "asked"},
        {"previous_secret": b"x", "previous_secret_expires_at": None},
    ],
)
def test_the_database_refuses_an_endpoint_that_cannot_be(broken: dict[str, Any]) -> None:
    endpoint, _ = make_endpoint()
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**broken)


@pytest.mark.parametrize("broken", [{"status": "lost"}, {"status": "delivered"}, {"delivered_at": AT}])
def test_the_database_refuses_a_delivery_that_cannot_be(broken: dict[str, Any]) -> None:
    make_endpoint()
    delivery = happened()
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookDelivery.objects.filter(pk=delivery.pk).update(**broken)


def test_history_keeps_who_changed_what_and_no_secret(http: APIClient) -> None:
    endpoint = made(http)
    http.patch(f"{URL}/{endpoint['id']}", {"description": "Other"}, format="json")
    kept = list(WebhookEndpoint.pgh_event_models["update"]._default_manager.values())  # type: ignore[attr-defined]
    assert [each["description"] for each in kept] == ["", "Other"]
    assert not {"secret", "previous_secret"} & set(kept[0])


def test_an_endpoint_shows_its_secrets_in_no_text(caplog: pytest.LogCaptureFixture, system: Receiver) -> None:
    endpoint, secret = make_endpoint(system.url)
    happened()
    pushed()
    webhook_endpoints.disable(endpoint.pk, at=AT)
    assert secret not in caplog.text + repr(endpoint) + str(endpoint)
