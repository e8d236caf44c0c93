"""A message as it came."""

from django.db import models
from django.db.models import Q

from api import ids
from integrations.enums import ReceivedStatus


class ReceivedMessage(models.Model):
    """A message as it came, kept encrypted so that it can be looked at and replayed after a mapping is mended.

    Encryption context of the body: `integrations.receivedmessage:<id>`. `results` is what was answered, by record.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.PROTECT, related_name="received_messages"
    )
    content_type = models.CharField(max_length=120)
    body = models.BinaryField()
    correlation_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=ReceivedStatus.choices)
    error = models.CharField(max_length=500, blank=True)
    results = models.JSONField(default=list)
    received_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=1)
    next_attempt_at = models.DateTimeField(null=True, blank=True, help_text="When a missing detail is asked for again.")

    class Meta:
        # Seeing what came and taking it again are two more things than seeing that something came.
        permissions = [
            ("view_body_receivedmessage", "Can see the body of a received message"),
            ("replay_receivedmessage", "Can replay a received message"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ReceivedStatus.values), name="received_message_status_known")
        ]
        indexes = [
            models.Index(
                fields=["connection", "-received_at"], name="received_message_newest"
            ),  # what came, newest first
            # the sweep's list
            models.Index(
                fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="received_message_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection} {self.received_at:%Y-%m-%d %H:%M}"
