"""What one approver said."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from approvals.enums import Verdict


class Decision(models.Model):
    """One approver's verdict on one approval, never changed. A delegate decides on behalf of whoever is away."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    approval = models.ForeignKey("approvals.Approval", on_delete=models.PROTECT, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    note = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["approval", "by"], name="decision_once_per_approver"),
            models.CheckConstraint(
                condition=Q(on_behalf_of__isnull=True) | ~Q(on_behalf_of=models.F("by")),
                name="decision_on_behalf_of_another",
            ),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="decision_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.who}"

    @property
    def who(self) -> str:
        """Return who decided, and for whom; both should be loaded."""
        return f"{self.by} for {self.on_behalf_of}" if self.on_behalf_of else str(self.by)
