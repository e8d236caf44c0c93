"""What a travel credit must be for an operation to go on. Each is asked while the credit's row is locked."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from api import money
from api.models import ApiClient
from redemptions.enums import AuthorisationStatus, EntryKind, TravelCreditStatus
from redemptions.errors import (
    AmountOutOfRange,
    AuthorisationClosed,
    CreditExpired,
    CreditSuspended,
    CurrencyMismatch,
    InsufficientCredit,
    ReferenceConflict,
)
from redemptions.models import TravelCredit, TravelCreditAuthorisation, TravelCreditEntry

AUTHORISED_FOR = timedelta(days=7)  # when the booking system does not say; as long as most cards hold


def end(credit: TravelCredit, expires_at: datetime | None, *, at: datetime) -> datetime:
    """Return when an authorisation made `at` ends: as asked, else by our rule."""
    if expires_at:
        return expires_at
    return min(at + AUTHORISED_FOR, credit.expires_at) if credit.expires_at else at + AUTHORISED_FOR


def check_money(credit: TravelCredit, amount: int, currency: str) -> None:
    """Refuse an amount (minor units) of another currency, or of nothing.

    Raises:
        CurrencyMismatch, AmountOutOfRange: it is one of these.
    """
    if currency != credit.currency:
        raise CurrencyMismatch(
            f"This travel credit is in {credit.currency}, not in {currency}.", pointer="/amount/currency"
        )
    if amount < 1:
        raise AmountOutOfRange("Give an amount above zero.", pointer="/amount/amount")


def check_bookable(credit: TravelCredit, *, at: datetime) -> None:
    """Refuse a credit on which nothing more can be booked.

    Raises:
        CreditExpired, CreditSuspended: it is one of these.
    """
    match credit.status(at=at):
        case TravelCreditStatus.EXPIRED:
            raise CreditExpired("This travel credit is past its last day. Nothing more can be booked on it.")
        case TravelCreditStatus.SUSPENDED | TravelCreditStatus.REFUNDED:
            raise CreditSuspended("Nothing more can be booked on this travel credit. Its owner can ask HR why.")


def check_open(authorisation: TravelCreditAuthorisation, *, at: datetime) -> None:
    """Refuse an authorisation that is over, by its status or by its date.

    Raises:
        AuthorisationClosed: it is.
    """
    if authorisation.status != AuthorisationStatus.OPEN:
        was = AuthorisationStatus(authorisation.status).value
        raise AuthorisationClosed(f"This authorisation is {was}. Authorise again to take more.")
    if authorisation.expires_at <= at:
        raise AuthorisationClosed("This authorisation has expired. Authorise again.")


def check_free(credit: TravelCredit, free: int, amount: int, where: str) -> None:
    """Refuse an amount that is more than what is free; both in minor units of the credit's currency.

    Raises:
        InsufficientCredit: it is.
    """
    if amount > free:
        raise InsufficientCredit(
            f"{money.in_words(free, credit.currency)} is {where},"
            f" {money.in_words(amount, credit.currency)} was asked for. Ask for less.",
            pointer="/amount",
        )


def check_unused(
    credit: TravelCredit, client: ApiClient | None, reference: str, earlier: TravelCreditEntry | None
) -> None:
    """Refuse a reference that stands for an entry, or for a booking."""
    if earlier or credit.authorisations.filter(client=client, reference=reference).exists():
        raise conflict(reference)


def conflict(reference: str) -> ReferenceConflict:
    """Return the refusal of a reference that has another effect."""
    return ReferenceConflict(
        f'"{reference}" already stands for something else on this travel credit. Use a new reference.',
        pointer="/reference",
    )


def refundable(entries: QuerySet[TravelCreditEntry]) -> int:
    """Return what was captured and not yet refunded, in minor units."""
    sums = entries.aggregate(
        captured=Coalesce(Sum("amount", filter=Q(kind=EntryKind.CAPTURED)), 0),
        refunded=Coalesce(Sum("amount", filter=Q(kind=EntryKind.REFUNDED)), 0),
    )
    return int(sums["captured"] - sums["refunded"])
