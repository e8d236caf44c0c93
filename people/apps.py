"""This room as a Django app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """See docs/ARCHITECTURE.md for what this room holds and what it may import."""

    name = "people"
