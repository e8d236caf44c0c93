"""Takes an HR system's message: keeps it, reads it, maps it, lets the rules decide, remembers what was answered."""

import base64
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from api import ids, problems
from api.errors import NotFound
from integrations import documents, enrichment, mapping
from integrations.enums import ReceivedStatus
from integrations.errors import DetailUnavailable, UnmappedRecord, UnreadableMessage
from integrations.models import Connection, ReceivedMessage
from integrations.systems import Taken
from people.models import Person
from programs.operations import events
from programs.operations.events import NewEvent, Received
from vault import encryption

CONTENT_TYPE_CHARACTERS_MAX = 120
NOT_FINISHED = "Not finished: the portal stopped while it took the message. Replay it."
REFUSED = "refused"
RETRY_AFTER = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720)]  # a day in all
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reception:
    """What came of a message.

    Args:
        message: as kept.
        taken: what the answer is made of.
        replayed: whether every event of it had come before.
    """

    message: ReceivedMessage
    taken: Taken
    replayed: bool


def receive(
    *, connection: Connection, body: bytes, content_type: str = "", correlation_id: str = "", at: datetime
) -> Reception:
    """Take a message of a connection whose sender is known.

    1. Keep the body, encrypted, before anything can fail. 2. Read it. 3. Make an event of each of its things. 4. Take
    all the events in one call. 5. Keep what came of each. A thing that cannot be mapped leaves the others as they are.

    Args:
        connection: how to read it.
        body: as it came.
        content_type: the header; for the charset.
        correlation_id: the sender's, to find it in both logs; at most 200 characters; says nothing about repeats.
        at: now.

    Raises:
        UnreadableMessage: it is not readable XML or JSON, or `items` finds nothing in it. It was kept with that reason.
    """
    message = ReceivedMessage(
        connection=connection,
        content_type=content_type[:CONTENT_TYPE_CHARACTERS_MAX],
        correlation_id=correlation_id,
        status=ReceivedStatus.FAILED,
        error=NOT_FINISHED,
        received_at=at,
    )
    message.body = encryption.encrypt(base64.b64encode(body).decode(), context=_context(message))
    message.save(force_insert=True)
    return _process(message, body, seconds=enrichment.HOOK_SECONDS, at=at, reconsider=False)


def replay(*, received_message_id: UUID, by: Person, at: datetime) -> Reception:
    """Take a kept message again, as the connection reads it now: after a mapping was mended or a person was added.

    Events that gave points stay as they are; those that gave none are asked about again. The results are replaced.

    Args:
        received_message_id: which.
        by: who wants it.
        at: now.

    Raises:
        NotFound: there is no such message.
        UnreadableMessage: it still cannot be read.
    """
    message = ReceivedMessage.objects.select_related("connection").filter(pk=received_message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    log.info("received_message_replayed", received_message=message.pk.hex, by=by.pk.hex)
    return _process(message, body(message), seconds=enrichment.HOOK_SECONDS, at=at, reconsider=True)


def work(*, at: datetime) -> bool:
    """Take one message again of which a detail was missing, as `replay` does.

    The claim moves its next attempt on first, so that a worker that dies here costs a wait and nothing else.

    Returns:
        Whether one was due.
    """
    with transaction.atomic():
        due = ReceivedMessage.objects.filter(next_attempt_at__lte=at).order_by("next_attempt_at", "pk")
        message = due.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
        if message is None:
            return False
        message.attempts += 1
        message.next_attempt_at = _next_attempt_at(message.attempts, at)
        message.save(update_fields=["attempts", "next_attempt_at"])
    with suppress(UnreadableMessage):  # kept with that reason
        _process(message, body(message), seconds=enrichment.WORKER_SECONDS, at=at, reconsider=True)
    return True


def body(message: ReceivedMessage) -> bytes:
    """Return a message's body as it came."""
    return base64.b64decode(encryption.decrypt(bytes(message.body), context=_context(message)))


def _process(message: ReceivedMessage, raw: bytes, *, seconds: float, at: datetime, reconsider: bool) -> Reception:
    """Read a kept message, fetch what it leaves out, let the rules decide, and keep what came of it."""
    try:
        document = documents.read(raw, message.content_type)
        things = mapping.things(message.connection, document)
    except UnreadableMessage as error:
        _settle(message, ReceivedStatus.UNREADABLE, error=error.detail, results=[], next_attempt_at=None)
        raise
    whole = enrichment.enrich(things, message.connection.enrich, seconds=seconds)
    mapped = [_mapped(message.connection, thing) for thing in whole]
    told = [each for each in mapped if isinstance(each, NewEvent)]
    received = events.receive(told, at=at, reconsider=reconsider)
    results = _results(mapped, received)
    lacks = any(isinstance(each, DetailUnavailable) for each in mapped)
    again = _next_attempt_at(message.attempts, at) if lacks else None
    _settle(message, ReceivedStatus.TAKEN, error="", results=results, next_attempt_at=again)
    first = min((each.event.received_at for each in received), default=message.received_at)
    return Reception(
        message=message,
        taken=Taken(document=document, things=things, results=results, at=first),
        replayed=bool(received) and all(each.replayed for each in received),
    )


def _next_attempt_at(attempts: int, at: datetime) -> datetime | None:
    """Return when a missing detail is asked for again; None when it was asked for often enough."""
    return at + RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None


def _mapped(connection: Connection, thing: Any) -> NewEvent | UnmappedRecord:
    """Return the event of a thing, or why there is none."""
    if isinstance(thing, UnmappedRecord):
        return thing
    try:
        return mapping.event(connection, mapping.read(connection, thing))
    except UnmappedRecord as error:
        return error


def _results(mapped: Sequence[NewEvent | UnmappedRecord], received: Sequence[Received]) -> list[dict[str, Any]]:
    """Return what came of each thing, in order, as it is answered."""
    answers = iter(received)
    return [_unmapped(each) if isinstance(each, UnmappedRecord) else _result(each, next(answers)) for each in mapped]


def _result(told: NewEvent, came: Received) -> dict[str, Any]:
    """Return what came of an event: `record` is its id in the HR system, for who reads that system's log."""
    event_id = ids.public(ids.EVENT, came.event.pk)
    return {"id": event_id, "record": told.source_id, "status": str(came.event.status), "matches": came.matches}


def _unmapped(error: UnmappedRecord) -> dict[str, Any]:
    """Return what came of a thing that could not be mapped."""
    return {"id": None, "record": None, "status": REFUSED, "problem": problems.problem(error)}


def _settle(
    message: ReceivedMessage,
    status: ReceivedStatus,
    *,
    error: str,
    results: list[dict[str, Any]],
    next_attempt_at: datetime | None,
) -> None:
    """Keep what came of a message, and say so in the log, where the sender's correlation id stands beside it."""
    message.status, message.error, message.results = status, error[:500], results
    message.next_attempt_at = next_attempt_at
    message.save(update_fields=["status", "error", "results", "next_attempt_at"])
    counts = Counter(result["status"] for result in results)
    log.info("message_settled", received_message=message.pk.hex, status=str(status), records=len(results), **counts)


def _context(message: ReceivedMessage) -> str:
    """Return what a body is encrypted for: this row and no other."""
    return f"integrations.receivedmessage:{message.pk}"
