"""A wording of a rule, asked about the events of a past period: who would have got what."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from api import ids
from programs.enums import EventStatus, RuleSimulationStatus


class RuleSimulation(models.Model):
    """A rule as somebody wrote it, whether or not it was ever saved, run over kept events. No point moves.

    The row is the worker's queue: `cursor_*` says up to which event it is done. Events of [from_at, until_at) by the
    time they were received. The counts are of matches, one for each event.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="simulations")
    slug = models.SlugField("rule", max_length=80)
    event_type = models.CharField(max_length=200)
    when = models.TextField()
    points_wording = models.TextField("points")
    reason = models.CharField(max_length=300)
    once_per = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    wording_hash = models.CharField(max_length=64)
    from_at = models.DateTimeField("from")
    until_at = models.DateTimeField("until")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    status = models.CharField(max_length=9, choices=RuleSimulationStatus.choices, default=RuleSimulationStatus.RUNNING)
    event_count = models.PositiveIntegerField(default=0, help_text="Events of the period.")
    seen_events = models.PositiveIntegerField(default=0)
    cursor_at = models.DateTimeField(null=True)
    cursor_id = models.UUIDField(null=True)
    credited_count = models.PositiveIntegerField(default=0)
    pending_count = models.PositiveIntegerField(default=0)
    parked_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    points = models.BigIntegerField(default=0, help_text="What would have been given, or have waited to be.")
    given_points = models.BigIntegerField(default=0, help_text="What the rule gave for the same events.")
    people = models.PositiveIntegerField(default=0)
    budget_points = models.BigIntegerField(default=0, help_text="What the budget held when it was done.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=400, blank=True, default="")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=RuleSimulationStatus.values), name="rule_simulation_status_known"
            ),
            models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="rule_simulation_ends_after_start"),
            models.CheckConstraint(
                condition=Q(status="running", next_attempt_at__isnull=False, closed_at__isnull=True)
                | (~Q(status="running") & Q(next_attempt_at__isnull=True, closed_at__isnull=False)),
                name="rule_simulation_next_attempt_while_it_runs",
            ),
            models.CheckConstraint(
                condition=Q(seen_events__lte=F("event_count")), name="rule_simulation_sees_what_it_counted"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status="running"), name="rule_simulation_runs"
            )  # the sweep
        ]

    def __str__(self) -> str:
        return f"{self.slug}, {self.from_at:%d %b %Y} to {self.until_at:%d %b %Y}"

    @property
    def last_day(self) -> datetime:
        """Return a moment of the last day that it looks at."""
        return self.until_at - timedelta(microseconds=1)

    @property
    def percent(self) -> int:
        """Return how much of it is done."""
        return 100 * self.seen_events // self.event_count if self.event_count else 0


class SimulatedMatch(models.Model):
    """What the rule would have made of one event; only events that it wants, or for which it gave something."""

    id = models.BigAutoField(primary_key=True)
    simulation = models.ForeignKey(RuleSimulation, on_delete=models.CASCADE, related_name="matches")
    event = models.ForeignKey("programs.Event", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    received_at = models.DateTimeField()
    recipient = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False
    )
    status = models.CharField(max_length=8, choices=EventStatus.choices)
    points = models.BigIntegerField(default=0, help_text="0 where nothing would have been given.")
    given_points = models.BigIntegerField(default=0, help_text="What the rule gave for this event.")
    reason = models.CharField(max_length=500, blank=True)
    once_key = models.CharField(max_length=500, null=True)
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["simulation", "event"], name="simulated_match_once_per_event"),
            models.CheckConstraint(condition=Q(status__in=EventStatus.values), name="simulated_match_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=["credited", "pending", "parked"], points__gt=0)
                | Q(status__in=["refused", "no_match"], points=0),
                name="simulated_match_points_where_given",
            ),
        ]
        indexes = [
            models.Index(fields=["simulation", "person"], name="simulated_match_person"),  # limits, once_per
            models.Index(fields=["simulation", "status", "id"], name="simulated_match_status"),  # the page's lists
        ]

    def __str__(self) -> str:
        return f"{self.points:,} points for {self.recipient}"
