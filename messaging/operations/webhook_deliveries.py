"""Sending events to client systems: the row is the queue, and a claim is a conditional UPDATE."""

import random
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet

from api import ids, outbound
from api.errors import NotFound
from api.models import ApiClient
from api.outbound import Answer, OutboundError
from messaging import signatures
from messaging.channels import retry_after
from messaging.enums import DisabledBecause, WebhookDeliveryStatus, WebhookEndpointStatus
from messaging.errors import DeliveryNotStopped, WebhookEndpointDisabled
from messaging.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from messaging.models.webhook_delivery import EXCERPT_CHARACTERS
from messaging.operations import webhook_endpoints
from messaging.operations.webhook_events import webhooks_waker
from vault.encryption import DecryptionError

log = structlog.get_logger(__name__)

# How long to wait before the second attempt, the third and so on: those of Standard Webhooks 1.0, ten attempts over
# 75 hours. Each is lengthened by chance, so that what failed together does not come back together.
WAITS = tuple(
    timedelta(**each)
    for each in (
        {"seconds": 5}, {"minutes": 5}, {"minutes": 30}, {"hours": 2}, {"hours": 5}, {"hours": 10}, {"hours": 14},
        {"hours": 20}, {"hours": 24},
    )
)  # fmt: skip
JITTER = 0.1  # of a wait, at most
ATTEMPTS_MAX = len(WAITS) + 1
FAILING_MAX = timedelta(days=3)  # an endpoint that takes nothing for so long is disabled
REST_SHARE, REST_MAX = (
    0.25,
    timedelta(minutes=10),
)  # an endpoint rests for a quarter of the time that it has been failing
PAUSE_MAX = timedelta(days=1)  # of what an endpoint may ask for by Retry-After
LEASE = timedelta(minutes=2)  # over the longest sending
EXCERPT_BYTES = 2000
ERROR_CHARACTERS = 300
FORGET_LIMIT = 2000
GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503

# Of each endpoint that may be sent to, the delivery that is due longest; of those, the one. So what waits for an
# endpoint that rests costs the others nothing. Due are those that wait and those whose worker went silent. An endpoint
# that fails is tried by one worker at a time: it may hang, and would soon have hold of them all.
CLAIM = """
UPDATE messaging_webhookdelivery
SET status = 'sending', attempts = attempts + 1, attempted_at = %(at)s, next_attempt_at = %(leased_until)s
WHERE id = (
    SELECT due.id
    FROM messaging_webhookendpoint endpoint
    JOIN api_apiclient client ON client.oauth_id = endpoint.client_id
    CROSS JOIN LATERAL (
        SELECT id, next_attempt_at FROM messaging_webhookdelivery
        WHERE endpoint_id = endpoint.id AND status IN ('pending', 'sending') AND next_attempt_at <= %(at)s
        ORDER BY next_attempt_at LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    ) due
    WHERE endpoint.status = 'enabled' AND client.disabled_at IS NULL
        AND (client.expires_at IS NULL OR client.expires_at > %(at)s)
        AND (endpoint.resting_until IS NULL OR endpoint.resting_until <= %(at)s)
        AND endpoint.id <> ALL (%(without)s::uuid[])
        AND (endpoint.failing_since IS NULL OR NOT EXISTS (
            SELECT FROM messaging_webhookdelivery other
            WHERE other.endpoint_id = endpoint.id AND other.status = 'sending' AND other.next_attempt_at > %(at)s
        ))
    ORDER BY due.next_attempt_at LIMIT 1
)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended.

    Args:
        status: of the answer; None where none came.
        milliseconds: how long it took.
        excerpt: how the answer's body begins.
        error: why it was not taken, for people; empty where it was. Holds no secret.
        pause: for how long the endpoint wants to be left alone (`Retry-After`), where it said so.
    """

    status: int | None = None
    milliseconds: int | None = None
    excerpt: str = ""
    error: str = ""
    pause: timedelta | None = None


