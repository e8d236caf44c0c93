"""The nouns of hearing."""

from integrations.models.connection import Connection
from integrations.models.received_message import ReceivedMessage

__all__ = ["Connection", "ReceivedMessage"]
