"""The states and kinds of this room."""

from django.db import models


class PersonStatus(models.TextChoices):
    """Whether somebody works here. Only the active sign in and redeem; a wallet outlives its owner's employment."""

    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    LEFT = "left", "Left"
