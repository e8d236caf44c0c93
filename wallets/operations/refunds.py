"""Gives redemptions back."""

from datetime import datetime, timedelta
from uuid import UUID

from wallets.enums import AccountKind, TransferKind
from wallets.errors import UnknownTransfer
from wallets.models import Transfer
from wallets.operations import transfers
from wallets.operations.transactions import retried
from wallets.operations.transfers import NewTransfer, Posting

REFUND_GRACE_DAYS = 30  # to spend points that came back too late for their own date


@retried
def refund(transfer_id: UUID, *, points: int | None, reference: str, at: datetime) -> Posting:
    """Give a redemption or a pay-out back to its wallet, whole or in part; never more in sum than it took.

    The points go back into the lots they came from, which keep their dates: what was drawn last comes back first, so
    what expires last. What came from lots that are past their date by now comes as a new lot, which expires
    REFUND_GRACE_DAYS days after `at`.

    Args:
        transfer_id: the redemption or pay-out.
        points: how many; None for all that did not come back yet.
        reference: unique for ever, 1 to 80 characters; the same again gives nothing and answers as the first one did.
        at: now.

    Raises:
        UnknownTransfer: no transfer has this id, or it took no points from a wallet.
        OverRefund: fewer are left of it.
        AccountClosed: the wallet is closed.
        ReferenceConflict: the reference was used for something else.
        PointsOutOfRange, InvalidReference, InvalidTime: something was given that cannot be.
    """
    transfers.check_time(at)
    spend = Transfer.objects.filter(pk=transfer_id, debit__kind=AccountKind.WALLET).first()
    if spend is None:
        raise UnknownTransfer("There is no such redemption. Name a transfer that took points from a wallet.")
    new = NewTransfer(
        debit_id=spend.credit_id,
        credit_id=spend.debit_id,
        points=points,
        kind=TransferKind.REFUND,
        reference=reference,
        expires_at=at + timedelta(days=REFUND_GRACE_DAYS),
        reverses_id=spend.pk,
    )
    [posting] = transfers.post([new], at=at)
    if posting.error is not None:
        raise posting.error
    return posting
