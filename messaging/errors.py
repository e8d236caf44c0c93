"""What this room refuses."""

from api.errors import PortalError


class MessagingError(PortalError):
    """Something about a message or its delivery."""


class DeliveryNotFound(MessagingError):
    """There is no delivery with this id."""

    code = "unknown_delivery"
    title = "There is no such delivery"
    status = 404


class DeliveryNotStopped(MessagingError):
    """Only a delivery that was given up is sent again: another is on its way, or there already."""

    code = "delivery_not_stopped"
    title = "This delivery has not stopped"
    status = 409
