"""A reason for which a company gives points."""

import pghistory
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from programs.enums import ApprovalSubject, ProgrammeStatus, StepApprover, UnknownRecipients
from wallets.models import Account
from wallets.models.account import POINTS_MAX, TRANSFER_POINTS_MAX

DAYS_MAX = 36_500
PERSON_POINTS_MAX = 2**31 - 1  # what the column holds
LOW_AT_MAX = 10**15
WAITING_DAYS_MAX = 365
PARK_FOR_DAYS, PARK_DAYS_MAX = 90, 3650  # days that parked points wait where nobody says otherwise, and at most
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
    park_for_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(PARK_DAYS_MAX)],
        help_text="Days that points for somebody not known yet wait. Empty: 90.",
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
            models.CheckConstraint(
                condition=Q(park_for_days__range=(1, PARK_DAYS_MAX)) | Q(park_for_days__isnull=True),
                name="programme_park_for_days_range",
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
    approver = models.CharField(
        max_length=8, choices=StepApprover.choices, default=StepApprover.GROUP, help_text="Who decides."
    )
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")
    remind_after_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(WAITING_DAYS_MAX)],
        help_text="Days until those who may decide are reminded. Empty: as everywhere.",
    )
    escalate_after_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(WAITING_DAYS_MAX)],
        help_text="Days until others may decide as well. Empty: as everywhere.",
    )
    escalate_to = models.ForeignKey(
        Group,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose members may decide then. Empty: the manager's own manager, and nobody else for a group.",
    )

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
            models.CheckConstraint(
                condition=Q(approver="group") | Q(approver="manager", applies_to="requests", approvals=1),
                name="approval_step_manager_decides_requests",
                violation_error_message="A manager decides points requests alone: one approval.",
            ),
            models.CheckConstraint(
                condition=Q(remind_after_days__range=(1, WAITING_DAYS_MAX)) | Q(remind_after_days__isnull=True),
                name="approval_step_remind_days_range",
            ),
            models.CheckConstraint(
                condition=Q(escalate_after_days__range=(1, WAITING_DAYS_MAX)) | Q(escalate_after_days__isnull=True),
                name="approval_step_escalate_days_range",
            ),
        ]

    def __str__(self) -> str:
        whose = "the manager" if self.approver == StepApprover.MANAGER else f"{self.approvals} of {self.group}"
        return f"{self.get_applies_to_display().lower()} over {self.over:,} points: {whose}"
