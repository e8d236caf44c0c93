"""Who decides for somebody who is away."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids


@pghistory.track()
class Delegation(models.Model):
    """Lets `delegate` decide what `person` may decide, within [starts_at, ends_at). It reaches no further: whom the
    delegate names while away decides for the delegate alone.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(person=F("delegate")), name="delegation_to_another"),
            # one that is ended before it began is empty
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="delegation_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.person}"
