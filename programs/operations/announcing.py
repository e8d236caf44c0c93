"""Tells client systems where points requests stand, in the transaction that brought them there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from messaging.enums import WebhookType
from messaging.operations import webhook_events
from messaging.operations.webhook_events import NewWebhookEvent
from programs import representations
from programs.enums import PointsRequestStatus
from programs.models import PointsRequest

TYPE_OF: Mapping[str, WebhookType] = {
    PointsRequestStatus.CREDITED: WebhookType.POINTS_REQUEST_CREDITED,
    PointsRequestStatus.PENDING_APPROVAL: WebhookType.POINTS_REQUEST_PENDING,
    PointsRequestStatus.PARKED: WebhookType.POINTS_REQUEST_PENDING,
    PointsRequestStatus.REJECTED: WebhookType.POINTS_REQUEST_REJECTED,
    PointsRequestStatus.REVERSED: WebhookType.POINTS_REQUEST_REVERSED,
    PointsRequestStatus.FAILED: WebhookType.POINTS_REQUEST_FAILED,
    PointsRequestStatus.EXPIRED: WebhookType.POINTS_REQUEST_FAILED,
}


def announce(points_requests: Sequence[PointsRequest], *, at: datetime, type_: WebhookType | None = None) -> None:
    """Tell where these requests stand now, each as the API shows it. A constant number of statements; one, if unheard.

    Args:
        points_requests: as they were written, each with its programme.
        at: when they came to stand there.
        type_: what happened to them, where their status does not say it.
    """
    types = {type_ or TYPE_OF[request.status] for request in points_requests}
    if points_requests and webhook_events.is_heard(types):
        shown = representations.points_requests(points_requests)
        events = [
            NewWebhookEvent(type_ or TYPE_OF[request.status], data, request.programme.slug)
            for request, data in zip(points_requests, shown, strict=True)
        ]
        webhook_events.announce(events, at=at)


def new_events(
    granted: Sequence[PointsRequest], others: Sequence[PointsRequest], *, heard: Collection[str]
) -> list[NewWebhookEvent | None]:
    """Return what there is to tell of requests that are about to be written; none where nobody listens.

    Args:
        granted: those to be credited: the statement that does it adds their transfer and their wallet.
        others: those that wait.
        heard: the types that somebody listens to.

    Returns:
        An event, or None, for each of both in their order; or nothing at all.
    """
    if not any(TYPE_OF[request.status] in heard for request in [*granted, *others]):
        return []
    shown = [representations.points_request(request) for request in granted]
    shown += representations.points_requests(others)
    return [
        NewWebhookEvent(TYPE_OF[request.status], data, request.programme.slug)
        if TYPE_OF[request.status] in heard
        else None
        for request, data in zip([*granted, *others], shown, strict=True)
    ]
