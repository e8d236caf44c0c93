"""Sets points aside, takes them, gives them back. Locks go from the hold to its wallet to the shared account."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F

from wallets.enums import AccountKind, HoldStatus, TransferKind
from wallets.errors import (
    AccountClosed,
    HoldClosed,
    InsufficientPoints,
    InvalidTime,
    ReferenceConflict,
    UnknownAccount,
    UnknownHold,
)
from wallets.models import Account, Hold
from wallets.operations import accounts, lots, transfers
from wallets.operations.transactions import retried, run_statement

EXPIRE_LIMIT = 1000  # holds in one transaction


@retried
def place(*, account_id: UUID, points: int, reference: str, at: datetime, expires_at: datetime | None = None) -> Hold:
    """Set points of a wallet aside. They stay in the wallet, but cannot be spent, held again or expire.

    Asked again with the same reference, wallet and points, it returns the hold that was placed, whatever became of it.

    Args:
        account_id: a wallet.
        points: from 1 to TRANSFER_POINTS_MAX.
        reference: what they are held for, unique for ever, 1 to 80 characters; the capture's transfer gets it too.
        at: now.
        expires_at: when they are given back unasked; None for never. From then on they cannot be captured; they stay
            set aside until `expire` gives them back.

    Raises:
        InsufficientPoints: fewer are available.
        UnknownAccount: no wallet has this id.
        AccountClosed: the wallet is closed.
        ReferenceConflict: the reference holds something else.
        PointsOutOfRange, InvalidReference, InvalidTime: something was given that no wallet could hold.
    """
    transfers.check_points(points)
    transfers.check_reference(reference)
    transfers.check_time(at)
    if expires_at is not None:
        transfers.check_zone(expires_at)
        if expires_at <= at:
            raise InvalidTime("A hold must expire after it is placed. Give a later `expires_at`.")
    wallet = Account.objects.select_for_update(no_key=True).filter(pk=account_id, kind=AccountKind.WALLET).first()
    if wallet is None:
        raise UnknownAccount("There is no such wallet. Open it first.")
    earlier = Hold.objects.filter(reference=reference).first()
    if earlier is not None:
        if (earlier.account_id, earlier.points) != (account_id, points):
            raise ReferenceConflict("The reference holds other points already. Use a new one.")
        return earlier
    if wallet.closed_at is not None:
        raise AccountClosed("The wallet is closed.")
    available = max(0, wallet.available - lots.overdue(account_id, at=at))
    if available < points:
        raise InsufficientPoints(f"{available} points are available, {points} are needed. Choose something smaller.")
    Account.objects.filter(pk=wallet.pk).update(held=F("held") + points)
    return Hold.objects.create(
        account_id=account_id, points=points, reference=reference, placed_at=at, expires_at=expires_at
    )


@retried
def capture(hold_id: UUID, *, at: datetime) -> Hold:
    """Take what is held: a redemption under the hold's reference, out of the lots that expire first.

    1. Locks the hold, then the wallet, and frees the points.
    2. Moves them to `redeemed`.
    3. Closes the hold with the transfer's key.

    Raises:
        HoldClosed: it was captured, released or expired before, or its time is over (`expires_at <= at`).
        UnknownHold: no hold has this id.
        ReferenceConflict: another transfer took the hold's reference meanwhile.
    """
    transfers.check_time(at)
    hold = _free(hold_id)
    if hold.expires_at is not None and hold.expires_at <= at:
        raise HoldClosed("These points are no longer held: the hold ran out. Place a new one.")
    [posting] = transfers.post(
        [
            transfers.NewTransfer(
                debit_id=hold.account_id,
                credit_id=accounts.system(AccountKind.REDEEMED).pk,
                points=hold.points,
                kind=TransferKind.REDEMPTION,
                reference=hold.reference,
            )
        ],
        at=at,
        lots_at=hold.placed_at,
    )
    if posting.error is not None:
        raise posting.error
    if posting.replayed:
        raise ReferenceConflict("Another transfer took the reference of this hold.")
    return _close(hold, HoldStatus.CAPTURED, at=at, transfer_id=posting.transfer_id)


@retried
def release(hold_id: UUID, *, at: datetime) -> Hold:
    """Give back what is held, also after its time is over: it can be spent again, and expires again.

    Raises:
        HoldClosed: it was captured, released or expired before.
        UnknownHold: no hold has this id.
    """
    transfers.check_time(at)
    return _close(_free(hold_id), HoldStatus.RELEASED, at=at)


def expire(*, at: datetime, limit: int = EXPIRE_LIMIT) -> int:
    """Give back what holds kept whose time is over (`expires_at <= at`), in one statement.

    Holds that somebody is closing at this moment are left to them.

    Returns:
        How many holds expired; fewer than `limit` when none is left.
    """
    transfers.check_time(at)
    return run_statement(lambda: _expire(at, limit))


def _free(hold_id: UUID) -> Hold:
    """Lock a hold and make its points available. The caller closes it in the same transaction."""
    hold = Hold.objects.select_for_update(no_key=True).filter(pk=hold_id).first()
    if hold is None:
        raise UnknownHold("There is no such hold.")
    if hold.status != HoldStatus.PLACED:
        raise HoldClosed(f"These points are no longer held: the hold was {hold.get_status_display().lower()}.")
    Account.objects.filter(pk=hold.account_id).update(held=F("held") - hold.points)
    return hold


def _close(hold: Hold, status: HoldStatus, *, at: datetime, transfer_id: UUID | None = None) -> Hold:
    hold.status, hold.closed_at, hold.transfer_id = status, at, transfer_id
    hold.save(update_fields=["status", "closed_at", "transfer"])
    return hold


def _expire(at: datetime, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [at, limit, at])
        [(expired,)] = cursor.fetchall()
    return int(expired)


# The wallets are locked in key order before any is written, as everywhere.
_EXPIRE = """
WITH due AS (
    SELECT id, account_id, points FROM wallets_hold
    WHERE status = 'placed' AND expires_at <= %s ORDER BY expires_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
), closed AS (
    UPDATE wallets_hold SET status = 'expired', closed_at = %s FROM due WHERE wallets_hold.id = due.id
), wallet AS MATERIALIZED (
    SELECT id FROM wallets_account WHERE id IN (SELECT account_id FROM due) ORDER BY id FOR NO KEY UPDATE
), freed AS (
    UPDATE wallets_account SET held = held - given.points
    FROM (SELECT account_id, sum(points)::bigint AS points FROM due GROUP BY account_id) AS given
         JOIN wallet ON wallet.id = given.account_id
    WHERE wallets_account.id = given.account_id
)
SELECT count(*) FROM due
"""
