"""What a person wants to hear by."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from messaging.enums import Channel


class ChannelPreference(models.Model):
    """Whether a person wants messages through a channel. Where there is none they do; the inbox has no switch."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    is_on = models.BooleanField("on")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Its index is what `tell` looks preferences up by.
            models.UniqueConstraint(fields=["person", "channel"], name="channel_preference_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="channel_preference_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {'on' if self.is_on else 'off'}"
