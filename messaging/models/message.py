"""What a person is told."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids


class Message(models.Model):
    """One thing a person is told; a line of the inbox. Written in the transaction of its cause."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=1000, blank=True)
    path = models.CharField(max_length=200, blank=True, help_text="The page it leads to, as /statement.")
    reference = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reference", "kind", "person"], name="message_once")]
        indexes = [
            models.Index(fields=["person", "-created_at"], name="message_inbox"),  # the inbox, newest first
            models.Index(
                fields=["person"], condition=Q(read_at__isnull=True), name="message_unread"
            ),  # the dot on the bell
        ]

    def __str__(self) -> str:
        return self.title
