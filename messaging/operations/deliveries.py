"""Sending what waits: the row is the queue, and a claim is a conditional UPDATE."""

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F

from messaging import channels, queries
from messaging.channels.contract import Failed, Outcome, Paused, Sent, Skipped
from messaging.enums import DeliveryStatus
from messaging.errors import DeliveryNotFound, DeliveryNotStopped
from messaging.models import Address, Delivery, Pause
from messaging.operations.messages import deliveries_waker
from people.models import Person

log = structlog.get_logger(__name__)
ATTEMPTS_MAX = 12  # over about five hours
BACKOFF = timedelta(seconds=5)  # before the second attempt; doubles with each
BACKOFF_MAX = timedelta(hours=2)
LEASE = timedelta(minutes=3)  # over the longest sending: a dozen answers of a mail server, at most 10 s each
PAUSE_MAX = timedelta(hours=1)
ERROR_CHARACTERS = 300

# Due are those that wait and those whose worker went silent; SKIP LOCKED lets many workers claim side by side.
CLAIM = """
UPDATE messaging_delivery
SET status = 'sending', attempts = attempts + 1, next_attempt_at = %(leased_until)s
WHERE id = (
    SELECT id FROM messaging_delivery
    WHERE status IN ('pending', 'sending') AND next_attempt_at <= %(at)s AND channel = ANY (%(channels)s)
        AND NOT EXISTS (SELECT FROM messaging_pause WHERE messaging_pause.channel = messaging_delivery.channel
                        AND messaging_pause.until > %(at)s)
        AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
    ORDER BY next_attempt_at
    LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id
"""


def claim(*, at: datetime, delivery_id: UUID | None = None, without: Collection[str] = ()) -> Delivery | None:
    """Take the delivery that is due longest, for this process alone, and count the attempt before it is made.

    Args:
        at: now.
        delivery_id: take this one, if it is due, and no other.
        without: channels to take none from.

    Returns:
        The delivery with its message and person, leased for three minutes: a worker that dies loses it then to another.
        None when nothing is due on a channel that is set up and not paused.
    """
    chosen = sorted(channels.ready().difference(without))
    parameters: dict[str, Any] = {"at": at, "leased_until": at + LEASE, "channels": chosen, "id": delivery_id}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, parameters)
        row = cursor.fetchone()
    return Delivery.objects.select_related("message__person").get(pk=row[0]) if row else None


def send(delivery: Delivery) -> Outcome:
    """Send one claimed delivery and say how it ended. Outside any transaction; writes nothing about the delivery."""
    if delivery.attempts > ATTEMPTS_MAX:
        return Failed("The worker stopped in the middle of each attempt.")
    if not delivery.message.person.is_active:
        return Skipped("This person is not active.")
    if queries.is_off(delivery.message.person, delivery.channel):  # since it was queued
        return Skipped("This person has switched this channel off.")
    return channels.CHANNELS[delivery.channel].send(delivery)


def settle(delivery: Delivery, outcome: Outcome, *, at: datetime) -> None:
    """Write down how an attempt ended.

    1. Sent, or not deliverable: done.
    2. Failed: due again after 5 s, doubled with each attempt and spread by chance; dead after the twelfth.
    3. Paused by the provider: the whole channel rests, and the attempt does not count.

    Does nothing where another worker has taken the delivery over since, unless this one was sent.

    Args:
        delivery: as claimed.
        outcome: what `send` returned.
        at: now, after the sending.
    """
    mine = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.SENDING, attempts=delivery.attempts)
    match outcome:
        case Sent(reference):
            Delivery.objects.filter(pk=delivery.pk).exclude(status=DeliveryStatus.SENT).update(
                status=DeliveryStatus.SENT, sent_at=at, last_error="", provider_reference=reference[:200]
            )
        case Skipped(reason):
            mine.update(status=DeliveryStatus.SKIPPED, last_error=reason[:ERROR_CHARACTERS])
        case Failed(reason):
            dead = delivery.attempts >= ATTEMPTS_MAX
            mine.update(
                status=DeliveryStatus.DEAD if dead else DeliveryStatus.PENDING,
                next_attempt_at=at + backoff(delivery.attempts),
                last_error=reason[:ERROR_CHARACTERS],
            )
        case Paused(reason, wait):
            until = at + min(wait, PAUSE_MAX)
            with transaction.atomic():
                mine.update(
                    status=DeliveryStatus.PENDING,
                    attempts=F("attempts") - 1,
                    next_attempt_at=until,
                    last_error=reason[:ERROR_CHARACTERS],
                )
                Pause.objects.update_or_create(channel=delivery.channel, defaults={"until": until})
    log.info("delivery_settled", delivery=str(delivery.pk), channel=delivery.channel, outcome=type(outcome).__name__)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: a half to the whole of 5 s · 2^(attempts - 1)."""
    longest: timedelta = min(BACKOFF * 2 ** (attempts - 1), BACKOFF_MAX)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load


def retry(delivery_id: UUID, *, by: Person, at: datetime) -> Delivery:
    """Send again what was given up: a dead delivery, or one that could not be delivered.

    Args:
        delivery_id: which.
        by: who asks for it.
        at: now.

    Raises:
        DeliveryNotFound: there is none.
        DeliveryNotStopped: it is on its way, or was sent.
    """
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(of=("self",)).select_related("message").filter(pk=delivery_id).first()
        )
        if delivery is None:
            raise DeliveryNotFound
        if delivery.status not in {DeliveryStatus.DEAD, DeliveryStatus.SKIPPED}:
            raise DeliveryNotStopped(
                f"It is {delivery.get_status_display().lower()}; only a stopped one is sent again."
            )
        delivery.status, delivery.attempts, delivery.next_attempt_at = DeliveryStatus.PENDING, 0, at
        delivery.save(update_fields=["status", "attempts", "next_attempt_at"])
        Address.objects.filter(person_id=delivery.message.person_id, channel=delivery.channel).delete()
        deliveries_waker.on_commit()
    log.info("delivery_retried", delivery=str(delivery_id), by=str(by.pk))
    return delivery
