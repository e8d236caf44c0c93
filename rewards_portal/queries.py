"""What joins the rooms on a page: each transfer of a wallet with the points request, order or lot it came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Model, Q, Sum
from django.db.models.functions import Cast, ExtractMonth

from api import ids
from programs.enums import Source
from programs.models import Adjustment, PointsRequest, Reversal
from redemptions import wording
from redemptions.enums import ProductKind
from redemptions.models import Order
from wallets import queries as wallets
from wallets.enums import TransferKind
from wallets.models import Lot, Transfer
from wallets.queries import StatementLine

Row = TypeVar("Row", bound=Model)
GONE = {TransferKind.EXPIRY, TransferKind.REVERSAL, TransferKind.ADJUSTMENT, TransferKind.FORFEITURE}
# What happened where no row of ours says more: title and reason.
WITHOUT_CAUSE = {
    TransferKind.FORFEITURE: ("Points forfeited", "You had left the company"),
    TransferKind.PAYOUT: ("Points paid out", "In money, as you had left the company"),
}
# The glyph of a credit, by a word in the type of the event that earned it.
GLYPHS = {
    "anniversary": "cake",
    "birthday": "cake",
    "milestone": "medal",
    "referral": "heart-handshake",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a statement, in words.

    Args:
        transfer_id: key of the transfer.
        at: when it counts from.
        points: came in (positive) or went out (negative).
        balance: points after it.
        title: what happened: the rule's reason, the reward's name.
        why: the programme, or what became of it.
        icon: name of its glyph.
        expires_at: when what came in expires, if it does.
        earned_at: when what expired had been earned.
        order_id: public id of the order, to link to it; empty for others.
    """

    transfer_id: UUID
    at: datetime
    points: int
    balance: int
    title: str
    why: str
    icon: str
    expires_at: datetime | None = None
    earned_at: datetime | None = None
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """What came in and went out in one month, each as a positive number of points."""

    number: int
    earned: int = 0
    redeemed: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Year:
    """A year of a wallet, month by month.

    Args:
        number: the year.
        months: twelve.
        opening: points when it began, given what there is now.
    """

    number: int
    months: list[Month]
    opening: int

    @property
    def earned(self) -> int:
        """Return what came in."""
        return sum(month.earned for month in self.months)

    @property
    def redeemed(self) -> int:
        """Return what was spent."""
        return sum(month.redeemed for month in self.months)

    @property
    def has_lines(self) -> bool:
        """Return whether anything moved."""
        return bool(self.earned or self.redeemed or self.gone)

    @property
    def gone(self) -> int:
        """Return what expired or was taken back."""
        return sum(month.gone for month in self.months)


def lines(account_id: UUID | None, *, limit: int, before: UUID | None = None) -> list[Line]:
    """Return a wallet's transfers in words, newest first; six queries at most, whatever the number.

    Args:
        account_id: the wallet's account, or None where none was opened.
        limit: how many lines.
        before: the last transfer of the page before; None for the newest.
    """
    transfers = wallets.account_statement(account_id, limit=limit, before=before) if account_id else []
    keys = {prefix: _keys(transfers, prefix) for prefix in ("pr", "rd", "exp", "rev", "adj")}
    requests = _by_key(
        PointsRequest.objects.select_related("programme", "event", "requested_by").filter(pk__in=keys["pr"])
        if keys["pr"]
        else ()
    )
    orders = _by_key(Order.objects.select_related("product").filter(pk__in=keys["rd"]) if keys["rd"] else ())
    lots = _by_key(Lot.objects.filter(pk__in=keys["exp"]) if keys["exp"] else ())
    reversals = _by_key(
        Reversal.objects.select_related("points_request__programme").filter(pk__in=keys["rev"]) if keys["rev"] else ()
    )
    adjustments = _by_key(
        Adjustment.objects.select_related("programme").filter(pk__in=keys["adj"]) if keys["adj"] else ()
    )
    causes = requests | orders | lots | reversals | adjustments
    return [_line(transfer, causes) for transfer in transfers]


def year(account_id: UUID | None, number: int, *, points_now: int, zone: str) -> Year:
    """Return one year of a wallet that reaches to today; one query.

    Args:
        account_id: the wallet's account, or None where none was opened.
        number: the year.
        points_now: what the account holds now, held points included.
        zone: IANA name of the reader's time zone; it decides where a month begins.
    """
    sums: dict[int, dict[str, int]] = {month: {"earned": 0, "redeemed": 0, "gone": 0} for month in range(1, 13)}
    for row in _sums(account_id, number, ZoneInfo(zone)) if account_id else ():
        _add(sums[row["month"]], account_id, row)
    months = [Month(month, **values) for month, values in sums.items()]
    change = sum(month.earned - month.redeemed - month.gone for month in months)
    return Year(number, months, points_now - change)


