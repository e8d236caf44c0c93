"""The states of earning."""

from django.db import models


class ProgrammeStatus(models.TextChoices):
    """Only an active programme, within its dates, credits points."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"


class UnknownRecipients(models.TextChoices):
    """What happens to points for somebody not known yet."""

    REFUSE = "refuse", "Refuse"
    PARK = "park", "Park until the person is known"


class PointsRequestStatus(models.TextChoices):
    """pending_approval → credited | rejected; parked → credited | pending_approval | expired; credited → reversed."""

    PENDING_APPROVAL = "pending_approval", "Waits for approval"
    PARKED = "parked", "Parked, person not known yet"
    CREDITED = "credited", "Credited"
    REJECTED = "rejected", "Not approved"
    REVERSED = "reversed", "Taken back"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"


class ApprovalSubject(models.TextChoices):
    """What an approval step is about; `over` counts points, and is 0 for rules, which have none."""

    REQUESTS = "requests", "Points requests"
    UPLOADS = "uploads", "Uploads, as a whole"
    FUNDINGS = "fundings", "Budget fundings and transfers"
    RULES = "rules", "Rules turned on"


class StepApprover(models.TextChoices):
    """Who decides at an approval step. Where there is no manager who may, the group does."""

    GROUP = "group", "The group"
    MANAGER = "manager", "The manager of who gains, else the group"


class ApprovalKind(models.TextChoices):
    """What of this room waits for approvals: see programs/matters.py."""

    POINTS_REQUEST = "points_request", "Points request"
    ADJUSTMENT = "adjustment", "Adjustment"
    FUNDING = "funding", "Funding"
    BUDGET_TRANSFER = "budget_transfer", "Budget transfer"
    BUDGET_CLOSING = "budget_closing", "Closing of a year"
    UPLOAD = "upload", "Upload"
    RULE = "rule", "Rule turned on"


class AdjustmentStatus(models.TextChoices):
    """waiting → posted | rejected."""

    WAITING = "waiting", "Waits for approval"
    POSTED = "posted", "Done"
    REJECTED = "rejected", "Not approved"


class RuleChangeStatus(models.TextChoices):
    """waiting → turned_on | rejected | withdrawn."""

    WAITING = "waiting", "Waits for a second person"
    TURNED_ON = "turned_on", "Turned on"
    REJECTED = "rejected", "Not turned on"
    WITHDRAWN = "withdrawn", "Withdrawn"


class RuleSimulationStatus(models.TextChoices):
    """running → done | cancelled | dead; dead → running."""

    RUNNING = "running", "Runs"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    DEAD = "dead", "Stopped"


class Source(models.TextChoices):
    """Which way a points request came in."""

    API = "api", "API"
    EVENT = "event", "Event"
    UPLOAD = "upload", "Upload"
    ADMIN = "admin", "Admin"
    RECOGNITION = "recognition", "Recognition"


class BudgetStatus(models.TextChoices):
    """Of a funding, a transfer between budgets or a closing: waiting → posted | rejected."""

    WAITING = "waiting", "Waits for approval"
    POSTED = "posted", "Done"
    REJECTED = "rejected", "Not approved"


class EventStatus(models.TextChoices):
    """What an event led to, over all the rules it met: the strongest of its matches, in this order."""

    CREDITED = "credited", "Credited"
    PENDING = "pending", "Waits for approval"
    PARKED = "parked", "Parked"
    REFUSED = "refused", "Refused"
    NO_MATCH = "no_match", "No rule matched"

    @classmethod
    def without_points(cls) -> "set[EventStatus]":
        """Return the states that a replay may ask about again: nothing was given, nothing waits."""
        return {cls.REFUSED, cls.NO_MATCH}


class UploadStatus(models.TextChoices):
    """checking → columns | checked | unreadable; columns → checking; checked → checking | waiting | crediting.

    waiting → crediting | rejected; crediting → scheduled | done | dead; scheduled, dead → crediting. Whatever was not
    confirmed or not approved yet → cancelled.
    """

    CHECKING = "checking", "Being checked"
    COLUMNS = "columns", "Its columns are to be named"
    UNREADABLE = "unreadable", "Cannot be read"
    CHECKED = "checked", "Checked, nothing credited yet"
    WAITING = "waiting", "Waits for approval"
    REJECTED = "rejected", "Not approved"
    CREDITING = "crediting", "Being credited"
    SCHEDULED = "scheduled", "Rows wait for their day"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    DEAD = "dead", "Stopped"

    @classmethod
    def credited(cls) -> "list[UploadStatus]":
        """Return the states in which the worker credits its rows, or waits for their day."""
        return [cls.CREDITING, cls.SCHEDULED]

    @classmethod
    def worked_on(cls) -> "list[UploadStatus]":
        """Return the states in which the worker looks after it."""
        return [cls.CHECKING, *cls.credited()]

    @classmethod
    def before_confirmed(cls) -> "list[UploadStatus]":
        """Return the states in which somebody may still say what the file is, or drop it with its rows."""
        return [cls.CHECKING, cls.COLUMNS, cls.CHECKED]

    @classmethod
    def unconfirmed(cls) -> "list[UploadStatus]":
        """Return the states of an upload that nobody confirmed; a cancelled one may have been."""
        return [*cls.before_confirmed(), cls.UNREADABLE]

    @classmethod
    def over(cls) -> "list[UploadStatus]":
        """Return the states after which nothing more happens."""
        return [cls.UNREADABLE, cls.REJECTED, cls.DONE, cls.CANCELLED]


class UploadRowStatus(models.TextChoices):
    """What the check expects of a row, then what came of it."""

    READY = "ready", "Will be credited"
    NEEDS_APPROVAL = "needs_approval", "Will wait for approval"
    WILL_PARK = "will_park", "Will be parked, person not known yet"
    BAD = "bad", "Cannot be credited"
    REPEATED = "repeated", "Credited by an earlier upload"
    CREDITED = "credited", "Credited"
    PENDING_APPROVAL = "pending_approval", "Waits for approval"
    PARKED = "parked", "Parked, person not known yet"
    REFUSED = "refused", "Refused"

    @classmethod
    def planned(cls) -> "list[UploadRowStatus]":
        """Return the states of rows that are still to be asked for."""
        return [cls.READY, cls.NEEDS_APPROVAL, cls.WILL_PARK]

    @classmethod
    def mendable(cls) -> "list[UploadRowStatus]":
        """Return the states of rows that somebody may mend and upload again."""
        return [cls.BAD, cls.REFUSED]
