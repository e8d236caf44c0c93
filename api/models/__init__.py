"""The nouns of this room."""

from api.models.client import ApiClient
from api.models.idempotency_key import IdempotencyKey

__all__ = ["ApiClient", "IdempotencyKey"]
