"""How and whether a message reached its person, and an event the client systems that listen."""

from django.db import models


class Channel(models.TextChoices):
    """Where a message is delivered. The inbox needs no delivery: the message itself is it."""

    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"


class DeliveryStatus(models.TextChoices):
    """A delivery's life: pending (also after a failed attempt) → sending → sent | skipped | dead."""

    PENDING = "pending", "Waiting"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    SKIPPED = "skipped", "Not deliverable"
    DEAD = "dead", "Dead"


class WebhookType(models.TextChoices):
    """What client systems can be told of: the `type` of the body."""

    POINTS_REQUEST_CREDITED = "points_request.credited", "Points were credited"
    POINTS_REQUEST_PENDING = "points_request.pending", "Points wait: for approval, or for somebody not known yet"
    POINTS_REQUEST_REJECTED = "points_request.rejected", "Points were not approved"
    POINTS_REQUEST_REVERSED = "points_request.reversed", "Points were taken back"
    POINTS_REQUEST_FAILED = "points_request.failed", "Points that waited can no longer be credited"
    POINTS_EXPIRING = "points.expiring", "Points expire in 30 or 7 days"
    POINTS_EXPIRED = "points.expired", "Points expired"
    REDEMPTION_PLACED = "redemption.placed", "A reward was ordered"
    REDEMPTION_FULFILLED = "redemption.fulfilled", "A reward was delivered"
    REDEMPTION_FAILED = "redemption.failed", "A reward could not be delivered"
    REDEMPTION_CANCELLED = "redemption.cancelled", "An order was cancelled"
    REDEMPTION_REFUNDED = "redemption.refunded", "A delivered reward was given back"
    BUDGET_LOW = "budget.low", "A budget ran low"
    TRAVEL_CREDIT_CAPTURED = "travel_credit.captured", "A booking was paid with a travel credit"


WEBHOOK_TEST = "webhook_endpoint.test"  # what a test sends; nobody has to listen to it


class WebhookEndpointStatus(models.TextChoices):
    """enabled ⇄ disabled."""

    ENABLED = "enabled", "Enabled"
    DISABLED = "disabled", "Disabled"


class DisabledBecause(models.TextChoices):
    """Why an endpoint is told nothing more."""

    ASKED = "asked", "Somebody disabled it"
    GONE = "gone", "It answered that it is gone (410)"
    FAILING = "failing", "It took nothing for three days"


class WebhookDeliveryStatus(models.TextChoices):
    """pending (also after a failed attempt) → sending → delivered | dead; dead → pending when somebody retries it."""

    PENDING = "pending", "Waiting"
    SENDING = "sending", "Sending"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Dead"
