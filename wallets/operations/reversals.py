"""Takes credits back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wallets.enums import AccountKind, TransferKind
from wallets.errors import UnknownTransfer
from wallets.models import Transfer
from wallets.operations import accounts, transfers
from wallets.operations.transactions import retried
from wallets.operations.transfers import NewTransfer


@dataclass(frozen=True, kw_only=True, slots=True)
class Reversed:
    """What a reversal took back.

    Args:
        transfer_id: the reversal; None where there was nothing to take.
        points: how many came back.
        shortfall: how many of those asked for did not: they are spent, held, past their date or taken back before.
    """

    transfer_id: UUID | None
    points: int
    shortfall: int


@retried
def reverse(transfer_id: UUID, *, points: int | None, reference: str, at: datetime) -> Reversed:
    """Take a credit back from its wallet, as far as its points are still there, out of the lots that expire first.

    They go to the account that paid, or to `reversed` where that one is closed. Several reversals of one credit, at
    once or later, never take more than it gave; the wallet never goes below nothing.

    Args:
        transfer_id: the credit, or an adjustment that gave points.
        points: how many; None for all that were not taken back yet.
        reference: unique for ever, 1 to 80 characters; the same again answers what the first one took. Where there was
            nothing to take it is still free.
        at: now.

    Raises:
        UnknownTransfer: no transfer has this id, or it did not give points to a wallet.
        AccountClosed: the wallet is closed.
        ReferenceConflict: the reference was used for something else.
        PointsOutOfRange, InvalidReference, InvalidTime: something was given that cannot be.
    """
    transfers.check_reference(reference)
    credit = Transfer.objects.filter(pk=transfer_id, credit__kind=AccountKind.WALLET).select_related("debit").first()
    if credit is None:
        raise UnknownTransfer("There is no such credit. Name a transfer that gave points to a wallet.")
    new = NewTransfer(
        debit_id=credit.credit_id,
        credit_id=_payee(credit, reference),
        points=points,
        kind=TransferKind.REVERSAL,
        reference=reference,
        reverses_id=credit.pk,
        at_most=True,
    )
    [posting] = transfers.post([new], at=at)
    if posting.error is not None:
        raise posting.error
    return Reversed(transfer_id=posting.transfer_id, points=posting.points, shortfall=posting.shortfall)


def _payee(credit: Transfer, reference: str) -> UUID:
    """Return who gets the points: whoever got them when this reference was posted before, else whoever paid."""
    earlier = Transfer.objects.filter(reference=reference, reverses=credit).first()
    if earlier is not None:
        return earlier.credit_id
    return credit.debit_id if credit.debit.closed_at is None else accounts.system(AccountKind.REVERSED).pk
