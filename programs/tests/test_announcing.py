"""What client systems are told of points requests, in the very statement that credits them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from api.tests.factories import api, make_client
from messaging.enums import WebhookType
from messaging.models import WebhookDelivery, WebhookEvent
from messaging.operations import webhook_endpoints
from messaging.operations.webhook_events import webhooks_waker
from people.tests.factories import make_person
from programs.enums import PointsRequestStatus
from programs.models import PointsRequest
from programs.operations import announcing, budgets, points_requests, reversals
from programs.tests.factories import credited, make_programme
from programs.tests.test_decisions import make_approver
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
ASKED = {"programme": "spot", "recipient": "E1", "points": 500, "reason": "Thanks", "metadata": {"b": 1.0, "a": "ü"}}

WEIGHED = ASKED | {"programme": "weighed"}
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def listening() -> Any:
    """Let a client listen to everything."""
    client = make_client()
    webhook_endpoints.create(client=client, url="https://hr.acme.example/", types=WebhookType.values, at=timezone.now())
    return client


@pytest.fixture
def http() -> APIClient:
    make_programme(slug="spot", budget=1_000)
    make_person(employee_number="E1")
    return api(make_client())


def told() -> list[tuple[str, dict[str, Any]]]:
    """Return what was told: type and data, in order."""
    bodies = [json.loads(event.body) for event in WebhookEvent.objects.order_by("pk")]
    return [(body["type"], body["data"]) for body in bodies]


@pytest.mark.usefixtures("listening")
def test_a_credit_is_told_as_the_api_answers_it(http: APIClient) -> None:
    answer = http.post("/api/v1/points-requests", ASKED, format="json")
    assert answer.status_code == 201
    assert told() == [("points_request.credited", answer.json())]
    [delivery] = WebhookDelivery.objects.all()
    assert (delivery.status, delivery.pk.version) == ("pending", 7)


@pytest.mark.usefixtures("listening")
def test_what_is_told_wakes_the_worker(django_capture_on_commit_callbacks: Any) -> None:
    programme, person = make_programme(), make_person()
    with django_capture_on_commit_callbacks() as callbacks:
        credited(programme, person)
    assert callbacks == [webhooks_waker.wake]


@pytest.mark.usefixtures("listening")
def test_a_replay_and_a_refusal_are_told_to_nobody(http: APIClient) -> None:
    for external_id in ("1", "1"):
        http.post("/api/v1/points-requests", ASKED | {"external_id": external_id}, format="json")
    assert http.post("/api/v1/points-requests", ASKED | {"points": 5000}, format="json").status_code == 422
    assert http.post("/api/v1/points-requests", ASKED | {"recipient": "E9"}, format="json").status_code == 422
    assert [kind for kind, _ in told()] == ["points_request.credited"]


@pytest.mark.usefixtures("listening")
def test_of_a_batch_each_is_told_with_its_own_wallet_and_none_that_was_refused(http: APIClient) -> None:
    asked = [ASKED | {"points": points, "external_id": str(points)} for points in (400, 700, 300)]
    answer = http.post("/api/v1/points-requests/batch", {"requests": asked}, format="json").json()
    shown = [each["points_request"] for each in answer["results"] if "points_request" in each]
    assert [each["wallet"]["available"] for each in shown] == [400, 700]
    assert told() == [("points_request.credited", each) for each in shown]


@pytest.mark.usefixtures("listening")
def test_what_waits_is_told_and_then_what_came_of_it(http: APIClient) -> None:
    make_programme(slug="weighed", steps=[(100, 1)])
    answers = [http.post("/api/v1/points-requests", WEIGHED, format="json").json() for _ in range(2)]
    assert told() == [("points_request.pending", each) for each in answers]
    first, second = PointsRequest.objects.order_by("pk")
    points_requests.approve(first.pk, by=make_approver(), at=timezone.now())
    points_requests.reject(second.pk, by=make_approver(), note="Not now", at=timezone.now())
    (credit, granted), (refusal, refused) = told()[2:]
    assert (credit, granted["status"], granted["wallet"]) == (
        "points_request.credited", "credited", {"available": 500, "held": 0},
    )  # fmt: skip
    assert (refusal, refused["status"], refused["status_reason"]) == ("points_request.rejected", "rejected", "Not now")


@pytest.mark.usefixtures("listening")
def test_what_is_taken_back_is_told_also_where_it_is_a_part() -> None:
    request = credited(make_programme(slug="spot"), make_person())
    for points in (100, None):
        reversals.reverse(request.pk, points=points, reason="Rated the wrong person", by=make_person(), at=AT)
    assert [(kind, data["status"], data["reversed_points"]) for kind, data in told()[1:]] == [
        ("points_request.reversed", "credited", 100),
        ("points_request.reversed", "reversed", 500),
    ]


@pytest.mark.usefixtures("listening")
def test_parked_points_are_told_when_they_come_to_stand_somewhere() -> None:
    make_programme(slug="spot", unknown_recipients="park", budget=600)
    http = api(make_client())
    for number in ("E7", "E8"):
        assert http.post("/api/v1/points-requests", ASKED | {"recipient": number}, format="json").status_code == 202
    make_person(employee_number="E7")
    make_person(employee_number="E8", status="left")
    points_requests.release_parked(at=timezone.now(), limit=10)
    assert sorted((kind, data["recipient"]) for kind, data in told()) == [
        ("points_request.credited", "E7"),
        ("points_request.failed", "E8"),
        ("points_request.pending", "E7"),
        ("points_request.pending", "E8"),
    ]


@pytest.mark.usefixtures("listening")
def test_a_budget_that_ran_low_is_told_once() -> None:
    programme = make_programme(slug="spot", budget=1_000, budget_low_at=600)
    credited(programme, make_person())
    for _ in range(2):
        budgets.notice(at=timezone.now())
    [(_, data)] = [each for each in told() if each[0] == "budget.low"]
    assert (data["programme"], data["left"], data["is_low"]) == ("spot", 500, True)


def test_a_client_hears_of_its_programmes_alone_while_it_is_let_in() -> None:
    make_programme(slug="spot")
    make_person(employee_number="E1")
    listeners = {
        "all": make_client(),
        "spot": make_client(programmes=["spot"]),
        "other": make_client(programmes=["other"]),
        "disabled": make_client(),
        "expired": make_client(),
        "deaf": make_client(),
    }
    made = {}
    for name, client in listeners.items():
        types = ["points_request.pending"] if name == "deaf" else ["points_request.credited"]
        made[name] = webhook_endpoints.create(
            client=client, url="https://hr.acme.example/", types=types, at=AT
        ).endpoint
    listeners["disabled"].disabled_at = listeners["expired"].expires_at = AT
    listeners["disabled"].save()
    listeners["expired"].save()
    api(make_client()).post("/api/v1/points-requests", ASKED, format="json")
    heard = set(WebhookDelivery.objects.values_list("endpoint", flat=True))
    assert heard == {made["all"].pk, made["spot"].pk}
    assert WebhookEvent.objects.count() == 1


def test_a_credit_costs_no_statement_more_whether_somebody_listens_or_not(http: APIClient) -> None:
    counts = []
    for listens in (False, True):
        if listens:
            webhook_endpoints.create(
                client=make_client(), url="https://hr.acme.example/", types=WebhookType.values, at=timezone.now()
            )
        http.post("/api/v1/points-requests", ASKED | {"points": 1}, format="json")
        with CaptureQueriesContext(connection) as asked:
            assert http.post("/api/v1/points-requests", ASKED | {"points": 1}, format="json").status_code == 201
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert WebhookEvent.objects.count() == 2


def test_what_nobody_listens_to_leaves_no_row(http: APIClient) -> None:
    http.post("/api/v1/points-requests", ASKED, format="json")
    assert not WebhookEvent.objects.exists()


@pytest.mark.usefixtures("listening")
def test_what_is_undone_is_told_to_nobody() -> None:
    programme, person = make_programme(slug="spot"), make_person()
    with transaction.atomic():
        credited(programme, person)
        transaction.set_rollback(True)
    assert not WebhookEvent.objects.exists()
    assert list(findings()) == []


def test_every_status_has_its_type() -> None:
    assert set(announcing.TYPE_OF) == set(PointsRequestStatus)
