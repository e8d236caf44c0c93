"""A budget that a programme gives to a department."""

import pghistory
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from people.models import Department
from programs.models.programme import LOW_AT_MAX
from wallets.models import Account


@pghistory.track()
class DepartmentBudget(models.Model):
    """A department's own budget in a programme: its people's points come from here, and not from the programme's.

    One that is closed stays, with what it paid for; the department may be given another one.
    """

    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="department_budgets")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="department_budget", editable=False)
    low_at = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(LOW_AT_MAX)],
        help_text="Points left at which somebody is told.",
    )
    opened_at = models.DateTimeField(editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["programme", "department__name"]
        constraints = [
            # and so one account to draw from, whoever opens one at the same moment
            models.UniqueConstraint(
                fields=["programme", "department"],
                condition=Q(closed_at__isnull=True),
                name="department_budget_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme}, {self.department}"
