"""What a wallet holds, and how it came to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, F, Func, QuerySet, Sum, UUIDField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils import timezone

from people.models import Person
from wallets.enums import TransferKind
from wallets.errors import InvalidTime
from wallets.models import Account, Lot, Transfer

EXPIRING_MAX = 100  # dates shown with a wallet
STATEMENT_LIMIT_MAX = 200  # lines on one page
MICROSECOND = timedelta(microseconds=1)
_WALLET_AT = (Path(__file__).parent / "sql" / "wallet_at.sql").read_text()


@dataclass(frozen=True, kw_only=True, slots=True)
class Expiring:
    """Points that expire together."""

    points: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Wallet:
    """What somebody has. `available` can be spent now, `held` is set aside; the three lifetime sums only ever grow,
    but for what was reversed or refunded.
    """

    account_id: UUID | None = None
    available: int = 0
    held: int = 0
    lifetime_earned: int = 0
    lifetime_redeemed: int = 0
    lifetime_expired: int = 0
    expiring: list[Expiring] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementLine:
    """One transfer, seen from one account.

    Args:
        transfer_id: its key; `before=` of the next page.
        kind: why points moved.
        points: what came (positive) or went (negative).
        balance_after: the account's points just after it, what was held included.
        at: when it counts from.
        reference: what it was for.
    """

    transfer_id: UUID
    kind: TransferKind
    points: int
    balance_after: int
    at: datetime
    reference: str

    @property
    def pk(self) -> UUID:
        """Return the key that pages go by."""
        return self.transfer_id


def wallet(person: Person, at: datetime | None = None) -> Wallet:
    """Return what a person has or had, all zeros when no wallet was opened by then; two queries, or one with `at`.

    Args:
        person: whose.
        at: as it stood then; what counts is what was recorded by then. As it is when not given.

    Returns:
        The wallet with at most EXPIRING_MAX dates on which points expire, the earliest first.

    Raises:
        InvalidTime: `at` is in the future, or has no zone.
    """
    if at is not None:
        return _wallet_at(person, at)
    now = timezone.now()
    account = Account.objects.filter(person=person).annotate(overdue=_overdue(now)).first()
    if account is None:
        return Wallet()
    return Wallet(
        account_id=account.pk,
        available=account.available - account.overdue,
        held=account.held,
        lifetime_earned=account.lifetime_earned,
        lifetime_redeemed=account.lifetime_redeemed,
        lifetime_expired=account.lifetime_expired,
        expiring=_expiring(account, now),
    )


def balances(person_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """Return what people can spend now and what is held, as (available, held); who has no wallet yet is absent."""
    if not person_ids:
        return {}
    wallets = Account.objects.filter(person__in=person_ids).annotate(overdue=_overdue(timezone.now()))
    rows = wallets.values_list("person_id", "points", "held", "overdue")
    return {person_id: (points - held - overdue, held) for person_id, points, held, overdue in rows if person_id}


def _overdue(at: datetime) -> Func:
    """Return what nobody can use any more though the expiry run has not moved it yet."""
    return Func(F("id"), at, function="wallets_overdue", output_field=BigIntegerField())


def points_at(account_id: UUID, at: datetime) -> int:
    """Return any account's points as they stood at a time, 0 before its first transfer; one query.

    They are the balance after its last transfer by then: two short walks down an index, however long the history.

    Raises:
        InvalidTime: `at` is in the future, or has no zone.
    """
    last = History(account_id, until=recorded_by(at))[:1]
    return last[0].balance_after if last else 0


def recorded_by(at: datetime) -> datetime:
    """Return a time as one up to which the ledger can be asked.

    A transaction that is under way may still add to the last seconds; what is sealed is final.

    Raises:
        InvalidTime: it is in the future, or has no zone.
    """
    if at.tzinfo is None:
        raise InvalidTime("The time has no zone. Write it as 2026-06-01T12:00:00Z.", pointer="/at")
    if at > timezone.now():
        raise InvalidTime("The time is in the future. Give one that is over.", pointer="/at")
    return at


def _wallet_at(person: Person, at: datetime) -> Wallet:
    after = recorded_by(at) + MICROSECOND
    with connection.cursor() as cursor:
        cursor.execute(_WALLET_AT, {"person_id": person.pk, "after": after, "expiring_max": EXPIRING_MAX})
        row = cursor.fetchone()
    if row is None:
        return Wallet()
    account_id, points, held, overdue, redeemed, expired, lots, dates = row
    return Wallet(
        account_id=account_id,
        available=points - held - overdue,
        held=held,
        lifetime_earned=points + redeemed + expired,
        lifetime_redeemed=redeemed,
        lifetime_expired=expired,
        expiring=[Expiring(points=left, expires_at=date) for left, date in zip(lots, dates, strict=True)],
    )


def _expiring(account: Account, at: datetime) -> list[Expiring]:
    dates = (
        Lot.objects.filter(account=account, remaining__gt=0, expires_at__gt=at)
        .values_list("expires_at")
        .annotate(points=Cast(Sum("remaining"), BigIntegerField()))
        .order_by("expires_at")[:EXPIRING_MAX]
    )
    return [Expiring(points=points, expires_at=expires_at) for expires_at, points in dates if expires_at]


def open_lots(account: Account) -> QuerySet[Lot]:
    """Return the lots that still have points, in the order in which they are spent."""
    return Lot.objects.filter(account=account, remaining__gt=0).order_by(F("expires_at").asc(nulls_last=True), "id")


def statement(person: Person, *, limit: int = 50, before: UUID | None = None) -> list[StatementLine]:
    """Return a person's transfers, newest first; two queries, however long the history.

    Args:
        limit: lines, at most STATEMENT_LIMIT_MAX.
        before: the last transfer of the page before; None for the newest.
    """
    return _page(history(person), limit, before)


def account_statement(
    account_id: UUID, *, limit: int = 50, before: UUID | None = None, at: datetime | None = None
) -> list[StatementLine]:
    """Return the transfers of any account (wallet, budget or system account), newest first; one query.

    Args:
        account_id: whose.
        limit: lines, at most STATEMENT_LIMIT_MAX.
        before: the last transfer of the page before; None for the newest.
        at: only what was recorded by then.

    Raises:
        InvalidTime: `at` is in the future, or has no zone.
    """
    return _page(History(account_id, until=at and recorded_by(at)), limit, before)


def history(person: Person, at: datetime | None = None) -> "History":
    """Return a person's transfers for a pagination, those recorded by `at`; none where no wallet was opened yet.

    Raises:
        InvalidTime: `at` is in the future, or has no zone.
    """
    until = at and recorded_by(at)
    return History(Account.objects.filter(person=person).values_list("pk", flat=True).first(), until=until)


def _page(history: "History", limit: int, before: UUID | None) -> list[StatementLine]:
    return (history if before is None else history.filter(pk__lt=before))[: min(limit, STATEMENT_LIMIT_MAX)]


@dataclass(frozen=True, slots=True)
class History:
    """An account's transfers, read a page at a time; a pagination takes it for a QuerySet.

    Each page is two short walks down an index, one for each side of a transfer, merged: as fast for the last page of a
    million lines as for the first. (A QuerySet with `debit OR credit` would sort them all, or walk the whole table.)
    """

    model: ClassVar = Transfer  # where a pagination reads what a key is
    account_id: UUID | None
    ordering: str = "-pk"
    bounds: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None  # recorded by then: ids are in the order in which the account was locked

    def order_by(self, ordering: str) -> "History":
        """Return the same transfers, newest (`-pk`) or oldest (`pk`) first."""
        return replace(self, ordering=ordering)

    def filter(self, **bounds: Any) -> "History":
        """Return those with keys within bounds: `pk__lt` or `pk__gt`."""
        return replace(self, bounds=bounds)

    def __getitem__(self, part: slice) -> list[StatementLine]:
        out, back = self._side("debit", -F("points"), part.stop), self._side("credit", F("points"), part.stop)
        return [
            StatementLine(
                transfer_id=row["id"],
                kind=TransferKind(row["kind"]),
                points=row["signed"],
                balance_after=row["balance_after"],
                at=row["effective_at"],
                reference=row["reference"],
            )
            for row in out.union(back, all=True).order_by(self._by_id)[part]
        ]

    @property
    def _by_id(self) -> str:
        return self.ordering.replace("pk", "id")  # a union is ordered by the names of its columns

    def _side(self, side: str, signed: Combinable, stop: int) -> QuerySet[Any, Any]:
        rows = Transfer.objects.filter(**{side: self.account_id}, **self.bounds)
        if self.until is not None:
            after = Value(self.until + MICROSECOND)
            rows = rows.filter(id__lt=Func(after, function="wallets_first_id", output_field=UUIDField()))
        columns: QuerySet[Any, Any] = rows.annotate(signed=signed, balance_after=F(f"{side}_points_after")).values(
            "id", "kind", "signed", "balance_after", "effective_at", "reference"
        )
        return columns.order_by(self._by_id)[:stop]
