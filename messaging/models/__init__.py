"""The nouns of this room."""

from messaging.models.delivery import Delivery
from messaging.models.message import Message

__all__ = ["Delivery", "Message"]
