"""This room as a Django app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "approvals"
