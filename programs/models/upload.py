"""A file of points for many people, and its rows."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids
from programs.enums import UploadRowStatus, UploadStatus
from wallets.models.account import POINTS_MAX


class Upload(models.Model):
    """A file of points for many people, from the check to the last row. The row is the worker's queue.

    The counts of the check stand still;
    `settled_rows`, `credited_rows` and `credited_points` grow once it is confirmed.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="uploads")
    file_name = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the file, which itself is not kept.")
    status = models.CharField(max_length=10, choices=UploadStatus.choices, default=UploadStatus.CHECKED)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    row_count = models.PositiveIntegerField(default=0)
    ready_rows = models.PositiveIntegerField(default=0)
    approval_rows = models.PositiveIntegerField(default=0)
    parked_rows = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    repeated_rows = models.PositiveIntegerField(default=0)
    later_rows = models.PositiveIntegerField(default=0, help_text="Of those to be asked for, how many on a later day.")
    people = models.PositiveIntegerField(default=0)
    points = models.BigIntegerField(default=0, help_text="All that is to be asked for.")
    ready_points = models.BigIntegerField(default=0, help_text="What the budget pays without an approval.")
    budget_points = models.BigIntegerField(default=0, help_text="What the budget held at the check.")

    settled_rows = models.PositiveIntegerField(default=0)
    credited_rows = models.PositiveIntegerField(default=0)
    credited_points = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=UploadStatus.values), name="upload_status_known"),
            models.CheckConstraint(
                condition=Q(
                    row_count=F("ready_rows")
                    + F("approval_rows")
                    + F("parked_rows")
                    + F("bad_rows")
                    + F("repeated_rows")
                ),
                name="upload_counts_every_row",
            ),
            models.CheckConstraint(
                condition=Q(settled_rows__lte=F("ready_rows") + F("approval_rows") + F("parked_rows"))
                & Q(credited_rows__lte=F("settled_rows")),
                name="upload_settles_what_is_planned",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["checked", "cancelled"], confirmed_at__isnull=True)
                | (~Q(status__in=["checked", "cancelled"]) & Q(confirmed_at__isnull=False)),
                name="upload_confirmed_before_credited",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["crediting", "scheduled"], next_attempt_at__isnull=False)
                | (~Q(status__in=["crediting", "scheduled"]) & Q(next_attempt_at__isnull=True)),
                name="upload_next_attempt_when_worked_on",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["done", "cancelled"], closed_at__isnull=False)
                | (~Q(status__in=["done", "cancelled"]) & Q(closed_at__isnull=True)),
                name="upload_closed_when_over",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="upload_due"
            ),  # the sweep
            models.Index(fields=["programme", "content_hash"], name="upload_same_file"),  # was it uploaded before?
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def public_id(self) -> str:
        """Return the id that people and systems see, as `up_…`."""
        return ids.public(ids.UPLOAD, self.pk)

    @property
    def planned_rows(self) -> int:
        """Return how many rows are asked for, once it is confirmed."""
        return self.ready_rows + self.approval_rows + self.parked_rows

    @property
    def percent(self) -> int:
        """Return how far it is; 100 only when every row is settled."""
        return self.settled_rows * 100 // self.planned_rows if self.planned_rows else 100


class UploadRow(models.Model):
    """One row of an upload: what was written, and what came of it.

    The request that came of it has no foreign key (ADR 6): `check_ledger` proves it, without a look-up for each row.
    """

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(help_text="As the spreadsheet counts; the header is 1.")
    recipient = models.CharField(max_length=300)
    written_points = models.CharField(max_length=40, help_text="The cell as it was written.")
    points = models.IntegerField(null=True)
    reason = models.CharField(max_length=500)
    external_id = models.CharField(max_length=120)
    credit_on = models.DateField(null=True)
    request_key = models.CharField(max_length=255, help_text="The external_id of its points request.")
    status = models.CharField(max_length=16, choices=UploadRowStatus.choices)
    detail = models.CharField(max_length=500, help_text="What to do, where it cannot be credited.")
    points_request = models.ForeignKey(
        "programs.PointsRequest",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        constraints = [
            # also the order in which rows are shown and credited
            models.UniqueConstraint(fields=["upload", "number"], name="upload_row_once"),
            models.CheckConstraint(condition=Q(status__in=UploadRowStatus.values), name="upload_row_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=["bad", "repeated"]) | Q(points__isnull=False, points__range=(1, POINTS_MAX)),
                name="upload_row_points_range",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["credited", "pending_approval", "parked"], points_request__isnull=False)
                | ~Q(status__in=["credited", "pending_approval", "parked"]),
                name="upload_row_has_what_it_led_to",
            ),
        ]
        indexes = [
            models.Index(
                fields=["upload", "number"],
                condition=Q(status__in=["ready", "needs_approval", "will_park"]),
                name="upload_row_planned",
            ),  # the worker's next batch
            models.Index(
                fields=["upload", "number"], condition=Q(status__in=["bad", "refused"]), name="upload_row_to_mend"
            ),  # the rows to mend
        ]

    def __str__(self) -> str:
        return f"row {self.number}"
