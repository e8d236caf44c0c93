"""What earns points."""

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from api import ids


@pghistory.track()
class Rule(models.Model):
    """What earns points in a programme: a name for its versions, of which at most one is live."""

    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="rules")
    slug = models.SlugField(max_length=80)
    live_version = models.OneToOneField(
        "programs.RuleVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: turned off.",
    )

    class Meta:
        ordering = ["programme", "slug"]
        constraints = [models.UniqueConstraint(fields=["programme", "slug"], name="rule_slug_once_per_programme")]

    def __str__(self) -> str:
        return self.slug


@pghistory.track()
class RuleVersion(models.Model):
    """One wording of a rule. Once it decided something it never changes (sql/rule_versions.sql)."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    rule = models.ForeignKey("programs.Rule", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    event_type = models.CharField(max_length=200, help_text="The CloudEvents type it listens to.")
    when = models.TextField(help_text="CEL: true where points are earned.")
    points = models.TextField(help_text="CEL: how many, as an integer.")
    reason = models.CharField(
        max_length=300, help_text="Text with {CEL} in it, as Rated {event.rating} for {event.period}."
    )
    once_per = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="CEL values that make one credit per person.",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["rule", "-number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_number_once")]

    def __str__(self) -> str:
        return f"{self.rule} v{self.number}"
