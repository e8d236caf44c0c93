"""Moves points: the one way any of them ever move, but for what is only set aside (holds) or runs out (lots)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from uuid import UUID

from django.db import connection
from django.utils import timezone

from wallets.enums import TransferKind
from wallets.errors import (
    AccountClosed,
    InsufficientPoints,
    InvalidReference,
    InvalidTime,
    OverRefund,
    OverReversal,
    PointsOutOfRange,
    ReferenceConflict,
    SameAccount,
    UnknownAccount,
    UnknownTransfer,
    WalletError,
)
from wallets.models.account import TRANSFER_POINTS_MAX
from wallets.operations import transactions

REFERENCE_LENGTH_MAX = 80
CLOCK_SKEW_SECONDS = 10  # how far the clocks of two machines may be apart
TRANSFERS_MAX = 100_000  # in one call: what one transaction may lock and hold in memory
REFUSALS: dict[str, tuple[type[WalletError], str]] = {
    "unknown_account": (UnknownAccount, "One of the two accounts does not exist. Open it first."),
    "account_closed": (AccountClosed, "One of the two accounts is closed. Name another one."),
    "unknown_transfer": (
        UnknownTransfer,
        "There is no transfer that gave these points. Name a credit to reverse, or a redemption to refund.",
    ),
    "insufficient_points": (
        InsufficientPoints,
        "The account has too few points for this. Move fewer, or fill it first.",
    ),
    "points_out_of_range": (PointsOutOfRange, "An account would hold more points than it can. Move fewer."),
    "over_refund": (OverRefund, "More points would come back than are left of that redemption. Give back fewer."),
    "over_reversal": (OverReversal, "More points would be taken back than are left of that credit. Take back fewer."),
    "reference_conflict": (ReferenceConflict, "The reference was used for something else. Use a new one."),
}
# Another room's statement may hold this call, to write down what it moved points for in the same breath: it passes what
# `prepare` returns, and reads the rows with `postings`.
CALL = """wallets_post(%s::uuid[], %s::integer[], %s::integer[], %s::bigint[], %s::text[], %s::text[],
                           %s::integer[], %s::timestamptz[], %s::uuid[], %s::timestamptz[], %s::boolean[],
                           %s::timestamptz)"""
Row = tuple[UUID | None, int | None, int | None, int | None, bool, str | None, int | None, int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTransfer:
    """Points to move.

    Args:
        debit_id: the account that gives.
        credit_id: the account that gets; another one.
        points: from 1 to TRANSFER_POINTS_MAX; None, with `reverses_id`, for all that is left of that transfer.
        kind: why.
        reference: what it is for: 1 to 80 characters, unique for ever; asked for again, a transfer has the same one.
        expires_at: when these points expire, where the credit account is a wallet; None for never. Of a refund, when
            those expire that cannot go back to their lots, because these are past their date.
        reverses_id: the transfer that this one takes back: a reversal the credit or adjustment that the debit account
            got, a refund the redemption or pay-out that the credit account paid. Never more in sum than it moved.
        effective_at: when it counts from; `at` when not given.
        at_most: whether fewer points will do, even none: as many as the account has, and as are left to take back.
    """

    debit_id: UUID
    credit_id: UUID
    points: int | None
    kind: TransferKind
    reference: str
    expires_at: datetime | None = None
    reverses_id: UUID | None = None
    effective_at: datetime | None = None
    at_most: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """What became of one NewTransfer.

    Args:
        reference: the one that was given.
        transfer_id: the transfer; None where it was refused, or where `at_most` found no points to move: nothing was
            written then, and the reference is still free.
        debit_points_after: the debit account's points just after it; None where there is no transfer.
        credit_points_after: the credit account's.
        credit_held: the credit account's held points now.
        replayed: whether it had been posted before; then it moved nothing now, and the balances are of that time.
        error: why it was refused, else None.
        points: how many it moved; 0 where it was refused.
        shortfall: how many `at_most` left out of those asked for; a replay says it again.
    """

    reference: str
    transfer_id: UUID | None
    debit_points_after: int | None
    credit_points_after: int | None
    credit_held: int | None
    replayed: bool
    error: WalletError | None
    points: int
    shortfall: int


def post(transfers: Sequence[NewTransfer], *, at: datetime, lots_at: datetime | None = None) -> list[Posting]:
    """Move points, in one statement whatever their number: part of the caller's transaction, or one by itself.

    1. Locks every account, wallets in the order of their ids, then the others.
    2. Judges each transfer in the given order against what those before it left; lots past their date do not count.
    3. Writes balances, transfers and lots; what a wallet pays comes from the lots that expire first.

    A transfer that cannot be made is refused alone, with its error in the Posting. A reference that was posted before
    with the same accounts, points, kind and `reverses_id` is replayed; with others it is a ReferenceConflict.

    Call it as late in a transaction as the work allows: a budget stays locked from here to the commit.

    Args:
        transfers: at most TRANSFERS_MAX.
        at: now.
        lots_at: lots past their date by then are not spent; `at` when not given. What a hold kept is spent as of the
            time when it was set aside.

    Returns:
        One Posting for each, in the same order.

    Raises:
        PointsOutOfRange, SameAccount, InvalidReference, InvalidTime: something was given that no account could take;
            nothing was written.
        ValueError: more than TRANSFERS_MAX.
    """
    if not transfers:
        return []
    arguments = prepare(transfers, at=at, lots_at=lots_at)
    rows = transactions.run_statement(lambda: _execute(arguments))
    return postings(transfers, rows)


def prepare(transfers: Sequence[NewTransfer], *, at: datetime, lots_at: datetime | None = None) -> list[str]:
    """Check transfers and return the arguments of CALL, as `post` does; it raises what `post` raises."""
    if len(transfers) > TRANSFERS_MAX:
        raise ValueError(f"At most {TRANSFERS_MAX} transfers are posted at once.")
    check_time(at)
    for transfer in transfers:
        _check(transfer, at)
    return [*_arguments(transfers, at), (lots_at or at).isoformat()]


def postings(transfers: Sequence[NewTransfer], rows: Iterable[Row]) -> list[Posting]:
    """Return what became of transfers, from the rows of CALL."""
    return [_posting(transfer, row) for transfer, row in zip(transfers, rows, strict=True)]


def check_points(points: object) -> None:
    """Refuse anything but a whole number of points that one transfer may move: no bool, no float, no text.

    Raises:
        PointsOutOfRange: naming the range.
    """
    if type(points) is not int or not 1 <= points <= TRANSFER_POINTS_MAX:
        raise PointsOutOfRange(f"Points must be a whole number from 1 to {TRANSFER_POINTS_MAX}.", pointer="/points")


def check_reference(reference: object) -> None:
    """Refuse a reference that could not be kept, or not be read.

    Raises:
        InvalidReference: empty, too long, no text, or with what cannot be printed, such as a NUL or half a character.
    """
    if not isinstance(reference, str) or not 0 < len(reference) <= REFERENCE_LENGTH_MAX or not reference.isprintable():
        raise InvalidReference(
            f"A reference has 1 to {REFERENCE_LENGTH_MAX} printable characters.", pointer="/reference"
        )


def check_time(time: object) -> None:
    """Refuse a time at which nothing can have happened yet, give or take CLOCK_SKEW_SECONDS.

    Raises:
        InvalidTime: in the future, without a zone, or no time.
    """
    if check_zone(time) > timezone.now() + timedelta(seconds=CLOCK_SKEW_SECONDS):
        raise InvalidTime("The time is in the future. Give the present one.")


def check_zone(time: object) -> datetime:
    """Return a time that may lie in the future, if it says its zone.

    Raises:
        InvalidTime: without a zone, or no time.
    """
    if not isinstance(time, datetime) or time.utcoffset() is None:
        raise InvalidTime("The time has no zone. Give an aware datetime.")
    return time


def _check(transfer: NewTransfer, at: datetime) -> None:
    """Refuse what no account could take, before the database is asked."""
    if transfer.points is not None or transfer.reverses_id is None:
        check_points(transfer.points)
    check_reference(transfer.reference)
    if transfer.debit_id == transfer.credit_id:
        raise SameAccount("Points cannot move from an account to itself. Name two accounts.")
    if transfer.effective_at is not None:
        check_time(transfer.effective_at)
    if transfer.expires_at is not None:
        check_zone(transfer.expires_at)
        if transfer.expires_at <= max(at, transfer.effective_at or at):
            raise InvalidTime(
                "Points must expire later than now, and after they are earned. Give a later `expires_at`."
            )


def _arguments(transfers: Sequence[NewTransfer], at: datetime) -> list[str]:
    """Return what `wallets_post` in sql/post.sql takes: columns, with accounts by their place in a sorted list.

    They go as PostgreSQL writes arrays: a tenth of the time that the driver takes, and one prepared statement for any
    values, where the driver would name smaller and larger integers by different types.
    """
    account_ids = sorted({t.debit_id for t in transfers} | {t.credit_id for t in transfers}, key=attrgetter("int"))
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
        _array(t.expires_at and _moment(t.expires_at) for t in transfers),
        _array(t.reverses_id for t in transfers),
        _array(_moment(t.effective_at or at) for t in transfers),
        _array(t.at_most for t in transfers),
    ]


def _array(values: Iterable[object]) -> str:
    """Return values that need no quotes as PostgreSQL writes an array (its documentation, 8.15.6)."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


@lru_cache(maxsize=1000)  # most of a list share theirs
def _moment(at: datetime) -> str:
    return at.isoformat()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _execute(arguments: list[str]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {CALL}", arguments)  # noqa: S608 - a constant
        return list(cursor.fetchall())


def _posting(transfer: NewTransfer, row: Row) -> Posting:
    transfer_id, debit_points_after, credit_points_after, credit_held, replayed, refusal, points, shortfall = row
    error, detail = REFUSALS[refusal] if refusal else (None, "")
    return Posting(
        reference=transfer.reference,
        transfer_id=transfer_id,
        debit_points_after=debit_points_after,
        credit_points_after=credit_points_after,
        credit_held=credit_held,
        replayed=replayed,
        error=error(detail) if error else None,
        points=points or 0,
        shortfall=shortfall or 0,
    )