def claim(*, at: datetime, without: Collection[UUID] = ()) -> WebhookDelivery | None:
    """Take the delivery that is due longest, for this process alone, and count the attempt before it is made.

    Args:
        at: now.
        without: endpoints to take none of.

    Returns:
        The delivery with its event and endpoint, leased for two minutes: a worker that dies loses it then to another,
        which sends it again under the same `webhook-id`. None when nothing is due.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"at": at, "leased_until": at + LEASE, "without": list(without)})
        row = cursor.fetchone()
    return WebhookDelivery.objects.select_related("event", "endpoint").get(pk=row[0]) if row else None


def send(delivery: WebhookDelivery, *, at: datetime) -> Attempt:
    """Send one claimed delivery and say how it ended. Outside any transaction; writes nothing.

    Args:
        delivery: as claimed.
        at: now: the time that is signed.
    """
    if delivery.attempts > ATTEMPTS_MAX:
        return Attempt(error="The worker stopped in the middle of each attempt.")
    body = delivery.event.body.encode()
    try:
        headers = _headers(delivery, body, at=at)
    except DecryptionError as error:
        return Attempt(error=f"The secret cannot be read: {error} Rotate it.")
    began = time.monotonic()
    try:
        answer = outbound.request("POST", delivery.endpoint.url, headers=headers, data=body, first_bytes=EXCERPT_BYTES)
    except OutboundError as error:
        return Attempt(milliseconds=_since(began), error=f"{error}."[:ERROR_CHARACTERS])
    return _attempt(answer, milliseconds=_since(began), at=at)


def settle(delivery: WebhookDelivery, attempt: Attempt, *, at: datetime) -> None:
    """Write down how an attempt ended.

    1. Taken (2xx): delivered, and the endpoint is well.
    2. Gone (410): dead, and the endpoint is disabled.
    3. The endpoint wants to be left alone (429, or 503 with Retry-After): it rests, and the attempt does not count,
       unless this has gone on for three days.
    4. Failed: due again after the next of `WAITS`; dead after the last. An endpoint that has been failing for a while
       rests for a quarter of that; one that took nothing for three days is disabled, and those who look after it told.

    Does nothing where another worker has taken the delivery over since, unless this one was delivered.

    Args:
        delivery: as claimed.
        attempt: what `send` returned.
        at: now, after the sending.
    """
    answered = {
        "response_status": attempt.status,
        "response_ms": attempt.milliseconds,
        "response_excerpt": attempt.excerpt,
        "last_error": attempt.error,
    }
    if not attempt.error:
        _delivered(delivery, answered, at=at)
    elif attempt.pause is not None and at - delivery.event.created_at < FAILING_MAX:
        _paused(delivery, answered, attempt.pause, at=at)
    else:
        _failed(delivery, answered, is_gone=attempt.status == GONE, at=at)
    log.info(
        "webhook_delivery_settled",
        delivery=str(delivery.pk),
        endpoint=str(delivery.endpoint_id),
        attempts=delivery.attempts,
        status=attempt.status,
        error=attempt.error,
    )


def retry(delivery_id: UUID, *, client: ApiClient | None = None, at: datetime) -> WebhookDelivery:
    """Send now what was given up, from its first attempt on, or what waits for its next one.

    Args:
        delivery_id: which.
        client: whose it has to be; None where a person does it.
        at: now.

    Raises:
        NotFound: there is none, or it is another client's.
        DeliveryNotStopped: it was delivered, or is being sent.
        WebhookEndpointDisabled: nothing is sent to its endpoint.
    """
    mine = {"endpoint__client": client} if client else {}
    with transaction.atomic():
        rows = WebhookDelivery.objects.select_for_update(of=("self",), no_key=True).select_related("event", "endpoint")
        delivery = rows.filter(pk=delivery_id, **mine).first()
        if delivery is None:
            raise NotFound("There is no such webhook delivery.")
        if delivery.endpoint.status == WebhookEndpointStatus.DISABLED:
            raise WebhookEndpointDisabled("Enable the endpoint first, then send this again.")
        if delivery.status not in {WebhookDeliveryStatus.DEAD, WebhookDeliveryStatus.PENDING}:
            raise DeliveryNotStopped(f"It is {delivery.get_status_display().lower()}; there is nothing to send again.")
        if delivery.status == WebhookDeliveryStatus.DEAD:
            delivery.attempts = 0
        delivery.status, delivery.next_attempt_at = WebhookDeliveryStatus.PENDING, at
        delivery.save(update_fields=["status", "attempts", "next_attempt_at"])
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, resting_until__gt=at).update(resting_until=None)
        webhooks_waker.on_commit()
    return delivery


def forget(*, at: datetime, limit: int = FORGET_LIMIT) -> int:
    """Forget the oldest events past the days that they are kept, with their deliveries, whatever came of them.

    Returns:
        How many events those were; fewer than `limit` when none is left.
    """
    before = ids.first_at(at - timedelta(days=settings.WEBHOOKS_KEPT_DAYS))
    with transaction.atomic():
        old = list(WebhookEvent.objects.filter(pk__lt=before).order_by("pk").values_list("pk", flat=True)[:limit])
        WebhookDelivery.objects.filter(event__in=old).delete()
        WebhookEvent.objects.filter(pk__in=old).delete()
    return len(old)


def _headers(delivery: WebhookDelivery, body: bytes, *, at: datetime) -> dict[str, str]:
    message_id, timestamp = ids.public(ids.WEBHOOK_EVENT, delivery.event_id), int(at.timestamp())
    secrets = webhook_endpoints.secrets_of(delivery.endpoint, at=at)
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures.signature(secrets, message_id=message_id, timestamp=timestamp, body=body),
    }


def _attempt(answer: Answer, *, milliseconds: int, at: datetime) -> Attempt:
    excerpt = answer.body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")[:EXCERPT_CHARACTERS]
    is_taken = 200 <= answer.status < 300  # noqa: PLR2004 - RFC 9110 §15.3
    header = answer.headers.get("Retry-After", "")
    rests = answer.status == TOO_MANY or (answer.status == UNAVAILABLE and header)
    pause = min(retry_after.wait(header, at=at), PAUSE_MAX) if rests else None
    error = "" if is_taken else f"It answered {answer.status}."
    return Attempt(answer.status, milliseconds, excerpt, error, pause)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _mine(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    """Return the row, where no other worker has taken it over since."""
    return WebhookDelivery.objects.filter(
        pk=delivery.pk, status=WebhookDeliveryStatus.SENDING, attempts=delivery.attempts
    )


def _delivered(delivery: WebhookDelivery, answered: dict[str, Any], *, at: datetime) -> None:
    others = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(status=WebhookDeliveryStatus.DELIVERED)
    others.update(status=WebhookDeliveryStatus.DELIVERED, delivered_at=at, **answered)
    if delivery.endpoint.failing_since or delivery.endpoint.resting_until:
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(failing_since=None, resting_until=None)


def _paused(delivery: WebhookDelivery, answered: dict[str, Any], pause: timedelta, *, at: datetime) -> None:
    with transaction.atomic():
        endpoint = _note_failure(delivery, resting_until=at + pause)
        _mine(delivery).update(
            status=WebhookDeliveryStatus.PENDING, attempts=F("attempts") - 1, next_attempt_at=at + pause, **answered
        )
        _disable_after_days(endpoint, at=at)


def _failed(delivery: WebhookDelivery, answered: dict[str, Any], *, is_gone: bool, at: datetime) -> None:
    with transaction.atomic():
        endpoint = _note_failure(delivery, resting_until=at + _rest(delivery, at))
        is_stopped = endpoint.status == WebhookEndpointStatus.DISABLED  # meanwhile
        is_dead = is_gone or is_stopped or delivery.attempts >= ATTEMPTS_MAX
        is_mine = _mine(delivery).update(
            status=WebhookDeliveryStatus.DEAD if is_dead else WebhookDeliveryStatus.PENDING,
            next_attempt_at=at if is_dead else at + wait(delivery.attempts),
            **answered,
        )
        if is_gone and is_mine:
            webhook_endpoints.disable(endpoint.pk, because=DisabledBecause.GONE, at=at)
        else:
            _disable_after_days(endpoint, at=at)


def wait(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts."""
    longer: timedelta = WAITS[attempts - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311 - spreads load
    return longer


def _note_failure(delivery: WebhookDelivery, *, resting_until: datetime) -> WebhookEndpoint:
    """Note on the endpoint that it took nothing, and let it rest.

    Locks the endpoint before its delivery, as whoever disables it does: then nobody waits for the other in a circle.
    """
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).defer("secret", "previous_secret")
    endpoint = rows.get(pk=delivery.endpoint_id)
    endpoint.failing_since = endpoint.failing_since or delivery.attempted_at
    endpoint.resting_until = resting_until
    endpoint.save(update_fields=["failing_since", "resting_until"])
    return endpoint


def _rest(delivery: WebhookDelivery, at: datetime) -> timedelta:
    """Return how long an endpoint rests that failed: longer, the longer it has been failing."""
    began = delivery.endpoint.failing_since or delivery.attempted_at or at
    return min((at - began) * REST_SHARE, REST_MAX)


def _disable_after_days(endpoint: WebhookEndpoint, *, at: datetime) -> None:
    if endpoint.failing_since and at - endpoint.failing_since >= FAILING_MAX:
        webhook_endpoints.disable(endpoint.pk, because=DisabledBecause.FAILING, at=at)
