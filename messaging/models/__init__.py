"""The nouns of this room."""

from messaging.models.address import Address
from messaging.models.channel_preference import ChannelPreference
from messaging.models.delivery import Delivery
from messaging.models.message import Message
from messaging.models.pause import Pause

__all__ = ["Address", "ChannelPreference", "Delivery", "Message", "Pause"]
