"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver, path

from messaging import api, views

ENDPOINT = "webhook-endpoints/<str:webhook_endpoint_id>"
DELIVERY = "webhook-deliveries/<str:webhook_delivery_id>"

api_patterns: list[URLPattern | URLResolver] = [
    path("webhook-endpoints", api.WebhookEndpointsView.as_view(), name="api-webhook-endpoints"),
    path(ENDPOINT, api.WebhookEndpointView.as_view(), name="api-webhook-endpoint"),
    path(f"{ENDPOINT}/rotate-secret", api.RotateSecretView.as_view(), name="api-webhook-rotate-secret"),
    path(f"{ENDPOINT}/disable", api.DisableEndpointView.as_view(), name="api-webhook-disable"),
    path(f"{ENDPOINT}/enable", api.EnableEndpointView.as_view(), name="api-webhook-enable"),
    path(f"{ENDPOINT}/test", api.TestEndpointView.as_view(), name="api-webhook-test"),
    path("webhook-deliveries", api.WebhookDeliveriesView.as_view(), name="api-webhook-deliveries"),
    path(DELIVERY, api.WebhookDeliveryView.as_view(), name="api-webhook-delivery"),
    path(f"{DELIVERY}/retry", api.RetryDeliveryView.as_view(), name="api-webhook-retry"),
]
page_patterns: list[URLPattern | URLResolver] = [
    path("inbox", views.inbox, name="inbox"),
    path("inbox/read", views.read_all, name="read_all"),
    path("inbox/<uuid:message_id>", views.read, name="read"),
]
