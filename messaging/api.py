"""Webhooks over HTTP: where a client system is told what happens, and what became of telling it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import ids
from api.docs import describe
from api.errors import NotFound
from api.fields import TextField
from api.models import ApiClient
from api.pagination import page
from api.serializers import StrictSerializer
from api.views import ApiView
from messaging import errors, queries, representations
from messaging.enums import (
    WEBHOOK_TEST,
    DisabledBecause,
    WebhookDeliveryStatus,
    WebhookEndpointStatus,
    WebhookType,
)
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.models.webhook_endpoint import DESCRIPTION_LENGTH_MAX, URL_LENGTH_MAX
from messaging.operations import webhook_deliveries, webhook_endpoints
from messaging.operations.webhook_endpoints import PREVIOUS_EXPIRES_IN, PREVIOUS_EXPIRES_IN_MAX, NewSecret

SECONDS_MAX = int(PREVIOUS_EXPIRES_IN_MAX.total_seconds())


def _types(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.ChoiceField(WebhookType.choices), **options)


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": SECONDS_MAX})
class SecondsField(serializers.IntegerField):
    """Seconds: a whole number, and nothing that could be read as one."""

    default_error_messages = {"not_seconds": f"Write a whole number from 0 to {SECONDS_MAX:,}, with no quotes."}

    def to_internal_value(self, data: Any) -> int:
        """Return the seconds."""
        if type(data) is not int or not 0 <= data <= SECONDS_MAX:
            self.fail("not_seconds")
        return data


class WebhookEndpointSerializer(StrictSerializer):
    """Where to be told, and of what."""

    url = TextField(max_length=URL_LENGTH_MAX, help_text="Where events are posted; https, to a public host.")
    types = _types(min_length=1, max_length=100, help_text="What to be told of; at least one.")
    description = TextField(
        max_length=DESCRIPTION_LENGTH_MAX, required=False, allow_blank=True, help_text="What it is, for people."
    )


class WebhookEndpointChangeSerializer(StrictSerializer):
    """What to change; what is not given stays."""

    url = TextField(max_length=URL_LENGTH_MAX, required=False)
    types = _types(min_length=1, max_length=100, required=False)
    description = TextField(max_length=DESCRIPTION_LENGTH_MAX, required=False, allow_blank=True)


class RotationSerializer(StrictSerializer):
    """How to change over; no body, or an empty object, gives a day."""

    previous_expires_in = SecondsField(
        required=False,
        help_text=f"For how many seconds the old secret goes on signing beside the new one, at most {SECONDS_MAX:,}; "
        f"{int(PREVIOUS_EXPIRES_IN.total_seconds()):,} when not given. 0 ends every older one at once.",
    )


class NothingSerializer(StrictSerializer):
    """Nothing to say: no body, or an empty object."""


class NoFilters(StrictSerializer):
    """A list without filters."""


class WebhookDeliveryFilters(StrictSerializer):
    """Which deliveries."""

    endpoint = TextField(max_length=60, required=False)
    status = serializers.ChoiceField(WebhookDeliveryStatus.values, required=False)
    type = serializers.ChoiceField([*WebhookType.values, WEBHOOK_TEST], required=False)
    created_after = serializers.DateTimeField(required=False, help_text="RFC 3339.")


class WebhookEndpointAnswer(serializers.Serializer[Any]):
    """Where a client system is told."""

    id = serializers.CharField()
    url = serializers.CharField()
    types = _types()
    description = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(WebhookEndpointStatus.choices)
    disabled_because = serializers.ChoiceField(DisabledBecause.choices, allow_null=True)
    disabled_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when nothing was taken; null when well."
    )
    secret_changed_at = serializers.DateTimeField()
    previous_secret_expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when the secret before signs too; null where there is one secret."
    )
    created_at = serializers.DateTimeField()


class WebhookEndpointWithSecretAnswer(WebhookEndpointAnswer):
    """The same with its newest secret, which is not shown again."""

    secret = serializers.CharField(help_text="`whsec_…`. Keep it: it is not shown again.")


class WebhookDeliveryAnswer(serializers.Serializer[Any]):
    """What became of telling one endpoint of one event."""

    id = serializers.CharField()
    endpoint = serializers.CharField()
    event = serializers.CharField(help_text="The `webhook-id` that each attempt carries.")
    type = serializers.ChoiceField([*WebhookType.choices, (WEBHOOK_TEST, "A test")])
    status = serializers.ChoiceField(WebhookDeliveryStatus.choices)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    attempted_at = serializers.DateTimeField(allow_null=True, help_text="When it was tried last.")
    next_attempt_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is tried next; null when it is not."
    )
    delivered_at = serializers.DateTimeField(allow_null=True)
    response_status = serializers.IntegerField(allow_null=True, help_text="Of the last answer, where one came.")
    response_ms = serializers.IntegerField(allow_null=True)
    response_excerpt = serializers.CharField(allow_blank=True, help_text="How the last answer began.")
    last_error = serializers.CharField(allow_null=True)


class WebhookEndpointsView(ApiView):
    """/webhook-endpoints."""

    scopes: ClassVar = {"POST": "webhooks:write", "GET": "webhooks:write"}

    @describe(
        "Be told of what happens",
        reads=WebhookEndpointSerializer,
        answers={201: WebhookEndpointWithSecretAnswer},
        problems=[errors.WebhookUrlRefused, errors.TooManyWebhookEndpoints],
        description="The secret is in this answer alone. Send an `Idempotency-Key`, so that an answer that does not "
        "reach you can be had again.",
    )
    def post(self, request: Request) -> Response:
        """Make an endpoint."""
        asked = self.read(WebhookEndpointSerializer)
        made = webhook_endpoints.create(client=_client(request), at=timezone.now(), **asked)
        return Response(_with_secret(made), status=201)

    @describe("List webhook endpoints", answers={200: WebhookEndpointAnswer}, paged=True)
    def get(self, request: Request) -> Response:
        """List the client's endpoints, newest first."""
        self.filters(NoFilters)
        return page(queries.webhook_endpoints(_client(request)), _endpoints, request=request)


