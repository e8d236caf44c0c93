"""Tells people things, and does what the sweep does, at times of a test's choosing."""

from datetime import UTC, datetime
from typing import Any

from api.models import ApiClient
from api.tests.factories import make_client
from messaging.enums import WebhookType
from messaging.models import Delivery, WebhookDelivery, WebhookEndpoint
from messaging.operations import deliveries, messages, webhook_deliveries, webhook_endpoints, webhook_events
from messaging.operations.messages import NewMessage
from messaging.operations.webhook_events import NewWebhookEvent
from people.models import Person

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def told(person: Person, reference: str = "pr:1", at: datetime = AT, channel: str = "slack", **words: str) -> Delivery:
    """Tell somebody something through one channel and return the delivery."""
    fields = {"title": "You earned 500 points", "body": "Q3 rating 5", "path": "/statement"} | words
    message = NewMessage(
        person_id=person.pk, kind="points_credited", reference=reference, channels=(channel,), **fields
    )
    messages.tell([message], at=at)
    return Delivery.objects.get(message__reference=reference)


def attempt(at: datetime = AT) -> Delivery | None:
    """Do what the sweep does for one delivery."""
    claimed = deliveries.claim(at=at)
    if claimed:
        deliveries.settle(claimed, deliveries.send(claimed), at=at)
        claimed.refresh_from_db()
    return claimed


def tried(at: datetime = AT) -> Delivery:
    """Do the same where one has to be due."""
    delivery = attempt(at)
    assert delivery is not None
    return delivery


def make_endpoint(
    url: str = "https://hr.acme.example/hooks", client: ApiClient | None = None, at: datetime = AT, **fields: Any
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint that listens to low budgets, unless said otherwise, and return it with its secret."""
    given = {"types": [WebhookType.BUDGET_LOW], **fields}
    made = webhook_endpoints.create(client=client or make_client(), url=url, at=at, **given)
    return made.endpoint, made.secret


def happened(at: datetime = AT, **data: Any) -> WebhookDelivery:
    """Let a budget run low and return the newest delivery of it."""
    webhook_events.announce([NewWebhookEvent(WebhookType.BUDGET_LOW, {"left": 1} | data)], at=at)
    return WebhookDelivery.objects.order_by("-event_id").select_related("event").first() or WebhookDelivery()


def push(at: datetime = AT) -> WebhookDelivery | None:
    """Do what the sweep does for one webhook delivery."""
    claimed = webhook_deliveries.claim(at=at)
    if claimed:
        webhook_deliveries.settle(claimed, webhook_deliveries.send(claimed, at=at), at=at)
        claimed.refresh_from_db()
    return claimed


def pushed(at: datetime = AT) -> WebhookDelivery:
    """Do the same where one has to be due."""
    delivery = push(at)
    assert delivery is not None
    return delivery
