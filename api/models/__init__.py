"""The nouns of this room."""

from api.models.api_key import ApiKey
from api.models.client import ApiClient
from api.models.idempotency_key import IdempotencyKey
from api.models.quota import Quota

__all__ = ["ApiClient", "ApiKey", "IdempotencyKey", "Quota"]
