"""The end of a programme's year."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids
from approvals.models import Approval
from programs.enums import BudgetStatus
from wallets.models.account import TRANSFER_POINTS_MAX

YEAR_MIN, YEAR_MAX = 2000, 2999


class BudgetClosing(models.Model):
    """A year of a programme's budgets that was closed, with its figures, kept for ever.

    What departments had left goes to the programme's budget; of that, up to `carry_over_max` points stay for the next
    year and the rest goes back to where points come from. The figures are of the time between the closing before this
    one and this one, of the programme and its departments together; a trigger keeps them as they were written.

    Args:
        ledger_id: no transfer of these budgets up to it has a greater id, and every later one has.
        opening: what the year began with; `left` what it ended with: `returned` and `carried_over`.
        moved: came from other programmes' budgets, less what went to them.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="closings")
    year = models.PositiveSmallIntegerField()
    carry_over_max = models.BigIntegerField(default=0)
    status = models.CharField(max_length=8, choices=BudgetStatus.choices, default=BudgetStatus.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="budget_closing")
    closed_at = models.DateTimeField(null=True)
    ledger_id = models.UUIDField(null=True)
    opening = models.BigIntegerField(null=True)
    funded = models.BigIntegerField(null=True)
    credited = models.BigIntegerField(null=True)
    taken_back = models.BigIntegerField(null=True)
    adjusted = models.BigIntegerField(null=True)
    moved = models.BigIntegerField(null=True)
    returned = models.BigIntegerField(null=True)
    carried_over = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "year"], condition=~Q(status="rejected"), name="budget_closing_once_per_year"
            ),
            models.CheckConstraint(condition=Q(year__range=(YEAR_MIN, YEAR_MAX)), name="budget_closing_year_range"),
            models.CheckConstraint(
                condition=Q(carry_over_max__range=(0, TRANSFER_POINTS_MAX)), name="budget_closing_carry_over_range"
            ),
            models.CheckConstraint(condition=Q(status__in=BudgetStatus.values), name="budget_closing_status_known"),
            models.CheckConstraint(
                condition=Q(status="waiting", closed_at__isnull=True)
                | (~Q(status="waiting") & Q(closed_at__isnull=False)),
                name="budget_closing_closed_at_when_closed",
            ),
            # Nothing is lost between two years: what began and came is what went and stays. "Not null" is said: a CHECK
            # lets pass what it cannot decide.
            models.CheckConstraint(
                condition=(~Q(status="posted") & Q(carried_over__isnull=True, ledger_id__isnull=True))
                | Q(
                    status="posted",
                    ledger_id__isnull=False,
                    carried_over__isnull=False,
                    carried_over=F("opening")
                    + F("funded")
                    - F("credited")
                    + F("taken_back")
                    - F("adjusted")
                    + F("moved")
                    - F("returned"),
                    carried_over__lte=F("carry_over_max"),
                    returned__gte=0,
                ),
                name="budget_closing_adds_up",
            ),
        ]

    @property
    def left(self) -> int | None:
        """Return what the year ended with."""
        return None if self.returned is None or self.carried_over is None else self.returned + self.carried_over

    def __str__(self) -> str:
        return f"{self.year} of {self.programme}"
