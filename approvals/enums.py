"""The states of an approval."""

from django.db import models


class ApprovalStatus(models.TextChoices):
    """Waiting until enough people approved or one rejected."""

    WAITING = "waiting", "Waiting"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class Verdict(models.TextChoices):
    """What one approver said."""

    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