class WebhookEndpointView(ApiView):
    """/webhook-endpoints/{id}."""

    scopes: ClassVar = {"GET": "webhooks:write", "PATCH": "webhooks:write"}

    @describe("Read a webhook endpoint", answers={200: WebhookEndpointAnswer}, problems=[NotFound])
    def get(self, request: Request, webhook_endpoint_id: str) -> Response:
        """Return one endpoint."""
        key = _endpoint_key(webhook_endpoint_id)
        row = queries.webhook_endpoints(_client(request)).filter(pk=key).first()
        if row is None:
            raise NotFound("There is no such webhook endpoint.")
        return Response(representations.webhook_endpoint(row))

    @describe(
        "Change a webhook endpoint",
        reads=WebhookEndpointChangeSerializer,
        answers={200: WebhookEndpointAnswer},
        problems=[NotFound, errors.WebhookUrlRefused],
        description="What waits for it is sent to the new address, at once.",
    )
    def patch(self, request: Request, webhook_endpoint_id: str) -> Response:
        """Change an endpoint."""
        changes = self.read(WebhookEndpointChangeSerializer)
        row = webhook_endpoints.change(
            _endpoint_key(webhook_endpoint_id), client=_client(request), at=timezone.now(), **changes
        )
        return Response(representations.webhook_endpoint(row))


