"""Points that colleagues give each other."""

import pghistory
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from api import ids
from programs.models.points_request import PointsRequest
from wallets.models.account import POINTS_MAX

VALUE_CHARACTERS = 60


@pghistory.track()
class AllowancePolicy(models.Model):
    """How many points a month people may give each other out of a programme. One with such a policy is for recognition.

    `carry_over` is what the rest of a month may bring into the next, at most.
    """

    programme = models.OneToOneField("programs.Programme", on_delete=models.CASCADE, related_name="allowance_policy")
    managers = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(POINTS_MAX)],
        help_text="Points a month for each who manages somebody.",
    )
    everyone = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(POINTS_MAX)], help_text="Points a month for each colleague."
    )
    carry_over = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(POINTS_MAX)],
        help_text="Points that what is left of a month may bring into the next, at most.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)  # the first month with an allowance

    class Meta:
        verbose_name_plural = "allowance policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(managers__gt=0) | Q(everyone__gt=0),
                name="allowance_policy_gives_something",
                violation_error_message="Give managers or everyone a number of points, or take the allowance away.",
            ),
            models.CheckConstraint(
                condition=Q(managers__lte=POINTS_MAX, everyone__lte=POINTS_MAX, carry_over__lte=POINTS_MAX),
                name="allowance_policy_points_range",
            ),
        ]

    def __str__(self) -> str:
        return f"Allowance of {self.programme}"


@pghistory.track()
class CompanyValue(models.Model):
    """Something the company holds dear, which a recognition in this programme may name. One that was named is kept."""

    programme = models.ForeignKey("programs.Programme", on_delete=models.CASCADE, related_name="company_values")
    name = models.CharField(max_length=VALUE_CHARACTERS)
    position = models.PositiveSmallIntegerField(default=0, help_text="The lowest stands first.")
    is_offered = models.BooleanField("offered", default=True, help_text="Whether a giver may still choose it.")

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="company_value_once_per_programme"),
            models.CheckConstraint(condition=~Q(name=""), name="company_value_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Allowance(models.Model):
    """What somebody gives out of one programme. Its row is what two gifts of the same giver take turns for.

    How much is left is never written down: `programs.allowances` works it out from the policy and the recognitions.
    """

    programme = models.ForeignKey("programs.Programme", on_delete=models.CASCADE, related_name="allowances")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="allowances")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["giver", "programme"], name="allowance_once_per_giver"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} in {self.programme}"


class Recognition(models.Model):
    """One colleague recognising another: a points request, whose allowance of which month paid it, and the value.

    What the database holds besides: it is kept as it was written, and names the people of its request
    (sql/recognitions.sql).
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    points_request = models.OneToOneField(PointsRequest, on_delete=models.PROTECT, related_name="recognition")
    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recognitions_given", db_index=False
    )
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recognitions_received", db_index=False
    )
    value = models.ForeignKey(CompanyValue, on_delete=models.PROTECT, null=True, related_name="recognitions")
    month = models.DateField()  # the first day of the giver's own month

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="recognition_not_of_oneself"),
            models.CheckConstraint(condition=Q(month__day=1), name="recognition_month_is_a_first"),
        ]
        indexes = [
            models.Index(fields=["giver", "-id"], name="recognition_giver"),  # what one gave: the allowance, the page
            models.Index(fields=["receiver", "-id"], name="recognition_receiver"),  # what one received
        ]

    def __str__(self) -> str:
        return f"{self.giver} recognises {self.receiver}"
