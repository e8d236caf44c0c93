"""A system that calls the API."""

import pghistory
from allauth.idp.oidc.models import Client
from django.contrib.postgres.fields import ArrayField
from django.db import models

from api.limits import Taken


@pghistory.track()
class ApiClient(models.Model):
    """What we hold about an OAuth client beside its secret and scopes, which the provider keeps."""

    oauth = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="api_client", primary_key=True)
    per_minute = models.PositiveIntegerField(default=600, help_text="Requests a minute; 0 is no limit.")
    programmes = ArrayField(
        models.SlugField(max_length=80), default=list, blank=True, help_text="Empty: all programmes."
    )
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

    def may_use(self, programme_slug: str) -> bool:
        """Return whether this client may ask for points of a programme."""
        return not self.programmes or programme_slug in self.programmes
