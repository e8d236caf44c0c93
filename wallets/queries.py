"""What a wallet holds, and how it came to."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, F, QuerySet, Sum
from django.db.models.functions import Cast

from people.models import Person
from wallets.enums import TransferKind
from wallets.models import Account, Lot, Transfer

EXPIRING_MAX = 100  # dates shown with a wallet
STATEMENT_LIMIT_MAX = 200  # lines on one page


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


def wallet(person: Person) -> Wallet:
    """Return what a person has, all zeros when no wallet was opened yet; two queries.

    Returns:
        The wallet with at most EXPIRING_MAX dates on which points expire, the earliest first.
    """
    account = Account.objects.filter(person=person).first()
    if account is None:
        return Wallet()
    return Wallet(
        account_id=account.pk,
        available=account.available,
        held=account.held,
        lifetime_earned=account.lifetime_earned,
        lifetime_redeemed=account.lifetime_redeemed,
        lifetime_expired=account.lifetime_expired,
        expiring=_expiring(account),
    )


def _expiring(account: Account) -> list[Expiring]:
    dates = (
        Lot.objects.filter(account=account, remaining__gt=0, expires_at__isnull=False)
        .values_list("expires_at")
        .annotate(points=Cast(Sum("remaining"), BigIntegerField()))
        .order_by("expires_at")[:EXPIRING_MAX]
    )
    return [Expiring(points=points, expires_at=expires_at) for expires_at, points in dates if expires_at]


def statement(person: Person, *, limit: int = 50, before: UUID | None = None) -> list[StatementLine]:
    """Return a person's transfers, newest first; two queries, however long the history.

    Args:
        limit: lines, at most STATEMENT_LIMIT_MAX.
        before: the last transfer of the page before; None for the newest.
    """
    account_id = Account.objects.filter(person=person).values_list("pk", flat=True).first()
    return [] if account_id is None else account_statement(account_id, limit=limit, before=before)


def account_statement(account_id: UUID, *, limit: int = 50, before: UUID | None = None) -> list[StatementLine]:
    """Return the transfers of any account, newest first: a page from each of the two sides, merged, by their indexes.

    Args:
        account_id: wallet, budget or system account.
        limit: lines, at most STATEMENT_LIMIT_MAX.
        before: the last transfer of the page before; None for the newest.
    """
    limit = min(limit, STATEMENT_LIMIT_MAX)
    out = _side(account_id, limit, before, "debit", signed=-F("points"))
    back = _side(account_id, limit, before, "credit", signed=F("points"))
    return [
        StatementLine(
            transfer_id=row["id"],
            kind=TransferKind(row["kind"]),
            points=row["signed"],
            balance_after=row["balance_after"],
            at=row["effective_at"],
            reference=row["reference"],
        )
        for row in out.union(back, all=True).order_by("-id")[:limit]
    ]


def _side(account_id: UUID, limit: int, before: UUID | None, side: str, *, signed: Any) -> QuerySet[Any, Any]:
    rows = Transfer.objects.filter(**{side: account_id}, **({} if before is None else {"id__lt": before}))
    page: QuerySet[Any, Any] = (
        rows.annotate(signed=signed, balance_after=F(f"{side}_points_after"))
        .order_by("-id")
        .values("id", "kind", "signed", "balance_after", "effective_at", "reference")[:limit]
    )
    return page
