"""The states of an approval."""

from django.db import models


class ApprovalStatus(models.TextChoices):
    """waiting → approved | rejected | withdrawn: enough people approved, one rejected, or nobody asks any more."""

    WAITING = "waiting", "Waiting"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Verdict(models.TextChoices):
    """What one approver said."""

    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
