"""A version of a rule that one person wants and another turns on."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from approvals.models import Approval
from programs.enums import RuleChangeStatus


class RuleChange(models.Model):
    """A version of a rule on its way to be the live one: asked for by one person, turned on by others.

    The approval binds the version's wording, the programme's terms and the version that was live when it was asked. A
    change that was turned on was approved: the database holds that (sql/rule_changes.sql).
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    rule = models.ForeignKey("programs.Rule", on_delete=models.PROTECT, related_name="changes")
    version = models.ForeignKey("programs.RuleVersion", on_delete=models.PROTECT, related_name="changes")
    replaces = models.ForeignKey(
        "programs.RuleVersion",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Live when it was asked for. Empty: the rule was off.",
    )
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="rule_change")
    status = models.CharField(
        max_length=9, choices=RuleChangeStatus.choices, default=RuleChangeStatus.WAITING, db_index=False
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RuleChangeStatus.values), name="rule_change_status_known"),
            models.CheckConstraint(
                condition=Q(status="waiting", closed_at__isnull=True)
                | (~Q(status="waiting") & Q(closed_at__isnull=False)),
                name="rule_change_closed_at_when_closed",
            ),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(status="waiting"), name="rule_change_one_waits"
            ),  # two people cannot have different versions decided side by side
        ]

    def __str__(self) -> str:
        return f"{self.version}"
