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


class WebhookUrlRefused(MessagingError):
    """Events cannot be sent to this address.

    It has to be absolute, by https, without a password in it, and to a public host: events never go into a private
    network. The detail says what is wrong. The operator of the portal may name hosts that are allowed all the same.
    """

    code = "webhook_url_refused"
    title = "Events cannot be sent to this address"


class TooManyWebhookEndpoints(MessagingError):
    """A client has at most 20 endpoints. Let one listen to several types, or change one that you no longer use."""

    code = "too_many_webhook_endpoints"
    title = "This client has too many endpoints"
    status = 409


class WebhookEndpointDisabled(MessagingError):
    """Nothing is sent to a disabled endpoint. Enable it first."""

    code = "webhook_endpoint_disabled"
    title = "This endpoint is disabled"
    status = 409


class TwoWebhookSecrets(MessagingError):
    """The secret before the newest still signs, so there is no room for a third.

    Wait until `previous_secret_expires_at`, or rotate with `"previous_expires_in": 0`, which ends every older one at
    once.
    """

    code = "two_webhook_secrets"
    title = "This endpoint has two secrets already"
    status = 409
