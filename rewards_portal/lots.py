"""The lots bar: what expires next, then, and the rest, as parts of one bar."""

from dataclasses import dataclass
from datetime import datetime

from wallets.queries import Wallet

LEAST, GAP = 4.5, 0.8  # percent of the bar: a part is never thinner, and this far from the next


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar.

    Args:
        kind: next, then or rest.
        points: how many.
        expires_at: when; None never.
        is_range: whether later dates are in it too ("From May 2027").
        x, width: percent of the bar.
    """

    kind: str
    points: int
    expires_at: datetime | None
    is_range: bool
    x: float
    width: float


def bar(wallet: Wallet) -> list[Part]:
    """Return at most three parts: the first two dates, and everything later or without a date."""
    whole = wallet.available + wallet.held
    if not whole:
        return []
    first: list[tuple[int, datetime | None, bool]] = [
        (lot.points, lot.expires_at, False) for lot in wallet.expiring[:2]
    ]
    rest = whole - sum(points for points, _, _ in first)
    if rest > 0:
        later = wallet.expiring[2:]
        first.append((rest, later[0].expires_at if later else None, bool(later)))
    shares = [max(points / whole * 100, LEAST) for points, _, _ in first]
    room = 100 - GAP * (len(first) - 1)
    scale, x, parts = room / sum(shares), 0.0, []
    kinds = ("next", "then", "rest") if wallet.expiring else ("rest",)
    for kind, (points, expires_at, is_range), share in zip(kinds, first, shares, strict=False):
        parts.append(Part(kind, points, expires_at, is_range, round(x, 2), round(share * scale, 2)))
        x += share * scale + GAP
    return parts
