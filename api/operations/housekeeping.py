"""What the API keeps for a while only."""

from datetime import datetime, timedelta
from typing import Final

from allauth.idp.oidc.models import Token
from django.conf import settings

from api import ids
from api.models import ApiCall, ApiCallCount, IdempotencyKey, Quota

KEPT: Final = timedelta(hours=24)  # an answer, for whoever sends the same again; and a token that nobody can use
BATCH: Final = 5_000


def forget_answers(*, at: datetime, limit: int = BATCH) -> int:
    """Forget the oldest answers past their day, at most `limit`, and return how many those were."""
    due = IdempotencyKey.objects.filter(created_at__lt=at - KEPT).order_by("created_at").values("pk")[:limit]
    forgotten, _ = IdempotencyKey.objects.filter(pk__in=due).delete()
    return forgotten


def forget_tokens(*, at: datetime, limit: int = BATCH) -> int:
    """Forget the tokens that expired more than a day ago, at most `limit`, and return how many those were."""
    due = Token.objects.filter(expires_at__lt=at - KEPT).order_by("expires_at").values("pk")[:limit]
    forgotten: int = Token.objects.filter(pk__in=due).delete()[0]
    return forgotten


def forget_quotas(*, at: datetime, limit: int = BATCH) -> int:
    """Forget quotas that are full, at most `limit`, and return how many those were: a new one is full too."""
    due = Quota.objects.filter(full_at__lt=at).values("pk")[:limit]
    forgotten, _ = Quota.objects.filter(pk__in=due, full_at__lt=at).delete()
    return forgotten


def forget_calls(*, at: datetime, limit: int = BATCH) -> int:
    """Forget the oldest calls past the days that they are kept, at most `limit`, and return how many those were."""
    kept_since = at - timedelta(days=settings.API_CALLS_KEPT_DAYS)
    due = ApiCall.objects.filter(pk__lt=ids.first_at(kept_since)).order_by("pk").values("pk")[:limit]
    forgotten, _ = ApiCall.objects.filter(pk__in=due).delete()
    old = ApiCallCount.objects.filter(hour__lt=kept_since).order_by("hour").values("pk")[:limit]
    ApiCallCount.objects.filter(pk__in=old).delete()
    return forgotten
