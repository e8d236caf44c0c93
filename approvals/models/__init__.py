"""The nouns of this room."""

from approvals.models.approval import Approval
from approvals.models.decision import Decision
from approvals.models.delegation import Delegation

__all__ = ["Approval", "Decision", "Delegation"]
