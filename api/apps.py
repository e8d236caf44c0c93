"""This room as a Django app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "api"

    def ready(self) -> None:
        """Let pghistory's context through to the database."""
        from api import history

        history.install()
