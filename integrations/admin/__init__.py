"""Hearing in the HR admin: connections, which are edited and tried, and received messages, looked at and replayed."""

from integrations.admin.connections import ConnectionAdmin
from integrations.admin.received_messages import ReceivedMessageAdmin

__all__ = ["ConnectionAdmin", "ReceivedMessageAdmin"]