class RotateSecretView(ApiView):
    """/webhook-endpoints/{id}/rotate-secret."""

    scopes: ClassVar = {"POST": "webhooks:write"}

    @describe(
        "Get a new secret",
        reads=RotationSerializer,
        answers={200: WebhookEndpointWithSecretAnswer},
        problems=[NotFound, errors.TwoWebhookSecrets],
        description="Until the old one ends, `webhook-signature` carries a signature by either.",
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> Response:
        """Give an endpoint a new secret."""
        seconds = self.read(RotationSerializer).get("previous_expires_in")
        made = webhook_endpoints.rotate_secret(
            _endpoint_key(webhook_endpoint_id),
            client=_client(request),
            previous_expires_in=PREVIOUS_EXPIRES_IN if seconds is None else timedelta(seconds=seconds),
            at=timezone.now(),
        )
        return Response(_with_secret(made))


class DisableEndpointView(ApiView):
    """/webhook-endpoints/{id}/disable."""

    scopes: ClassVar = {"POST": "webhooks:write"}

    @describe(
        "Be told nothing more",
        reads=NothingSerializer,
        answers={200: WebhookEndpointAnswer},
        problems=[NotFound],
        description="What waited for it is `dead`: retry it once the endpoint is enabled.",
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> Response:
        """Disable an endpoint."""
        self.read(NothingSerializer)
        key = _endpoint_key(webhook_endpoint_id)
        return Response(
            representations.webhook_endpoint(webhook_endpoints.disable(key, client=_client(request), at=timezone.now()))
        )


class EnableEndpointView(ApiView):
    """/webhook-endpoints/{id}/enable."""

    scopes: ClassVar = {"POST": "webhooks:write"}

    @describe(
        "Be told again",
        reads=NothingSerializer,
        answers={200: WebhookEndpointAnswer},
        problems=[NotFound],
        description="Of what happens from now on.",
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> Response:
        """Enable an endpoint."""
        self.read(NothingSerializer)
        return Response(
            representations.webhook_endpoint(
                webhook_endpoints.enable(_endpoint_key(webhook_endpoint_id), client=_client(request))
            )
        )


class TestEndpointView(ApiView):
    """/webhook-endpoints/{id}/test."""

    scopes: ClassVar = {"POST": "webhooks:write"}

    @describe(
        "Send a test",
        reads=NothingSerializer,
        answers={201: WebhookDeliveryAnswer},
        problems=[NotFound, errors.WebhookEndpointDisabled],
        description=f"An event of the type `{WEBHOOK_TEST}`, whose `data` is the endpoint, is sent within seconds. "
        "Read the delivery to see what came of it.",
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> Response:
        """Send a test to an endpoint."""
        self.read(NothingSerializer)
        key = _endpoint_key(webhook_endpoint_id)
        made = webhook_endpoints.send_test(key, client=_client(request), at=timezone.now())
        return Response(representations.webhook_delivery(made), status=201)


class WebhookDeliveriesView(ApiView):
    """/webhook-deliveries."""

    scopes: ClassVar = {"GET": "webhooks:write"}

    @describe(
        "List webhook deliveries", filters=WebhookDeliveryFilters, answers={200: WebhookDeliveryAnswer}, paged=True
    )
    def get(self, request: Request) -> Response:
        """List the deliveries to the client's endpoints, newest first."""
        filters = self.filters(WebhookDeliveryFilters)
        if "endpoint" in filters:
            filters["endpoint"] = ids.key(ids.WEBHOOK_ENDPOINT, filters["endpoint"]) or UUID(int=0)  # nobody's
        return page(queries.webhook_deliveries(_client(request), **filters), _deliveries, request=request)


class WebhookDeliveryView(ApiView):
    """/webhook-deliveries/{id}."""

    scopes: ClassVar = {"GET": "webhooks:write"}

    @describe("Read a webhook delivery", answers={200: WebhookDeliveryAnswer}, problems=[NotFound])
    def get(self, request: Request, webhook_delivery_id: str) -> Response:
        """Return one delivery."""
        row = queries.webhook_deliveries(_client(request)).filter(pk=_delivery_key(webhook_delivery_id)).first()
        if row is None:
            raise NotFound("There is no such webhook delivery.")
        return Response(representations.webhook_delivery(row))


class RetryDeliveryView(ApiView):
    """/webhook-deliveries/{id}/retry."""

    scopes: ClassVar = {"POST": "webhooks:write"}

    @describe(
        "Send a webhook delivery again",
        reads=NothingSerializer,
        answers={200: WebhookDeliveryAnswer},
        problems=[NotFound, errors.DeliveryNotStopped, errors.WebhookEndpointDisabled],
        description="Now: one that is `dead`, from its first attempt on, or one that waits for its next attempt.",
    )
    def post(self, request: Request, webhook_delivery_id: str) -> Response:
        """Send a delivery again."""
        self.read(NothingSerializer)
        row = webhook_deliveries.retry(_delivery_key(webhook_delivery_id), client=_client(request), at=timezone.now())
        return Response(representations.webhook_delivery(row))


def _endpoints(rows: Sequence[WebhookEndpoint]) -> list[dict[str, Any]]:
    return [representations.webhook_endpoint(row) for row in rows]


def _deliveries(rows: Sequence[WebhookDelivery]) -> list[dict[str, Any]]:
    return [representations.webhook_delivery(row) for row in rows]


def _with_secret(made: NewSecret) -> dict[str, Any]:
    return {**representations.webhook_endpoint(made.endpoint), "secret": made.secret}


def _endpoint_key(public_id: str) -> UUID:
    key = ids.key(ids.WEBHOOK_ENDPOINT, public_id)
    if key is None:
        raise NotFound("There is no such webhook endpoint.")
    return key


def _delivery_key(public_id: str) -> UUID:
    key = ids.key(ids.WEBHOOK_DELIVERY, public_id)
    if key is None:
        raise NotFound("There is no such webhook delivery.")
    return key


def _client(request: Request) -> ApiClient:
    client: ApiClient = request.user  # type: ignore[assignment]
    return client
