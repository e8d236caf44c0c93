"""What drew on travel credits, as pages and the API show it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Window
from django.db.models.functions import RowNumber

from redemptions.enums import AuthorisationStatus, EntryKind
from redemptions.models import TravelCreditAuthorisation, TravelCreditEntry

BOOKINGS_MAX = 200  # of one credit, the newest; as many as a page of a list has


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """Something that drew on a travel credit, or gave back to it; amounts in minor units.

    Args:
        reference: as the booking system knows it.
        description: what was booked; of a refund, what came back; may be empty.
        status: of the authorisation, or `refunded`; `status_in_words` is that for reading.
        amount: what was authorised, or refunded.
        captured: what was taken; 0 of a refund.
        at: when it was last heard of.
        held_until: when a held amount is free again unasked; None where nothing is held.
    """

    reference: str
    description: str
    status: str
    status_in_words: str
    amount: int
    captured: int
    at: datetime
    held_until: datetime | None = None

    @property
    def is_refund(self) -> bool:
        """Return whether it gave back."""
        return self.status == EntryKind.REFUNDED


def of(travel_credit_ids: Collection[UUID]) -> dict[UUID, list[Booking]]:
    """Return what drew on travel credits and came back to them, by credit, newest first: two queries for all."""
    if not travel_credit_ids:
        return {}
    number = Window(RowNumber(), partition_by="travel_credit", order_by="-id")
    held = TravelCreditAuthorisation.objects.filter(travel_credit__in=travel_credit_ids)
    back = TravelCreditEntry.objects.filter(travel_credit__in=travel_credit_ids, kind=EntryKind.REFUNDED)
    by_credit: dict[UUID, list[tuple[UUID, Booking]]] = {}
    for one in held.annotate(number=number).filter(number__lte=BOOKINGS_MAX):
        by_credit.setdefault(one.travel_credit_id, []).append((one.pk, _booking(one)))
    for entry in back.select_related("authorisation").annotate(number=number).filter(number__lte=BOOKINGS_MAX):
        by_credit.setdefault(entry.travel_credit_id, []).append((entry.pk, _refund(entry)))
    return {
        credit_id: [booking for _, booking in sorted(found, key=lambda pair: pair[0], reverse=True)[:BOOKINGS_MAX]]
        for credit_id, found in by_credit.items()
    }


def _booking(authorisation: TravelCreditAuthorisation) -> Booking:
    status = AuthorisationStatus(authorisation.status)
    return Booking(
        reference=authorisation.reference,
        description=authorisation.description,
        status=status.value,
        status_in_words=status.label,
        amount=authorisation.amount,
        captured=authorisation.captured,
        at=authorisation.closed_at or authorisation.authorised_at,
        held_until=authorisation.expires_at if status == AuthorisationStatus.OPEN else None,
    )


def _refund(entry: TravelCreditEntry) -> Booking:
    return Booking(
        reference=entry.reference,
        description=entry.authorisation.description if entry.authorisation else "",
        status=EntryKind.REFUNDED.value,
        status_in_words=EntryKind.REFUNDED.label,
        amount=entry.amount,
        captured=0,
        at=entry.at,
    )
