"""Since when the portal watches for birthdays, anniversaries and newcomers."""

from django.db import models
from django.db.models import F, Q


class OccasionWatch(models.Model):
    """One kind of occasion that rules listen to: since when, and up to when all of it was told.

    It is there for as long as an open programme listens. Its row is what two schedulers take turns for.
    """

    type = models.CharField(max_length=40, unique=True)
    since = models.DateTimeField()
    through = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(through__gte=F("since")), name="occasion_watch_goes_forward"),
        ]

    def __str__(self) -> str:
        return self.type
