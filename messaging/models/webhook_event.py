"""What client systems are told."""

from django.db import models

from api import ids


class WebhookEvent(models.Model):
    """Something that happened, as its body is sent, byte for byte, on each attempt to each endpoint that listens.

    Written in the transaction of its cause by `messaging_announce`, and only where an endpoint listens.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    type = models.CharField(max_length=40)
    body = models.TextField(help_text="JSON: type, timestamp, data.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.type
