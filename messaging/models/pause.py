"""When a channel wants to be left alone."""

from django.db import models
from django.db.models import Q

from messaging.enums import Channel


class Pause(models.Model):
    """Until when nothing goes through a channel, because its provider said so (`Retry-After`, RFC 9110 §10.2.3)."""

    channel = models.CharField(max_length=8, choices=Channel.choices, primary_key=True)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(channel__in=Channel.values), name="pause_channel_known")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} until {self.until:%H:%M:%S}"
