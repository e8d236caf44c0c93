"""A file of points for many people, and its rows."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from api import ids
from approvals.models import Approval
from programs.enums import UploadRowStatus, UploadStatus
from wallets.models.account import POINTS_MAX


class Upload(models.Model):
    """A file of points for many people, from the file to the last row. The row is the worker's queue.

    `read_rows` grows while it is checked; `settled_rows`, `credited_rows` and `credited_points` once it is confirmed.
    The counts of the check stand still in between. Its rows never change their content (sql/uploads.sql).
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    programme = models.ForeignKey("programs.Programme", on_delete=models.PROTECT, related_name="uploads")
    file_name = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the file, which itself is not kept.")
    status = models.CharField(max_length=12, choices=UploadStatus.choices, default=UploadStatus.CHECKED)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="upload")
    credit_at = models.DateTimeField(null=True, help_text="No row is credited before. Empty: as soon as it can be.")
    closed_at = models.DateTimeField(null=True)

    layout = models.JSONField(null=True, help_text="How the file is read; empty until somebody says.")
    headings = models.JSONField(default=list, help_text="Row 1 of the file.")
    samples = models.JSONField(default=list, help_text="The first rows beneath, while somebody says how to read them.")
    encoding = models.CharField(max_length=16, blank=True, default="")
    expected_rows = models.PositiveIntegerField(default=0, help_text="How many the file seems to have.")
    read_rows = models.PositiveIntegerField(default=0, help_text="How many were checked by now.")
    rows_hash = models.CharField(max_length=64, blank=True, default="", help_text="What an approval binds.")

    row_count = models.PositiveIntegerField(default=0)
    ready_rows = models.PositiveIntegerField(default=0)
    approval_rows = models.PositiveIntegerField(default=0)
    parked_rows = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    repeated_rows = models.PositiveIntegerField(default=0)
    later_rows = models.PositiveIntegerField(default=0, help_text="Of those to be asked for, how many on a later day.")
    alike_rows = models.PositiveIntegerField(
        default=0, help_text="Of those to be asked for, how many look like points that the person got lately."
    )
    people = models.PositiveIntegerField(default=0)
    points = models.BigIntegerField(default=0, help_text="All that is to be asked for.")
    ready_points = models.BigIntegerField(default=0, help_text="What the budget pays without an approval.")
    budget_points = models.BigIntegerField(default=0, help_text="What the budget held at the check.")

    settled_rows = models.PositiveIntegerField(default=0)
    credited_rows = models.PositiveIntegerField(default=0)
    credited_points = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=400, blank=True, default="")

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
                condition=Q(status="cancelled")
                | Q(status__in=UploadStatus.unconfirmed(), confirmed_at__isnull=True)
                | (~Q(status__in=UploadStatus.unconfirmed()) & Q(confirmed_at__isnull=False)),
                name="upload_confirmed_before_credited",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UploadStatus.worked_on(), next_attempt_at__isnull=False)
                | (~Q(status__in=UploadStatus.worked_on()) & Q(next_attempt_at__isnull=True)),
                name="upload_next_attempt_when_worked_on",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UploadStatus.over(), closed_at__isnull=False)
                | (~Q(status__in=UploadStatus.over()) & Q(closed_at__isnull=True)),
                name="upload_closed_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["waiting", "rejected"]) | (Q(approval__isnull=False) & ~Q(rows_hash="")),
                name="upload_waits_for_an_approval",
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
    def checked_percent(self) -> int:
        """Return how far the check is; never 100, as the last word is said once the counts are there."""
        return min(self.read_rows * 100 // max(self.expected_rows, 1), 99)

    @property
    def percent(self) -> int:
        """Return how far it is; 100 only when every row is settled."""
        return self.settled_rows * 100 // self.planned_rows if self.planned_rows else 100


class UploadRow(models.Model):
    """One row of an upload: what was written, and what came of it.

    The person and the request that came of it have no foreign key (ADR 6): `check_ledger` proves the request, without a
    look-up for each row.
    """

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(help_text="As the spreadsheet counts; the header is 1.")
    recipient = models.CharField(max_length=300)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Whom the check found.",
    )
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


class UploadPiece(models.Model):
    """A piece of an uploaded file, kept until the upload is confirmed or dropped: web and worker share no disk."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    number = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="upload_piece_once")]

    def __str__(self) -> str:
        return f"piece {self.number}"


class UploadLayout(models.Model):
    """How files with these headings are read for a programme, as somebody said the last time."""

    programme = models.ForeignKey(
        "programs.Programme", on_delete=models.CASCADE, related_name="upload_layouts", db_index=False
    )
    headings_hash = models.CharField(max_length=64)
    headings = models.JSONField()
    layout = models.JSONField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "headings_hash"], name="upload_layout_once_per_headings")
        ]

    def __str__(self) -> str:
        return ", ".join(self.headings)
