"""The kinds and states of hearing."""

from django.db import models


class System(models.TextChoices):
    """Whose messages a connection takes; one folder in integrations/systems/ each."""

    SUCCESSFACTORS = "successfactors", "SAP SuccessFactors"
    WORKDAY = "workday", "Workday"
    DARWINBOX = "darwinbox", "Darwinbox"
    JSON = "json", "JSON"
    XML = "xml", "XML"


class CredentialKind(models.TextChoices):
    """How a system proves who it is."""

    BASIC = "basic", "HTTP Basic"
    HEADER = "header", "Header"
    HMAC_SHA256 = "hmac_sha256", "HMAC of the body"
    BEARER = "bearer", "OAuth bearer"
    STANDARD_WEBHOOKS = "standard_webhooks", "Standard Webhooks"


class ReceivedStatus(models.TextChoices):
    """What became of a message."""

    TAKEN = "taken", "Taken"
    UNREADABLE = "unreadable", "Unreadable"
    FAILED = "failed", "Failed"
