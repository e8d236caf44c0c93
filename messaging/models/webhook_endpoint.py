"""Where a client system wants to be told."""

from datetime import datetime

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from api import ids
from api.models import ApiClient
from messaging.enums import DisabledBecause, WebhookEndpointStatus, WebhookType

URL_LENGTH_MAX = 2000
DESCRIPTION_LENGTH_MAX = 200


@pghistory.track(exclude=["secret", "previous_secret", "failing_since", "resting_until"])
class WebhookEndpoint(models.Model):
    """An address of a client system, what it listens to, and the secret it knows us by (Standard Webhooks 1.0)."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField("URL", max_length=URL_LENGTH_MAX)
    types = ArrayField(models.CharField(max_length=40, choices=WebhookType.choices))
    description = models.CharField(max_length=DESCRIPTION_LENGTH_MAX, blank=True)
    status = models.CharField(
        max_length=8, choices=WebhookEndpointStatus.choices, default=WebhookEndpointStatus.ENABLED
    )
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=7, choices=DisabledBecause.choices, blank=True)
    secret = models.BinaryField(help_text="Encrypted.")
    secret_changed_at = models.DateTimeField()
    previous_secret = models.BinaryField(null=True, help_text="Encrypted; signs beside the newer one.")
    previous_secret_expires_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True, help_text="The first failure after which nothing was taken.")
    resting_until = models.DateTimeField(null=True, help_text="Until then nothing is sent.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(types__len__gt=0), name="webhook_endpoint_listens"),
            models.CheckConstraint(
                condition=Q(types__contained_by=WebhookType.values), name="webhook_endpoint_types_known"
            ),
            models.CheckConstraint(
                condition=Q(status="enabled", disabled_at__isnull=True, disabled_because="")
                | Q(status="disabled", disabled_at__isnull=False, disabled_because__in=DisabledBecause.values),
                name="webhook_endpoint_disabled_at_why",
            ),
            models.CheckConstraint(
                condition=Q(previous_secret__isnull=True) | Q(previous_secret_expires_at__isnull=False),
                name="webhook_endpoint_old_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url.partition("?")[0]

    def has_two_secrets(self, at: datetime) -> bool:
        """Return whether the secret before the newest still signs."""
        ends = self.previous_secret_expires_at
        return self.previous_secret is not None and ends is not None and at < ends
