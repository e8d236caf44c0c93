"""Webhook endpoints and deliveries in the admin, for those who look after integrations."""

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from api.tests.factories import make_client
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.operations import webhook_endpoints
from messaging.operations.webhook_endpoints import ENDPOINTS_MAX
from messaging.tests.factories import AT, happened, make_endpoint
from messaging.tests.test_admin import page_of

ENDPOINTS = reverse("admin:messaging_webhookendpoint_changelist")
NEW = reverse("admin:messaging_webhookendpoint_add")
DELIVERIES = reverse("admin:messaging_webhookdelivery_changelist")
pytestmark = pytest.mark.django_db
GIVEN = {"url": "https://hr.acme.example/hooks", "types": ["budget.low"], "description": "HR middleware"}


@pytest.fixture
def page() -> Client:
    return page_of("Integrations")


def act(page: Client, address: str, action: str, *chosen: WebhookEndpoint | WebhookDelivery) -> list[str]:
    """Choose rows and an action, and return what the page says."""
    given = {"action": action, "_selected_action": [str(each.pk) for each in chosen]}
    return [str(each) for each in get_messages(page.post(address, given).wsgi_request)]


def test_an_endpoint_is_made_and_its_secret_shown_once(page: Client) -> None:
    client = make_client()
    answer = page.post(NEW, {"client": client.pk, **GIVEN})
    endpoint = WebhookEndpoint.objects.get()
    [secret] = webhook_endpoints.secrets_of(endpoint, at=timezone.now())
    assert (answer.status_code, secret in answer.content.decode()) == (200, True)
    change = reverse("admin:messaging_webhookendpoint_change", args=[endpoint.pk])
    assert secret not in page.get(change).content.decode()
    assert secret not in page.get(ENDPOINTS).content.decode()
    assert (
        secret not in page.get(reverse("admin:messaging_webhookendpoint_history", args=[endpoint.pk])).content.decode()
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "https://10.0.0.1/hooks"}, "10.0.0.1 is not a public address"),
        ({"url": "http://hr.acme.example/hooks"}, "it has to begin with https://"),
        ({"types": []}, "This field is required"),
        ({"types": ["nothing.happened"]}, "Select a valid choice"),
        ({"client": "nobody"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(page: Client, changed: dict[str, object], said: str) -> None:
    answer = page.post(NEW, {"client": make_client().pk, **GIVEN, **changed})
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert not WebhookEndpoint.objects.exists()


def test_a_client_with_twenty_gets_no_more(page: Client) -> None:
    client = make_client()
    for _ in range(ENDPOINTS_MAX):
        make_endpoint(client=client)
    assert "This client has 20 endpoints" in page.post(NEW, {"client": client.pk, **GIVEN}).content.decode()


def test_an_endpoint_is_changed_and_history_says_so(page: Client) -> None:
    endpoint, _ = make_endpoint()
    address = reverse("admin:messaging_webhookendpoint_change", args=[endpoint.pk])
    page.post(address, GIVEN | {"description": "The other middleware"})
    endpoint.refresh_from_db()
    assert endpoint.description == "The other middleware"
    shown = page.get(reverse("admin:messaging_webhookendpoint_history", args=[endpoint.pk])).content.decode()
    assert "The other middleware" in shown


def test_send_a_test_disable_and_enable(page: Client) -> None:
    endpoint, _ = make_endpoint()
    assert act(page, ENDPOINTS, "send_test", endpoint)[0].startswith("A test is on its way")
    assert WebhookDelivery.objects.get().event.type == "webhook_endpoint.test"
    act(page, ENDPOINTS, "disable", endpoint)
    assert WebhookDelivery.objects.get().status == "dead"
    assert "Enable it first" in act(page, ENDPOINTS, "send_test", endpoint)[-1]
    act(page, ENDPOINTS, "enable", endpoint)
    endpoint.refresh_from_db()
    assert endpoint.status == "enabled"


def test_a_new_secret_is_shown_on_the_answer_alone(page: Client) -> None:
    endpoint, old = make_endpoint()
    given = {"action": "rotate_secret", "_selected_action": [str(endpoint.pk)]}
    answer = page.post(ENDPOINTS, given).content.decode()
    endpoint.refresh_from_db()
    new, kept = webhook_endpoints.secrets_of(endpoint, at=timezone.now())
    assert (new in answer, kept) == (True, old)
    assert act(page, ENDPOINTS, "rotate_secret", endpoint)[0].startswith("The older one signs until")


def test_dead_ones_are_found_with_their_answers_and_sent_again(page: Client) -> None:
    make_endpoint()
    dead, other = happened(), happened()
    WebhookDelivery.objects.filter(pk=dead.pk).update(
        status="dead",
        attempts=10,
        response_status=500,
        response_ms=1234,
        response_excerpt="boom",
        last_error="It answered 500.",
    )
    answer = page.get(DELIVERIES, {"status__exact": "dead"})
    assert ("500 · 1,234 ms" in answer.content.decode(), answer.context["cl"].result_count) == (True, 1)
    detail = page.get(reverse("admin:messaging_webhookdelivery_change", args=[dead.pk])).content.decode()
    assert "It answered 500." in detail
    assert ("boom" in detail, "&quot;left&quot;: 1" in detail, f"we_{dead.event_id.hex}" in detail) == (
        True,
        True,
        True,
    )

    assert act(page, DELIVERIES, "send_again", dead) == ["1 event is sent again."]
    dead.refresh_from_db()
    assert (dead.status, dead.attempts) == ("pending", 0)
    WebhookDelivery.objects.filter(pk=other.pk).update(status="delivered", delivered_at=AT)
    assert act(page, DELIVERIES, "send_again", other)[-1] == "1: It is delivered; there is nothing to send again."


def test_a_delivery_is_found_by_its_webhook_id(page: Client) -> None:
    make_endpoint()
    one = happened()
    happened()
    found = page.get(DELIVERIES, {"q": f"we_{one.event_id.hex}"}).context["cl"].result_list
    assert [each.pk for each in found] == [one.pk]
    assert page.get(DELIVERIES, {"q": "nonsense"}).context["cl"].result_count == 0


@pytest.mark.parametrize("address", [ENDPOINTS, DELIVERIES])
def test_a_list_costs_the_same_however_long(page: Client, address: str) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make_endpoint()
        happened()
        page.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert page.get(address).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_auditors_look_and_hr_does_not(page: Client) -> None:
    endpoint, _ = make_endpoint()
    auditor, hr = page_of("Auditors"), page_of("HR administrators")
    assert (auditor.get(ENDPOINTS).status_code, hr.get(ENDPOINTS).status_code) == (200, 403)
    auditor.post(ENDPOINTS, {"action": "disable", "_selected_action": [str(endpoint.pk)]})
    endpoint.refresh_from_db()
    assert (endpoint.status, auditor.get(NEW).status_code) == ("enabled", 403)
