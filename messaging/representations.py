"""What the API shows of webhooks, and what a test tells. Secrets never appear here."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from api import ids
from messaging.enums import WebhookDeliveryStatus
from messaging.models import WebhookDelivery, WebhookEndpoint


def webhook_endpoint(row: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint as JSON, without a secret."""
    expires_at = row.previous_secret_expires_at
    return {
        "id": ids.public(ids.WEBHOOK_ENDPOINT, row.pk),
        "url": row.url,
        "types": list(row.types),
        "description": row.description,
        "status": str(row.status),
        "disabled_because": str(row.disabled_because) or None,
        "disabled_at": moment(row.disabled_at),
        "failing_since": moment(row.failing_since),
        "secret_changed_at": moment(row.secret_changed_at),
        "previous_secret_expires_at": moment(expires_at) if expires_at and expires_at > timezone.now() else None,
        "created_at": moment(row.created_at),
    }


def webhook_delivery(row: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery as JSON; its event should be loaded."""
    is_waiting = row.status in {WebhookDeliveryStatus.PENDING, WebhookDeliveryStatus.SENDING}
    return {
        "id": ids.public(ids.WEBHOOK_DELIVERY, row.pk),
        "endpoint": ids.public(ids.WEBHOOK_ENDPOINT, row.endpoint_id),
        "event": ids.public(ids.WEBHOOK_EVENT, row.event_id),
        "type": row.event.type,
        "status": str(row.status),
        "attempts": row.attempts,
        "created_at": moment(row.event.created_at),
        "attempted_at": moment(row.attempted_at),
        "next_attempt_at": moment(row.next_attempt_at) if is_waiting else None,
        "delivered_at": moment(row.delivered_at),
        "response_status": row.response_status,
        "response_ms": row.response_ms,
        "response_excerpt": row.response_excerpt,
        "last_error": row.last_error or None,
    }


def moment(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
