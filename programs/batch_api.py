"""POST /points-requests/batch: up to 10,000 points requests in one call, each of which succeeds or fails for itself."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final, cast

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.docs import ProblemSerializer, describe
from api.errors import BodyTooLarge, InvalidRequest, MalformedBody, PortalError
from api.models import ApiClient
from api.serializers import StrictSerializer
from api.views import ApiView
from programs import representations
from programs.api import PointsRequestAnswer, PointsRequestSerializer, status_of
from programs.enums import Source
from programs.operations import points_requests
from programs.operations.points_requests import NewPointsRequest, Submitted

BATCH_REQUESTS_MAX: Final = 10_000
CREATED, ACCEPTED = 201, 202
RULES = """Each item succeeds or fails for itself, in the order given; the answer keeps that order. An item's `status`
and its `points_request` or `problem` are what `POST /points-requests` would have answered, so a repeat of an
`external_id` is 200, or 409 with other content, also within one batch. The pointers of a problem start at the item.
`credited`, `pending` and `points` count what this call did: a repeat counts in none of them. When an answer does not
reach you, send the same batch again."""


class RequestsField(serializers.ListField):
    """The items of a batch, as they came: each is read for itself."""

    child = PointsRequestSerializer()
    default_error_messages = {"max_length": "Send at most {max_length} in one batch, and the rest in another."}

    def run_child_validation(self, data: Any) -> Any:
        """Return the items."""
        return data


class BatchSerializer(StrictSerializer):
    """Points asked for many people at once."""

    requests = RequestsField(max_length=BATCH_REQUESTS_MAX, help_text="May be empty.")


class BatchResultAnswer(serializers.Serializer[Any]):
    """What came of one item: a points request, or a problem."""

    index = serializers.IntegerField(help_text="The item's place in the batch, from 0.")
    status = serializers.IntegerField(help_text="201, 202 or 200 with a points request, else the problem's.")
    points_request = PointsRequestAnswer(required=False)
    problem = ProblemSerializer(required=False)


class BatchAnswer(serializers.Serializer[Any]):
    """What came of a batch."""

    results = BatchResultAnswer(many=True)
    credited = serializers.IntegerField(help_text="How many items were credited now.")
    pending = serializers.IntegerField(help_text="How many wait for approval, or for somebody not known yet.")
    failed = serializers.IntegerField(help_text="How many have a problem.")
    points = serializers.IntegerField(help_text="Points that were credited now.")


class BatchView(ApiView):
    """/points-requests/batch."""

    scopes: ClassVar = {"POST": "points:write"}

    @describe(
        "Ask for points for many",
        reads=BatchSerializer,
        answers={200: BatchAnswer},
        problems=[InvalidRequest, MalformedBody, BodyTooLarge],
        description=RULES,
    )
    def post(self, request: Request) -> Response:
        """Ask for points for up to 10,000 people."""
        items = self.read_each(PointsRequestSerializer, self.read(BatchSerializer)["requests"])
        client = cast(ApiClient, request.user)
        asked = [
            NewPointsRequest(source=Source.API, client=client, **item)
            for item in items
            if not isinstance(item, PortalError)
        ]
        submitted = iter(points_requests.submit(asked, at=timezone.now()))
        came = [Submitted(error=item) if isinstance(item, PortalError) else next(submitted) for item in items]
        return Response(_answer(came))


def _answer(came: Sequence[Submitted]) -> dict[str, Any]:
    """Return the answer to a batch."""
    results = [_result(index, each) for index, each in enumerate(came)]
    credited = [result["points_request"]["points"] for result in results if result["status"] == CREATED]
    return {
        "results": results,
        "credited": len(credited),
        "pending": sum(result["status"] == ACCEPTED for result in results),
        "failed": sum("problem" in result for result in results),
        "points": sum(credited),
    }


def _result(index: int, came: Submitted) -> dict[str, Any]:
    row = came.points_request
    if row is None:
        if came.error is None:
            raise AssertionError("a submission has a row or an error")
        return {"index": index, "status": came.error.status, "problem": problems.problem(came.error)}
    return {
        "index": index,
        "status": status_of(row, replayed=came.replayed),
        "points_request": representations.points_request(row, wallet=came.wallet),
    }
