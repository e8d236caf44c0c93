"""How what client systems are told is described: the webhooks section of OpenAPI 3.1."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    OpenApiWebhook,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from messaging.api import WebhookEndpointAnswer
from messaging.enums import WEBHOOK_TEST, WebhookType

AT = "2026-11-23T09:30:00Z"
HOW = (
    "Posted to each endpoint that listens to this type, at least once, in no promised order. `webhook-id` names the "
    "event and is the same on each attempt; `webhook-timestamp` and `webhook-signature` are those of "
    "[Standard Webhooks](https://www.standardwebhooks.com): see [Webhooks](/api/docs/webhooks.md)."
)
ANSWERS = {
    204: OpenApiResponse(description="Taken, as is any other 2xx. Anything else is tried again for three days."),
    410: OpenApiResponse(description="There is nobody here any more: the endpoint is disabled."),
    429: OpenApiResponse(description="Too much now: nothing is sent before the time in `Retry-After`."),
}


class PointsAnswer(serializers.Serializer[Any]):
    """Points of somebody."""

    recipient = serializers.CharField(help_text="The employee number.")
    points = serializers.IntegerField()


class ExpiringPointsAnswer(PointsAnswer):
    """Points that expire soon."""

    expires_at = serializers.DateTimeField()


class ExpiredPointsAnswer(PointsAnswer):
    """Points that expired."""

    expired_at = serializers.DateTimeField()


def webhook(type_: str, summary: str, data: type[serializers.Serializer[Any]], example: Any) -> OpenApiWebhook:
    """Return the description of one type.

    Args:
        type_: as in the body.
        summary: what happened, in a few words.
        data: describes `data`.
        example: of `data`.
    """
    name = "".join(part.capitalize() for part in type_.replace(".", "_").split("_"))
    constant = {"type": "string", "const": type_, "description": f"Always `{type_}`."}
    members = {
        "type": extend_schema_field(constant)(type(f"{name}Type", (serializers.CharField,), {}))(),
        "timestamp": serializers.DateTimeField(help_text="When it happened."),
        "data": data(help_text="The thing as the API shows it, as it was then."),
        "__doc__": f"{summary}.",
    }
    body = type(f"{name}Webhook", (serializers.Serializer,), members)
    shown = OpenApiExample(summary, {"type": type_, "timestamp": AT, "data": example})
    return OpenApiWebhook(
        name=type_,
        decorator=extend_schema(
            summary=summary, description=HOW, tags=["webhooks"], request=body, responses=ANSWERS, examples=[shown]
        ),
    )


POINTS_EXPIRING = webhook(
    WebhookType.POINTS_EXPIRING.value,
    WebhookType.POINTS_EXPIRING.label,
    ExpiringPointsAnswer,
    {"recipient": "E10482", "points": 500, "expires_at": "2026-12-23T23:00:00Z"},
)
POINTS_EXPIRED = webhook(
    WebhookType.POINTS_EXPIRED.value,
    WebhookType.POINTS_EXPIRED.label,
    ExpiredPointsAnswer,
    {"recipient": "E10482", "points": 500, "expired_at": AT},
)
TEST = webhook(
    WEBHOOK_TEST,
    "A test, asked for by the client or in the admin",
    WebhookEndpointAnswer,
    {
        "id": "wh_01a210c18b4b730ba908d22673cee909",
        "url": "https://hr.acme.example/hooks",
        "types": ["points_request.credited"],
        "description": "HR middleware",
        "status": "enabled",
        "disabled_because": None,
        "disabled_at": None,
        "failing_since": None,
        "secret_changed_at": AT,
        "previous_secret_expires_at": None,
        "created_at": AT,
    },
)