def _sums(account_id: UUID, number: int, zone: ZoneInfo) -> Iterable[Any]:
    """Return rows of month, kind, credit_id and points."""
    return (
        Transfer.objects.filter(
            Q(debit=account_id) | Q(credit=account_id),
            effective_at__gte=datetime(number, 1, 1, tzinfo=zone),
            effective_at__lt=datetime(number + 1, 1, 1, tzinfo=zone),
        )
        .annotate(month=ExtractMonth("effective_at", tzinfo=zone))
        .values("month", "kind", "credit_id")
        .annotate(points=Cast(Sum("points"), BigIntegerField()))
        .order_by("kind")  # refunds come after what was redeemed
    )


def _add(sums: dict[str, int], account_id: UUID | None, row: dict[str, Any]) -> None:
    """Count one sum on its month: a refund takes off what was redeemed in it, and is earned beyond that."""
    if row["credit_id"] != account_id:
        sums["gone" if row["kind"] in GONE else "redeemed"] += row["points"]
    elif row["kind"] != TransferKind.REFUND:
        sums["earned"] += row["points"]
    else:
        off = min(row["points"], sums["redeemed"])
        sums["redeemed"] -= off
        sums["earned"] += row["points"] - off


def _line(transfer: StatementLine, causes: Mapping[UUID, Model]) -> Line:
    """Return one transfer in words, by the row that it came from."""
    cause = causes.get(_key(transfer.reference) or UUID(int=0))
    base: dict[str, Any] = {
        "transfer_id": transfer.transfer_id,
        "at": transfer.at,
        "points": transfer.points,
        "balance": transfer.balance_after,
    }
    match cause:
        case PointsRequest():
            return Line(**base, **_credited(cause))
        case Order():
            return Line(**base, **_redeemed(transfer, cause))
        case Reversal():
            why = f"Taken back: {cause.reason}"
            return Line(**base, title=cause.points_request.reason, why=why, icon="undo-2")
        case Adjustment():
            given = transfer.points > 0
            why = f"{cause.programme.name}, {'given' if given else 'taken'} by HR"
            return Line(**base, title=cause.reason, why=why, icon="star" if given else "undo-2")
    if transfer.kind == TransferKind.EXPIRY:
        earned_at = cause.earned_at if isinstance(cause, Lot) else None
        return Line(**base, title="Points expired", why="", icon="hourglass", earned_at=earned_at)
    title, why = WITHOUT_CAUSE.get(transfer.kind, (transfer.kind.label, ""))
    return Line(**base, title=title, why=why, icon="undo-2" if transfer.points < 0 else "star")


def _credited(request: PointsRequest) -> dict[str, Any]:
    if request.source == Source.RECOGNITION:
        return {
            "title": f"Thanked by {request.requested_by}",
            "why": f"“{request.reason}”",
            "icon": "heart-handshake",
            "expires_at": request.expires_at,
        }
    return {
        "title": request.reason,
        "why": request.programme.name,
        "icon": _glyph(request),
        "expires_at": request.expires_at,
    }


def _glyph(request: PointsRequest) -> str:
    event_type = request.event.type if request.event else ""
    return next((icon for word, icon in GLYPHS.items() if word in event_type), "star")


def _redeemed(transfer: StatementLine, order: Order) -> dict[str, Any]:
    travels = order.product.kind == ProductKind.TRAVEL_CREDIT
    return {
        "title": wording.reward_in_words(order),
        "why": "Redeemed" if transfer.points < 0 else f"Refunded: {order.status_reason}",
        "icon": "undo-2" if transfer.points > 0 else "plane" if travels else "gift",
        "order_id": ids.public(ids.ORDER, order.pk),
    }


def _keys(transfers: list[StatementLine], prefix: str) -> set[UUID]:
    keys = {_key(transfer.reference) for transfer in transfers if transfer.reference.startswith(f"{prefix}:")}
    return {key for key in keys if key}


def _key(reference: str) -> UUID | None:
    """Return the key in a reference: `pr:<hex>`, or `rd:<hex>:…`; None where there is none."""
    _, _, rest = reference.partition(":")
    try:
        return UUID(hex=rest[:32])
    except ValueError:
        return None


def _by_key(rows: Iterable[Row]) -> dict[UUID, Row]:
    return {row.pk: row for row in rows}
