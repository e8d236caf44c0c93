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
    with connection.cursor() as cursor:
        cursor.execute("SELECT messaging_tell(%s::json, %s)", [as_json(messages), at])
        [deliveries] = cursor.fetchone()
    told(deliveries)


def as_json(messages: Sequence[NewMessage]) -> str:
    """Return messages as `messaging_tell` in sql/tell.sql takes them: one parameter costs a third of many arrays.

    Another room's statement may call that function too, to tell what it does in the same breath, and then says `told`.
    """
    ready = channels.ready()
    return json.dumps([_row(message, ready) for message in messages])


def told(deliveries: int) -> None:
    """Wake the worker when the transaction commits, where a call of `messaging_tell` left it something to do."""
    if deliveries:
        deliveries_waker.on_commit()


def _row(message: NewMessage, ready: Collection[str]) -> dict[str, object]:
    """Return a message as `messaging_tell` reads it: `deliveries` names the id of each by its channel."""
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
