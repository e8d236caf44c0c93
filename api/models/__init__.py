"""The nouns of this room."""

from api.models.client import ApiClient

__all__ = ["ApiClient"]
