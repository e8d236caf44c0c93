"""Telling client systems what happened, in the transaction in which it happened."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection

from api import ids
from messaging.enums import WebhookType
from messaging.representations import moment
from messaging.waking import Waker

webhooks_waker = Waker("messaging.tasks.sweep_webhooks")
Thing = TypeVar("Thing")

# The types that anybody listens to; other rooms' statements may ask it on their way.
HEARD = """(SELECT array_agg(DISTINCT heard.type) FROM messaging_webhookendpoint, unnest(types) AS heard (type)
 WHERE status = 'enabled')"""


@dataclass(frozen=True, slots=True)
class NewWebhookEvent:
    """Something that happened.

    Args:
        type: what.
        data: the thing as the API shows it. No codes, ever.
        programme: the slug of the programme it belongs to: clients held to others are not told. None: all are.
    """

    type: WebhookType
    data: Any
    programme: str | None = None


def is_heard(types: Collection[WebhookType]) -> bool:
    """Return whether an enabled endpoint listens to one of these types; one query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {HEARD} && %s::varchar[]", [list(types)])
        [answer] = cursor.fetchone()
    return bool(answer)


def announce(events: Sequence[NewWebhookEvent], *, at: datetime) -> None:
    """Write events for the endpoints that listen, in the caller's transaction; one statement for any number.

    Args:
        events: what happened; none does nothing. What nobody listens to leaves no row.
        at: when. Endpoints are told from then on; order is not promised.
    """
    if events:
        with connection.cursor() as cursor:
            cursor.execute("SELECT messaging_announce(%s::json, %s)", [as_json(events, at=at), at])
            [deliveries] = cursor.fetchone()
        announced(deliveries)


def announce_things(
    type_: WebhookType,
    things: Sequence[Thing],
    *,
    represent: Callable[[Sequence[Thing]], list[dict[str, Any]]],
    programme: Callable[[Thing], str] | None = None,
    at: datetime,
) -> None:
    """Do the same for things that have to be put into JSON first, which is done only where somebody listens.

    Args:
        type_: what happened to each.
        things: the rows, as they are now.
        represent: makes their JSON, all at once.
        programme: names the programme of one.
        at: when.
    """
    if things and is_heard([type_]):
        slugs = [programme(thing) if programme else None for thing in things]
        events = [NewWebhookEvent(type_, data, slug) for data, slug in zip(represent(things), slugs, strict=True)]
        announce(events, at=at)


def as_json(events: Sequence[NewWebhookEvent | None], *, at: datetime) -> str:
    """Return events as `messaging_announce` in sql/announce.sql takes them; null where there is none.

    Another room's statement may call that function too, to tell what it does in the same breath, and then says
    `announced`.
    """
    timestamp = moment(at)
    return json.dumps([_row(event, timestamp) if event else None for event in events])


def announced(deliveries: int) -> None:
    """Wake the worker when the transaction commits, where a call of `messaging_announce` left it something to do."""
    if deliveries:
        webhooks_waker.on_commit()


def _row(event: NewWebhookEvent, timestamp: str | None) -> dict[str, Any]:
    return {
        "id": ids.new().hex,
        "type": event.type,
        "programme": event.programme,
        "timestamp": timestamp,
        "data": event.data,
    }
