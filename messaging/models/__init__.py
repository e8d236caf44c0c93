"""The nouns of this room."""

from messaging.models.address import Address
from messaging.models.channel_preference import ChannelPreference
from messaging.models.delivery import Delivery
from messaging.models.message import Message
from messaging.models.pause import Pause
from messaging.models.webhook_delivery import WebhookDelivery
from messaging.models.webhook_endpoint import WebhookEndpoint
from messaging.models.webhook_event import WebhookEvent

__all__ = [
    "Address",
    "ChannelPreference",
    "Delivery",
    "Message",
    "Pause",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
]
