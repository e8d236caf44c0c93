"""A system that calls the API."""

from datetime import datetime

import pghistory
from allauth.idp.oidc.models import Client
from django.contrib.auth.hashers import check_password
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from api.limits import Taken


@pghistory.track(exclude=["previous_secret", "last_used_at"])
class ApiClient(models.Model):
    """What we hold about an OAuth client beside its secret and scopes, which the provider keeps."""

    oauth = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="api_client", primary_key=True)
    per_minute = models.PositiveIntegerField(default=600, help_text="Requests a minute; 0 is no limit.")
    programmes = ArrayField(
        models.SlugField(max_length=80), default=list, blank=True, help_text="Empty: all programmes."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it gets in no more. Empty: never.")
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    secret_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    previous_secret = models.CharField(max_length=200, blank=True, default="", editable=False, help_text="Hashed.")
    previous_secret_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="To the minute.")
    created_at = models.DateTimeField(auto_now_add=True)

    taken: "Taken | None" = None  # what this request took of its quota; None for no limit

    class Meta:
        verbose_name = "API client"

    def __str__(self) -> str:
        return str(self.oauth.name)

    @property
    def is_authenticated(self) -> bool:
        """A client that got here showed its token; DRF asks this of whatever `request.user` is."""
        return True

    def is_open(self, at: datetime) -> bool:
        """Return whether this client gets in at all."""
        return self.disabled_at is None and (self.expires_at is None or at < self.expires_at)

    def has_two_secrets(self, at: datetime) -> bool:
        """Return whether the secret before the newest still opens."""
        ends = self.previous_secret_expires_at
        return bool(self.previous_secret) and (ends is None or at < ends)

    def check_secret(self, secret: str) -> bool:
        """Return whether this is the newest secret, or the one before it while that lives."""
        if check_password(secret, self.oauth.secret):
            return True
        return self.has_two_secrets(timezone.now()) and check_password(secret, self.previous_secret)

    def may_use(self, programme_slug: str) -> bool:
        """Return whether this client may ask for points of a programme."""
        return not self.programmes or programme_slug in self.programmes
