"""The nouns of this room."""

from api.models.api_call import ApiCall, ApiCallCount
from api.models.api_key import ApiKey
from api.models.client import ApiClient
from api.models.idempotency_key import IdempotencyKey
from api.models.quota import Quota

__all__ = ["ApiCall", "ApiCallCount", "ApiClient", "ApiKey", "IdempotencyKey", "Quota"]
