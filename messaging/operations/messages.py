"""Telling people something."""

import json
from collections.abc import Collection, Sequence
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

# One statement whatever the number of messages, and one parameter, which costs the driver a third of many arrays: this
# runs inside every credit. A delivery is made only for a message that is new, so telling the same thing again does
# nothing at all.
TELL = """
WITH asked AS (
    SELECT * FROM json_to_recordset(%(messages)s) AS message
        (id uuid, person_id uuid, kind text, title text, body text, path text, reference text, deliveries json)
), told AS (
    INSERT INTO messaging_message (id, person_id, kind, title, body, path, reference, created_at)
    SELECT id, person_id, kind, title, body, path, reference, %(at)s::timestamptz FROM asked
    ON CONFLICT (reference, kind, person_id) DO NOTHING
    RETURNING id, person_id
)
INSERT INTO messaging_delivery
    (id, message_id, channel, status, attempts, next_attempt_at, last_error, provider_reference)
SELECT delivery.value::uuid, told.id, delivery.key, 'pending', 0, %(at)s::timestamptz, '', ''
FROM told JOIN asked ON asked.id = told.id CROSS JOIN json_each_text(asked.deliveries) AS delivery
WHERE NOT EXISTS (
    SELECT FROM messaging_channelpreference preference
    WHERE preference.person_id = told.person_id AND preference.channel = delivery.key AND NOT preference.is_on
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
    rows = [_row(message, ready) for message in messages]
    with connection.cursor() as cursor:
        cursor.execute(TELL, {"messages": json.dumps(rows), "at": at})
        if cursor.rowcount:
            deliveries_waker.on_commit()


def _row(message: NewMessage, ready: Collection[str]) -> dict[str, object]:
    """Return a message as TELL reads it: `deliveries` names the id of each by its channel."""
    return {
        "id": ids.new().hex,
        "person_id": message.person_id.hex,
        "kind": message.kind,
        "title": message.title[:TITLE_CHARACTERS],
        "body": message.body[:BODY_CHARACTERS],
        "path": message.path,
        "reference": message.reference,
        "deliveries": {channel: ids.new().hex for channel in message.channels if channel in ready},
    }
