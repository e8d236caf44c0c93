"""Points asked for somebody."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids
from api.models import ApiClient
from approvals.models import Approval
from programs.enums import PointsRequestStatus, Source
from wallets.models import Transfer
from wallets.models.account import POINTS_MAX


class PointsRequest(models.Model):
    """Points asked for somebody, whichever way they were asked for, and what came of it.

    `explanation` holds the values that decided: for a rule {"event", "person", "when", "points", "reason"}.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    # Client, programme and transfer have no foreign key in the database (docs/adr/0007): all who credit at one moment
    # would lock the same two rows, and a transfer is never deleted.
    client = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    external_id = models.CharField(max_length=255, null=True)
    fingerprint = models.CharField(max_length=64)
    source = models.CharField(max_length=12, choices=Source.choices)
    programme = models.ForeignKey(
        "programs.Programme",
        on_delete=models.PROTECT,
        related_name="points_requests",
        db_index=False,
        db_constraint=False,
    )
    recipient = models.CharField(max_length=300)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="points_requests", db_index=False
    )
    points = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    metadata = models.JSONField(default=dict)
    status = models.CharField(max_length=16, choices=PointsRequestStatus.choices)
    status_reason = models.CharField(max_length=500, null=True)
    event = models.ForeignKey(
        "programs.Event", on_delete=models.PROTECT, null=True, related_name="points_requests", db_index=False
    )
    rule_version = models.ForeignKey(
        "programs.RuleVersion", on_delete=models.PROTECT, null=True, related_name="points_requests", db_index=False
    )
    once_key = models.CharField(max_length=500, null=True)
    explanation = models.JSONField(default=dict)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="points_request")
    transfer = models.OneToOneField(
        Transfer, on_delete=models.PROTECT, null=True, related_name="points_request", db_constraint=False
    )
    created_at = models.DateTimeField()
    credited_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    reversed_points = models.BigIntegerField(default=0)  # what its reversals took back of it
    next_attempt_at = models.DateTimeField(null=True)  # when somebody looks again whether the person is known by now

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__range=(1, POINTS_MAX)), name="points_request_points_range"),
            models.CheckConstraint(
                condition=Q(status__in=PointsRequestStatus.values), name="points_request_status_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["credited", "reversed"],
                    transfer__isnull=False,
                    credited_at__isnull=False,
                    person__isnull=False,
                )
                | (~Q(status__in=["credited", "reversed"]) & Q(transfer__isnull=True, credited_at__isnull=True)),
                name="points_request_transfer_when_credited",
            ),
            models.CheckConstraint(
                condition=Q(reversed_points=0)
                | Q(status="credited", reversed_points__gte=0, reversed_points__lt=F("points"))
                | Q(status="reversed", reversed_points__gte=0, reversed_points__lte=F("points")),
                name="points_request_reversed_points_range",
            ),
            models.CheckConstraint(
                condition=~Q(status="pending_approval") | Q(approval__isnull=False),
                name="points_request_approval_when_pending",
            ),
            models.CheckConstraint(
                condition=Q(status="parked", next_attempt_at__isnull=False)
                | (~Q(status="parked") & Q(next_attempt_at__isnull=True)),
                name="points_request_next_attempt_when_parked",
            ),
            # for ever: the same external_id of the same client is the same request
            models.UniqueConstraint(
                fields=["client", "external_id"],
                condition=Q(external_id__isnull=False),
                name="points_request_external_id_once",
                nulls_distinct=False,
            ),
            # one credit per person and once_per values, whatever arrives
            models.UniqueConstraint(
                fields=["person", "once_key"],
                condition=Q(once_key__isnull=False) & ~Q(status__in=["rejected", "failed", "expired"]),
                name="points_request_once_key",
            ),
        ]
        indexes = [
            # what came of an event, and what a wording of a rule gave; most requests have neither
            models.Index(fields=["event"], condition=Q(event__isnull=False), name="points_request_event"),
            models.Index(
                fields=["rule_version"], condition=Q(rule_version__isnull=False), name="points_request_rule_version"
            ),
            models.Index(
                fields=["programme", "-id"], name="points_request_programme"
            ),  # the list of a programme, newest first
            models.Index(
                fields=["person", "programme", "-credited_at"], name="points_request_person"
            ),  # limits and a person's list
            models.Index(
                fields=["created_at"], condition=Q(status="pending_approval"), name="points_request_waiting"
            ),  # the queue
            models.Index(
                fields=["next_attempt_at"], condition=Q(status="parked"), name="points_request_parked"
            ),  # the sweep
        ]

    def __str__(self) -> str:
        return f"{self.points:,} points for {self.recipient}"
