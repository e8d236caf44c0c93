"""Tells people things, and does what the sweep does, at times of a test's choosing."""

from datetime import UTC, datetime

from messaging.models import Delivery
from messaging.operations import deliveries, messages
from messaging.operations.messages import NewMessage
from people.models import Person

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def told(person: Person, reference: str = "pr:1", at: datetime = AT, channel: str = "slack", **words: str) -> Delivery:
    """Tell somebody something through one channel and return the delivery."""
    fields = {"title": "You earned 500 points", "body": "Q3 rating 5", "path": "/statement"} | words
    message = NewMessage(
        person_id=person.pk, kind="points_credited", reference=reference, channels=(channel,), **fields
    )
    messages.tell([message], at=at)
    return Delivery.objects.get(message__reference=reference)


def attempt(at: datetime = AT) -> Delivery | None:
    """Do what the sweep does for one delivery."""
    claimed = deliveries.claim(at=at)
    if claimed:
        deliveries.settle(claimed, deliveries.send(claimed), at=at)
        claimed.refresh_from_db()
    return claimed


def tried(at: datetime = AT) -> Delivery:
    """Do the same where one has to be due."""
    delivery = attempt(at)
    assert delivery is not None
    return delivery
