"""Telling people something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from api import ids
from messaging import channels
from messaging.waking import Waker

TITLE_CHARACTERS = 200
BODY_CHARACTERS = 1000
deliveries_waker = Waker("messaging.tasks.sweep")

# One statement whatever the number of messages: this runs inside every credit. A delivery is made only for a message
# that is new, so telling the same thing again does nothing at all.
TELL = """
WITH told AS (
    INSERT INTO messaging_message (id, person_id, kind, title, body, path, reference, created_at)
    SELECT id, person_id, kind, title, body, path, reference, %s::timestamptz
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS message (id, person_id, kind, title, body, path, reference)
    ON CONFLICT (reference, kind, person_id) DO NOTHING
    RETURNING id, person_id
)
INSERT INTO messaging_delivery
    (id, message_id, channel, status, attempts, next_attempt_at, last_error, provider_reference)
SELECT delivery.id, told.id, delivery.channel, 'pending', 0, %s::timestamptz, '', ''
FROM told
JOIN unnest(%s::uuid[], %s::uuid[], %s::text[]) AS delivery (id, message_id, channel) ON delivery.message_id = told.id
WHERE NOT EXISTS (
    SELECT FROM messaging_channelpreference preference
    WHERE preference.person_id = told.person_id AND preference.channel = delivery.channel AND NOT preference.is_on
)
"""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """Something to tell a person.

    Args:
        person_id: whom.
        kind: what sort of message, as `points_credited`, at most 40 characters.
        title: one line; cut after 200 characters.
        reference: what it is about, as `pr:<hex>`; with kind and person it makes the message unique for ever.
        body: more words, or none; cut after 1,000 characters.
        path: the page it leads to, as `/statement`.
        channels: where else than in the inbox, as `("slack",)`; those not set up, or that the
            person switched off, are left out.
    """

    person_id: UUID
    kind: str
    title: str
    reference: str
    body: str = ""
    path: str = ""
    channels: Sequence[str] = ()


def tell(messages: Sequence[NewMessage], *, at: datetime) -> None:
    """Put messages into inboxes and, for each channel that is set up and not switched off, a delivery into the queue.

    1. One statement writes the messages that are new by (reference, kind, person) and their deliveries, in the
       caller's transaction or its own.
    2. When the transaction commits the worker is woken, once.

    Args:
        messages: any number; none does nothing.
        at: the time of the cause; deliveries are due from then on.
    """
    if not messages:
        return
    ready = channels.ready()
    keys = [ids.new() for _ in messages]
    deliveries = [
        (ids.new(), key, channel)
        for key, message in zip(keys, messages, strict=True)
        for channel in dict.fromkeys(message.channels)
        if channel in ready
    ]
    with connection.cursor() as cursor:
        cursor.execute(TELL, [at, keys, *_columns(messages), at, *_transposed(deliveries)])
        if cursor.rowcount:
            deliveries_waker.on_commit()


def _columns(messages: Sequence[NewMessage]) -> list[list[object]]:
    """Return person, kind, title, body, path and reference of the messages, a list for each."""
    return [
        [message.person_id for message in messages],
        [message.kind for message in messages],
        [message.title[:TITLE_CHARACTERS] for message in messages],
        [message.body[:BODY_CHARACTERS] for message in messages],
        [message.path for message in messages],
        [message.reference for message in messages],
    ]


def _transposed(deliveries: list[tuple[UUID, UUID, str]]) -> list[list[object]]:
    """Return id, message and channel of the deliveries, a list for each."""
    return [[delivery[column] for delivery in deliveries] for column in range(3)]
