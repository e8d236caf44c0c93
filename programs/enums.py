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


class Source(models.TextChoices):
    """Which way a points request came in."""

    API = "api", "API"
    EVENT = "event", "Event"
    UPLOAD = "upload", "Upload"
    ADMIN = "admin", "Admin"
    RECOGNITION = "recognition", "Recognition"


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
