"""What counts against a programme's limit, day by day."""

from datetime import date

from django.db import models
from django.db.models import Q

from wallets.models.account import ACCOUNT_POINTS_MAX

WAITING_DAY = date.max  # what waits for approval counts whatever the day, so it stands after all of them


class CountedDay(models.Model):
    """The points of a limited programme that were credited on one day (UTC), less what was taken back of them.

    Kept only while the programme has a limit of its own, under the lock of its row, so that a limit over a year reads
    a few hundred small rows and not a million requests. `check_ledger` proves it from the requests.
    """

    programme = models.ForeignKey("programs.Programme", on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    points = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "day"], name="counted_day_once"),
            models.CheckConstraint(condition=Q(points__range=(0, ACCOUNT_POINTS_MAX)), name="counted_day_points_range"),
        ]

    def __str__(self) -> str:
        return f"{self.points:,} points of {self.programme} on {self.day}"
