"""Who decides for somebody who is away."""

from datetime import datetime, timedelta
from uuid import UUID

import pghistory
from django.db import transaction

from approvals.errors import DelegationInvalid
from approvals.models import Delegation
from messaging.enums import Channel
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from people.models import Person

DAYS_MAX = 366


def name(
    *, person: Person, delegate: Person, starts_at: datetime, ends_at: datetime, by: Person, at: datetime
) -> Delegation:
    """Let somebody decide what a person may decide, while that person is away; the delegate is told.

    1. Lock the person, so that two names at the same moment see each other.
    2. Refuse a delegate who does not work here, is the person, named somebody for the same time, or named themselves.
    3. Write it and tell the delegate.

    Args:
        starts_at, ends_at: [from, until); at most 366 days.
        by: who says so: the person, or HR for them.

    Raises:
        DelegationInvalid: as said above, or the dates are none; the pointer names the field.
    """
    with transaction.atomic(), pghistory.context(user=str(by.pk)):
        list(Person.objects.select_for_update(no_key=True).filter(pk=person.pk).only("pk"))
        delegate = Person.objects.get(pk=delegate.pk)
        _check(person, delegate, starts_at, ends_at, by, at)
        delegation = Delegation.objects.create(person=person, delegate=delegate, starts_at=starts_at, ends_at=ends_at)
        messages.tell([_message(delegation)], at=at)
    return delegation


def end(delegation_id: UUID, *, by: Person, at: datetime) -> Delegation:
    """End a delegation now, or before it begins; one that is over stays as it was."""
    with transaction.atomic(), pghistory.context(user=str(by.pk)):
        delegation = Delegation.objects.select_for_update(no_key=True).get(pk=delegation_id)
        if delegation.ends_at > at:
            delegation.ends_at = max(at, delegation.starts_at)
            delegation.save(update_fields=["ends_at"])
    return delegation


def _check(person: Person, delegate: Person, starts_at: datetime, ends_at: datetime, by: Person, at: datetime) -> None:
    if delegate.pk == person.pk:
        raise DelegationInvalid("Name somebody else.", pointer="/delegate")
    if by.pk == delegate.pk:
        raise DelegationInvalid("Nobody makes themselves a delegate. A colleague of HR names you.", pointer="/delegate")
    if not delegate.is_active:
        detail = f"{delegate} is {delegate.get_status_display().lower()}. Name somebody who works here."
        raise DelegationInvalid(detail, pointer="/delegate")
    if ends_at <= starts_at or ends_at <= at or ends_at - starts_at > timedelta(days=DAYS_MAX):
        detail = f"The last day is not before the first, not over, and at most {DAYS_MAX} days later."
        raise DelegationInvalid(detail, pointer="/ends_at")
    overlapping = Delegation.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    if overlapping.filter(person=person).exists():
        detail = "Somebody is named for some of these days already. End that first."
        raise DelegationInvalid(detail, pointer="/starts_at")
    if overlapping.filter(person=delegate).exists():
        detail = f"{delegate} is away on some of these days as well. Name somebody who is here."
        raise DelegationInvalid(detail, pointer="/delegate")


def _message(delegation: Delegation) -> NewMessage:
    return NewMessage(
        person_id=delegation.delegate_id,
        kind="delegation",
        title=f"You decide for {delegation.person} while they are away",
        body="What waits for their approval waits for yours in that time.",
        path="/approvals",
        reference=f"delegation:{delegation.pk.hex}",
        channels=Channel.values,
    )
