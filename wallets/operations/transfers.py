"""Moves points: the one way any of them ever move, but for what is only set aside (holds) or runs out (lots)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from wallets.enums import TransferKind
from wallets.errors import (
    InsufficientPoints,
    InvalidReference,
    InvalidTime,
    OverRefund,
    PointsOutOfRange,
    ReferenceConflict,
    SameAccount,
    UnknownAccount,
    WalletError,
)
from wallets.models.account import TRANSFER_POINTS_MAX
from wallets.operations import transactions

REFERENCE_LENGTH_MAX = 80
TRANSFERS_MAX = 100_000  # in one call: what one transaction may lock and hold in memory
REFUSALS: dict[str, tuple[type[WalletError], str]] = {
    "unknown_account": (UnknownAccount, "One of the two accounts does not exist. Open it first."),
    "insufficient_points": (
        InsufficientPoints,
        "The account has too few points for this. Move fewer, or fill it first.",
    ),
    "points_out_of_range": (PointsOutOfRange, "An account would hold more points than it can. Move fewer."),
    "over_refund": (OverRefund, "More points would come back than the wallet redeemed. Give back fewer."),
    "reference_conflict": (ReferenceConflict, "The reference was used for something else. Use a new one."),
}
_POST = """
SELECT * FROM wallets_post(%s::uuid[], %s::integer[], %s::integer[], %s::bigint[], %s::text[], %s::text[],
                           %s::integer[], %s::timestamptz[], %s::uuid[], %s::timestamptz[])
