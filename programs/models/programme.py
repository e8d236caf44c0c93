"""A reason for which a company gives points."""

import pghistory
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from programs.enums import ApprovalSubject, ProgrammeStatus, UnknownRecipients
from wallets.models import Account
from wallets.models.account import POINTS_MAX, TRANSFER_POINTS_MAX

DAYS_MAX = 36_500
PERSON_POINTS_MAX = 2**31 - 1  # what the column holds
LOW_AT_MAX = 10**15
NOTIFY = ["inbox", "email", "slack", "teams"]


def notify_default() -> list[str]:
    """Return the channels of a new programme."""
    return ["inbox"]


@pghistory.track()
class Programme(models.Model):
    """A reason for which a company gives points: its rules, limits and budget. Validity is [starts_on, ends_on)."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=ProgrammeStatus.choices, default=ProgrammeStatus.DRAFT)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    points_expire_after_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)], help_text="Empty: never."
    )
    unknown_recipients = models.CharField(
        max_length=6, choices=UnknownRecipients.choices, default=UnknownRecipients.REFUSE
    )
    eligible = models.TextField(
        blank=True, help_text='CEL over `person`, as person.country in ["IN", "DE"]. Empty: everybody.'
    )
    per_request_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(POINTS_MAX)],
        help_text="Points in one request.",
    )
    per_person_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Points for one person within the days beside.",
    )
    per_person_limit_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)]
    )
    per_programme_limit = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(TRANSFER_POINTS_MAX)],
        help_text="Points for all people together within the days beside.",
    )
    per_programme_limit_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)],
        help_text="Whole days in UTC, today among them.",
    )
    # since when what counts against that limit is counted: a trigger sets it (sql/counted_days.sql)
    counted_since = models.DateTimeField(null=True, editable=False)
    budget_low_at = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(LOW_AT_MAX)],
        help_text="Points left at which somebody is told.",
    )
    notify = ArrayField(models.CharField(max_length=8), default=notify_default, blank=True)
    budget = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="programme", editable=False)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ProgrammeStatus.values), name="programme_status_known"),
            models.CheckConstraint(
                condition=Q(unknown_recipients__in=UnknownRecipients.values), name="programme_unknown_recipients_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="programme_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(per_person_limit__isnull=True, per_person_limit_days__isnull=True)
                | Q(per_person_limit__isnull=False, per_person_limit_days__isnull=False),
                name="programme_person_limit_has_days",
            ),
            models.CheckConstraint(
                condition=Q(
                    per_programme_limit__isnull=True, per_programme_limit_days__isnull=True, counted_since__isnull=True
                )
                | Q(
                    per_programme_limit__isnull=False,
                    per_programme_limit_days__isnull=False,
                    counted_since__isnull=False,
                ),
                name="programme_limit_has_days",
            ),
            models.CheckConstraint(condition=Q(notify__contained_by=NOTIFY), name="programme_notify_known"),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class ApprovalStep(models.Model):
    """Above how many points something of this programme needs whose approval. The highest threshold passed counts."""

    programme = models.ForeignKey("programs.Programme", on_delete=models.CASCADE, related_name="approval_steps")
    applies_to = models.CharField(
        max_length=8,
        choices=ApprovalSubject.choices,
        default=ApprovalSubject.REQUESTS,
        help_text="What needs the approval.",
    )
    over = models.PositiveIntegerField(
        validators=[MaxValueValidator(POINTS_MAX)], help_text="Points above which this step applies."
    )
    approvals = models.PositiveSmallIntegerField(default=1)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["applies_to", "over"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "applies_to", "over"], name="approval_step_once_per_threshold"
            ),
            models.CheckConstraint(
                condition=Q(applies_to__in=ApprovalSubject.values), name="approval_step_applies_to_known"
            ),
            models.CheckConstraint(
                condition=~Q(applies_to="rules") | Q(over=0), name="approval_step_rules_have_no_points"
            ),
            models.CheckConstraint(condition=Q(approvals__range=(1, 2)), name="approval_step_one_or_two"),
        ]

    def __str__(self) -> str:
        return f"{self.get_applies_to_display().lower()} over {self.over:,} points: {self.approvals} of {self.group}"
