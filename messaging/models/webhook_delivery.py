"""An event on its way to a client system."""

from django.db import models
from django.db.models import Q

from api import ids
from messaging.enums import WebhookDeliveryStatus

EXCERPT_CHARACTERS = 500


class WebhookDelivery(models.Model):
    """An event on its way to one endpoint. The row is the queue: the worker claims what is due."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    event = models.ForeignKey("messaging.WebhookEvent", on_delete=models.PROTECT, related_name="deliveries")
    endpoint = models.ForeignKey(
        "messaging.WebhookEndpoint", on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )  # found by webhook_delivery_newest
    status = models.CharField(
        max_length=9, choices=WebhookDeliveryStatus.choices, default=WebhookDeliveryStatus.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    attempted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_ms = models.PositiveIntegerField("response time (ms)", null=True)
    response_excerpt = models.CharField(max_length=EXCERPT_CHARACTERS, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="webhook_delivery_once_per_endpoint"),
            models.CheckConstraint(
                condition=Q(status__in=WebhookDeliveryStatus.values), name="webhook_delivery_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="delivered", delivered_at__isnull=False)
                | (~Q(status="delivered") & Q(delivered_at__isnull=True)),
                name="webhook_delivery_at_when_delivered",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=Q(status__in=["pending", "sending"]),
                name="webhook_delivery_due",
            ),  # the sweep
            models.Index(
                fields=["endpoint"], condition=Q(status="sending"), name="webhook_delivery_sending"
            ),  # whether a failing endpoint is being tried
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_newest"),  # lists of the API and the admin
        ]

    def __str__(self) -> str:
        return f"{self.event.type}: {self.get_status_display().lower()}"
