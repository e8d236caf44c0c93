"""How and whether a message reached its person."""

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
