"""What the owner of a travel credit does with it, and what booking systems do.

A booking system holds part of a credit (authorise), then takes all or some of that (capture: the rest is free again)
or lets it go (release); what it took can come back (refund). Each `reference` has one effect, per credit and client.
Every write of a credit happens under its row lock, so whatever comes at once comes one after another.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from api import money
from api.errors import NotFound
from api.models import ApiClient
from people.models import Person
from redemptions.enums import AuthorisationStatus, EntryKind, OrderStatus
from redemptions.errors import AuthorisationTime, CodeGone, NotYours, RefundTooLarge
from redemptions.models import TravelCredit, TravelCreditAuthorisation, TravelCreditEntry
from redemptions.operations import travel_credit_guards as guards
from redemptions.operations.announcing import announce_capture
from redemptions.operations.vouchers import RevealedCode
from vault import encryption
from wallets.operations.transactions import retried

EXPIRE_LIMIT = 500  # credits in one transaction


def reveal(travel_credit_id: UUID, *, person: Person, at: datetime) -> RevealedCode:
    """Show a travel credit's code to its owner, and count that it was shown. The page proves presence beforehand.

    Raises:
        NotYours: there is no such credit, or it is somebody else's.
        CodeGone: its key is gone.
    """
    mine = TravelCredit.objects.filter(pk=travel_credit_id, order__person=person, order__status=OrderStatus.FULFILLED)
    with transaction.atomic():
        if not mine.update(first_revealed_at=Coalesce(F("first_revealed_at"), at), reveals=F("reveals") + 1):
            raise NotYours("There is no such travel credit among your rewards.")
        credit = TravelCredit.objects.get(pk=travel_credit_id)
        try:
            code = encryption.decrypt(bytes(credit.code), context=f"redemptions.travelcredit:{credit.pk}")
        except encryption.DecryptionError as error:
            raise CodeGone("This code cannot be read any more. Tell HR; your points are safe.") from error
    return RevealedCode(code)


@retried
def authorise(
    *,
    travel_credit_id: UUID,
    amount: int,
    currency: str,
    reference: str,
    expires_at: datetime | None = None,
    description: str = "",
    client: ApiClient | None = None,
    at: datetime,
) -> TravelCreditAuthorisation:
    """Hold part of a travel credit for a booking: it stays in the balance, and no other booking can have it.

    Asked again with the same reference and content it returns what was authorised, whatever became of it.

    Args:
        travel_credit_id: the credit.
        amount: how much, in minor units.
        currency: ISO 4217; the credit's own.
        reference: the booking system's name for the booking, as its owner will read it.
        expires_at: when it is free again unasked; after 7 days when not given, or with the credit if sooner.
        description: what is booked, as `Berlin to Lisbon`; its owner reads it.
        client: the booking system; None for the portal itself.
        at: now.

    Raises:
        InsufficientCredit: less is free.
        CreditExpired, CreditSuspended: nothing can be booked on it.
        ReferenceConflict: the reference came before with something else.
        CurrencyMismatch, AmountOutOfRange, AuthorisationTime: something was given that no credit could hold.
        NotFound: there is no such credit.
    """
    credit = _locked(travel_credit_id)
    guards.check_money(credit, amount, currency)
    earlier = credit.authorisations.filter(client=client, reference=reference).first()
    if earlier:
        ends = guards.end(credit, expires_at, at=earlier.authorised_at)
        if (earlier.amount, earlier.expires_at, earlier.description) != (amount, ends, description):
            raise guards.conflict(reference)
        return earlier
    if credit.entries.filter(client=client, reference=reference).exists():
        raise guards.conflict(reference)
    guards.check_bookable(credit, at=at)
    ends = guards.end(credit, expires_at, at=at)
    if ends <= at or (credit.expires_at and ends > credit.expires_at):
        raise AuthorisationTime(
            "It must end in the future, and no later than the travel credit. Give another `expires_at`, or none.",
            pointer="/expires_at",
        )
    _free_due([credit], at=at)
    guards.check_free(credit, credit.free, amount, "free on this travel credit")
    credit.authorised += amount
    credit.save(update_fields=["authorised"])
    return credit.authorisations.create(
        client=client, reference=reference, description=description, amount=amount, authorised_at=at, expires_at=ends
    )


@retried
def capture(
    authorisation_id: UUID,
    *,
    travel_credit_id: UUID,
    amount: int | None = None,
    currency: str | None = None,
    reference: str | None = None,
    client: ApiClient | None = None,
    at: datetime,
) -> TravelCreditAuthorisation:
    """Take what a booking holds, or part of it: then the rest is free again and the authorisation is closed.

    Asked again with the same reference and amount it returns what was captured.

    Args:
        authorisation_id: what `authorise` returned, made by the same client.
        travel_credit_id: the credit it is of.
        amount: how much, in minor units; all of it when not given.
        currency: ISO 4217, with an amount; the credit's own.
        reference: the booking system's name for the payment; the booking's own when not given.
        client: the booking system; None for the portal itself.
        at: now.

    Raises:
        AuthorisationClosed: it was captured, released or has expired.
        InsufficientCredit: the authorisation holds less.
        ReferenceConflict: the reference came before with something else.
        CurrencyMismatch, AmountOutOfRange: something was given that no credit could hold.
        NotFound: there is no such authorisation, or it is another client's.
    """
    credit = _locked(travel_credit_id)
    authorisation = _booking(credit, authorisation_id, client)
    taken = authorisation.amount if amount is None else amount
    guards.check_money(credit, taken, currency or credit.currency)
    reference = reference or authorisation.reference
    earlier = credit.entries.filter(client=client, reference=reference).first()
    if earlier and earlier.says(EntryKind.CAPTURED, taken, authorisation.pk):
        return authorisation
    if reference != authorisation.reference:
        guards.check_unused(credit, client, reference, earlier)
    guards.check_open(authorisation, at=at)
    guards.check_free(credit, authorisation.amount, taken, "held by this authorisation")
    credit.entries.create(
        authorisation=authorisation, client=client, kind=EntryKind.CAPTURED, amount=taken, reference=reference, at=at
    )
    credit.balance -= taken
    captured = _close(credit, authorisation, AuthorisationStatus.CAPTURED, captured=taken, at=at)
    announce_capture(captured, at=at)
    return captured


@retried
def release(
    authorisation_id: UUID, *, travel_credit_id: UUID, client: ApiClient | None = None, at: datetime
) -> TravelCreditAuthorisation:
    """Let go of what a booking holds: all of it is free again. A second time returns what was released.

    Raises:
        AuthorisationClosed: it was captured or has expired.
        NotFound: there is no such authorisation, or it is another client's.
    """
    credit = _locked(travel_credit_id)
    authorisation = _booking(credit, authorisation_id, client)
    if authorisation.status == AuthorisationStatus.RELEASED:
        return authorisation
    guards.check_open(authorisation, at=at)
    return _close(credit, authorisation, AuthorisationStatus.RELEASED, at=at)


@retried
def refund(
    *,
    travel_credit_id: UUID,
    amount: int,
    currency: str,
    reference: str,
    authorisation_id: UUID | None = None,
    client: ApiClient | None = None,
    at: datetime,
) -> TravelCreditEntry:
    """Give back to a travel credit what a booking took; also to one that has expired, where it can no longer be spent.

    Asked again with the same reference and content it returns what was refunded.

    Args:
        travel_credit_id: the credit.
        amount: how much, in minor units.
        currency: ISO 4217; the credit's own.
        reference: the booking system's name for the refund, another than the booking's.
        authorisation_id: the booking it belongs to, which then bounds it; None: any of this client's.
        client: the booking system; None for the portal itself.
        at: now.

    Raises:
        RefundTooLarge: this client captured less, or refunded it already.
        ReferenceConflict: the reference came before with something else.
        CurrencyMismatch, AmountOutOfRange: something was given that no credit could hold.
        NotFound: there is no such credit or authorisation, or that is another client's.
    """
    credit = _locked(travel_credit_id)
    if authorisation_id:
        _booking(credit, authorisation_id, client, pointer="/authorisation")
    guards.check_money(credit, amount, currency)
    earlier = credit.entries.filter(client=client, reference=reference).first()
    if earlier and earlier.says(EntryKind.REFUNDED, amount, authorisation_id):
        return earlier
    guards.check_unused(credit, client, reference, earlier)
    theirs = credit.entries.filter(client=client)
    refundable = guards.refundable(theirs)
    if authorisation_id:
        refundable = min(refundable, guards.refundable(theirs.filter(authorisation=authorisation_id)))
    if amount > refundable:
        raise RefundTooLarge(
            f"{money.in_words(refundable, credit.currency)} can be refunded. Give at most that.", pointer="/amount"
        )
    credit.balance += amount
    credit.save(update_fields=["balance"])
    return credit.entries.create(
        authorisation_id=authorisation_id,
        client=client,
        kind=EntryKind.REFUNDED,
        amount=amount,
        reference=reference,
        at=at,
    )


@retried
def expire(*, at: datetime, limit: int = EXPIRE_LIMIT) -> int:
    """Free what authorisations hold whose time is over (`expires_at <= at`).

    Credits that a booking system is working on at this moment are left for the next run.

    Returns:
        How many authorisations expired; none when none is left.
    """
    due = _due(at=at).filter(travel_credit=OuterRef("pk"))
    credits_due = TravelCredit.objects.filter(Exists(due)).defer("code").order_by("pk")
    return _free_due(list(credits_due.select_for_update(skip_locked=True, no_key=True)[:limit]), at=at)


def _locked(travel_credit_id: UUID) -> TravelCredit:
    """Return a credit with its order and owner, its row locked until the transaction ends."""
    rows = TravelCredit.objects.select_related("order__person").defer("code")
    credit = rows.select_for_update(of=("self",), no_key=True).filter(pk=travel_credit_id).first()
    if credit is None:
        raise NotFound("There is no such travel credit.")
    return credit


def _booking(
    credit: TravelCredit, authorisation_id: UUID, client: ApiClient | None, *, pointer: str | None = None
) -> TravelCreditAuthorisation:
    """Return an authorisation of this credit and this client."""
    authorisation = credit.authorisations.filter(pk=authorisation_id, client=client).first()
    if authorisation is None:
        raise NotFound("There is no such authorisation on this travel credit.", pointer=pointer)
    return authorisation


def _close(
    credit: TravelCredit,
    authorisation: TravelCreditAuthorisation,
    status: AuthorisationStatus,
    *,
    captured: int = 0,
    at: datetime,
) -> TravelCreditAuthorisation:
    """Close an open authorisation of a locked credit: whatever it held, it holds no more."""
    authorisation.status, authorisation.captured, authorisation.closed_at = status, captured, at
    authorisation.save(update_fields=["status", "captured", "closed_at"])
    credit.authorised -= authorisation.amount
    credit.save(update_fields=["balance", "authorised"])
    return authorisation


def _due(*, at: datetime) -> QuerySet[TravelCreditAuthorisation]:
    return TravelCreditAuthorisation.objects.filter(status=AuthorisationStatus.OPEN, expires_at__lte=at)


def _free_due(locked: Collection[TravelCredit], *, at: datetime) -> int:
    """Expire what is due on locked credits, and bring them up to date; return how many expired."""
    due = list(_due(at=at).filter(travel_credit__in=locked))
    freed: Counter[UUID] = Counter()
    for authorisation in due:
        freed[authorisation.travel_credit_id] += authorisation.amount
    changed = [credit for credit in locked if credit.pk in freed]
    for credit in changed:
        credit.authorised -= freed[credit.pk]
    TravelCreditAuthorisation.objects.filter(pk__in=[one.pk for one in due]).update(
        status=AuthorisationStatus.EXPIRED, closed_at=at
    )
    TravelCredit.objects.bulk_update(changed, ["authorised"])
    return len(due)
