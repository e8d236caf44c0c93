"""What a person does with their inbox."""

from datetime import datetime
from uuid import UUID

from messaging.models import Message
from people.models import Person


def read(message_id: UUID, *, person: Person, at: datetime) -> Message | None:
    """Mark a message as read and return it, or None where this person has none such. A second time keeps the date.

    Args:
        message_id: which.
        person: whose inbox it must be in.
        at: now.
    """
    mine = Message.objects.filter(pk=message_id, person=person)
    mine.filter(read_at=None).update(read_at=at)
    return mine.first()


def read_all(*, person: Person, at: datetime) -> int:
    """Mark all of a person's messages as read; return how many were not."""
    return Message.objects.filter(person=person, read_at=None).update(read_at=at)
