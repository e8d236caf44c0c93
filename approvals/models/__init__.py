"""The nouns of this room."""

from approvals.models.approval import Approval
from approvals.models.decision import Decision

__all__ = ["Approval", "Decision"]
