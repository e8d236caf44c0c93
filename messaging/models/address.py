"""Where a channel finds a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from messaging.enums import Channel


class Address(models.Model):
    """A person's id in a channel, as Slack's `U07ASHA0001`, looked up once and kept.

    The e-mail address it was found by is kept as a fingerprint: when the person's changes, this no longer counts.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    value = models.CharField(max_length=200, blank=True, help_text="Empty: the channel does not know this person.")
    found_by = models.CharField(max_length=64, help_text="Fingerprint of the e-mail address it was looked up with.")
    looked_up_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(fields=["person", "channel"], name="address_once_per_channel"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="address_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.value or 'unknown'}"
