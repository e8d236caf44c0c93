"""POST /points-requests/{id}/reverse: takes back what is unspent of a credit."""

from typing import Any, ClassVar, cast

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import ids
from api.docs import describe
from api.errors import NotFound, PointsOutOfRange
from api.fields import PointsField, TextField
from api.models import ApiClient
from api.serializers import StrictSerializer
from api.views import ApiView
from programs import errors, queries, representations
from programs.api import PointsRequestAnswer
from programs.models import Reversal
from programs.operations import reversals
from programs.reasons import REASON_CHARACTERS

RULES = """Takes back all that is unspent, or `points` of it. What was spent already is the `shortfall`: it stays spent,
and a wallet never goes below zero. `reversed_points` says how much of the request was taken back in sum. A reversal of
all that was left makes the request `reversed`, whatever the shortfall; after a part of it the request stays `credited`.
Send the same call again when an answer does not reach you: one that reversed all answers with what happened. For a part
send an `Idempotency-Key`, or a second call takes a second part."""


class ReverseSerializer(StrictSerializer):
    """How much to take back, and why."""

    points = PointsField(required=False, allow_null=True, help_text="Left out: all that is left of it.")
    reason = TextField(max_length=REASON_CHARACTERS, help_text="Why, as the person reads it.")


class ReversalAnswer(serializers.Serializer[Any]):
    """What one reversal took."""

    points = serializers.IntegerField(help_text="What came back to the budget.")
    shortfall = serializers.IntegerField(help_text="What was asked for and had been spent.")
    reason = serializers.CharField()
    transfer = serializers.CharField(allow_null=True, help_text="Null where nothing was there to take.")
    reversed_at = serializers.DateTimeField()


class ReversedAnswer(PointsRequestAnswer):
    """A points request, and what the reversal took of it."""

    reversal = ReversalAnswer()


class ReverseView(ApiView):
    """/points-requests/{id}/reverse."""

    scopes: ClassVar = {"POST": "points:write"}

    @describe(
        "Take points back",
        reads=ReverseSerializer,
        answers={200: ReversedAnswer},
        problems=[
            NotFound,
            PointsOutOfRange,
            errors.NotCredited,
            errors.AlreadyReversed,
            errors.OverReversal,
            errors.ReasonMissing,
        ],
        description=RULES,
    )
    def post(self, request: Request, points_request_id: str) -> Response:
        """Take back a points request of the programmes that the client may use."""
        client = cast("ApiClient", request.user)
        key = ids.key(ids.POINTS_REQUEST, points_request_id)
        if key is None or not queries.visible_to(client).filter(pk=key).exists():
            raise NotFound("There is no such points request, or this client may not see it.")
        asked = self.read(ReverseSerializer)
        reversal = reversals.reverse(key, client=client, at=timezone.now(), **asked)
        [body] = representations.points_requests([reversal.points_request])
        return Response(body | {"reversal": _reversal(reversal)})


def _reversal(reversal: Reversal) -> dict[str, Any]:
    return {
        "points": reversal.taken,
        "shortfall": reversal.shortfall,
        "reason": reversal.reason,
        "transfer": ids.public(ids.TRANSFER, reversal.transfer_id) if reversal.transfer_id else None,
        "reversed_at": representations.moment(reversal.reversed_at),
    }