"""
Row = tuple[UUID | None, int | None, int | None, int | None, bool, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTransfer:
    """Points to move.

    Args:
        debit_id: the account that gives.
        credit_id: the account that gets; another one.
        points: from 1 to TRANSFER_POINTS_MAX.
        kind: why.
        reference: what it is for: 1 to 80 characters, unique for ever; asked for again, a transfer has the same one.
        expires_at: when these points expire, where the credit account is a wallet; None for never.
        reverses_id: the transfer that this one takes back.
        effective_at: when it counts from; `at` when not given.
    """

    debit_id: UUID
    credit_id: UUID
    points: int
    kind: TransferKind
    reference: str
    expires_at: datetime | None = None
    reverses_id: UUID | None = None
    effective_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """What became of one NewTransfer.

    Args:
        reference: the one that was given.
        transfer_id: the transfer; None where it was refused.
        debit_points_after: the debit account's points just after it; None where it was refused.
        credit_points_after: the credit account's.
        credit_held: the credit account's held points now.
        replayed: whether it had been posted before; then it moved nothing now, and the balances are of that time.
        error: why it was refused, else None.
    """

    reference: str
    transfer_id: UUID | None
    debit_points_after: int | None
    credit_points_after: int | None
    credit_held: int | None
    replayed: bool
    error: WalletError | None


def post(transfers: Sequence[NewTransfer], *, at: datetime) -> list[Posting]:
    """Move points, in one statement whatever their number: part of the caller's transaction, or one by itself.

    1. Locks every account, wallets in the order of their ids, then the others.
    2. Judges each transfer in the given order against what those before it left.
    3. Writes balances, transfers and lots; what a wallet pays comes from the lots that expire first.

    A transfer that cannot be made is refused alone, with its error in the Posting. A reference that was posted before
    with the same accounts, points, kind and `reverses_id` is replayed; with others it is a ReferenceConflict.

    Call it as late in a transaction as the work allows: a budget stays locked from here to the commit.

    Args:
        transfers: at most TRANSFERS_MAX.
        at: now.

    Returns:
        One Posting for each, in the same order.

    Raises:
        PointsOutOfRange, SameAccount, InvalidReference, InvalidTime: something was given that no account could take;
            nothing was written.
        ValueError: more than TRANSFERS_MAX.
    """
    if not transfers:
        return []
    if len(transfers) > TRANSFERS_MAX:
        raise ValueError(f"At most {TRANSFERS_MAX} transfers are posted at once.")
    check_time(at)
    for transfer in transfers:
        _check(transfer, at)
    arguments = _arguments(transfers, at)
    rows = transactions.run_statement(lambda: _execute(arguments))
    return [_posting(transfer, row) for transfer, row in zip(transfers, rows, strict=True)]


def check_points(points: object) -> None:
    """Refuse anything but a whole number of points that one transfer may move: no bool, no float, no text.

    Raises:
        PointsOutOfRange: naming the range.
    """
    if type(points) is not int or not 1 <= points <= TRANSFER_POINTS_MAX:
        raise PointsOutOfRange(f"Points must be a whole number from 1 to {TRANSFER_POINTS_MAX}.", pointer="/points")


def check_reference(reference: str) -> None:
    """Refuse a reference that could not be kept.

    Raises:
        InvalidReference: empty, too long, or with a NUL, which PostgreSQL cannot store.
    """
    if not 0 < len(reference) <= REFERENCE_LENGTH_MAX or "\0" in reference:
        raise InvalidReference(f"A reference has 1 to {REFERENCE_LENGTH_MAX} characters and no NUL.")


def check_time(time: datetime) -> None:
    """Refuse a time that does not say its zone.

    Raises:
        InvalidTime: naive.
    """
    if time.tzinfo is None:
        raise InvalidTime("The time has no zone. Give an aware datetime.")


def _check(transfer: NewTransfer, at: datetime) -> None:
    """Refuse what no account could take, before the database is asked."""
    check_points(transfer.points)
    check_reference(transfer.reference)
    if transfer.debit_id == transfer.credit_id:
        raise SameAccount("Points cannot move from an account to itself. Name two accounts.")
    if transfer.effective_at is not None:
        check_time(transfer.effective_at)
    if transfer.expires_at is not None:
        check_time(transfer.expires_at)
        if transfer.expires_at <= (transfer.effective_at or at):
            raise InvalidTime("Points must expire after they are earned. Give a later `expires_at`.")


def _arguments(transfers: Sequence[NewTransfer], at: datetime) -> list[str]:
    """Return what `wallets_post` in sql/post.sql takes: columns, with accounts by their place in a sorted list.

    They go as PostgreSQL writes arrays: a tenth of the time that the driver takes, and one prepared statement for any
    values, where the driver would name smaller and larger integers by different types.
    """
    account_ids = sorted({t.debit_id for t in transfers} | {t.credit_id for t in transfers})
    places = {account_id: place for place, account_id in enumerate(account_ids, start=1)}
    first_places: dict[str, int] = {}
    return [
        _array(account_ids),
        _array(places[t.debit_id] for t in transfers),
        _array(places[t.credit_id] for t in transfers),
        _array(t.points for t in transfers),
        _array(t.kind for t in transfers),
        _array(_quoted(t.reference) for t in transfers),
        _array(first_places.setdefault(t.reference, place) for place, t in enumerate(transfers, start=1)),
        _array(t.expires_at and t.expires_at.isoformat() for t in transfers),
        _array(t.reverses_id for t in transfers),
        _array((t.effective_at or at).isoformat() for t in transfers),
    ]


def _array(values: Iterable[object]) -> str:
    """Return values that need no quotes as PostgreSQL writes an array (its documentation, 8.15.6)."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _execute(arguments: list[str]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_POST, arguments)
        return list(cursor.fetchall())


def _posting(transfer: NewTransfer, row: Row) -> Posting:
    transfer_id, debit_points_after, credit_points_after, credit_held, replayed, refusal = row
    error, detail = REFUSALS[refusal] if refusal else (None, "")
    return Posting(
        reference=transfer.reference,
        transfer_id=transfer_id,
        debit_points_after=debit_points_after,
        credit_points_after=credit_points_after,
        credit_held=credit_held,
        replayed=replayed,
        error=error(detail) if error else None,
    )
