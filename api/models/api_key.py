"""A long-lived token, for a system that cannot do OAuth."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models

from api.models.client import ApiClient


@pghistory.track(exclude=["hash", "last_used_at"])
class ApiKey(models.Model):
    """What we hold about a token that a person made: the provider keeps the token itself, like those of an hour."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="Which system it is for, and where it stands there.")
    scopes = ArrayField(models.CharField(max_length=40))
    programmes = ArrayField(
        models.SlugField(max_length=80), default=list, blank=True, help_text="Empty: all programmes of its client."
    )
    hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256, as the provider has it.")
    hint = models.CharField(max_length=4, editable=False, help_text="How it ends.")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="To the minute.")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=models.Q(scopes__len__gt=0), name="api_key_opens_something"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="api_key_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.hint})"
