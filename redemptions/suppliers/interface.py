"""What every kind of supplier does, in the order it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from redemptions.models import Order


@dataclass(frozen=True, kw_only=True, slots=True)
class SuppliedCode:
    """A code that a supplier just handed over; it is encrypted before it is stored."""

    code: str
    pin: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Supplied:
    """The supplier has delivered; `codes` is empty where what is delivered is already ours."""

    codes: Sequence[SuppliedCode] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Nobody can say yet (a timeout, an order in progress there): the order stays placed and is asked about again."""

    ask_again_after: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The supplier will never deliver this order.

    Args:
        reason: a sentence for the person who ordered.
    """

    reason: str


Answer = Supplied | Unknown | Refused


class Adapter(Protocol):
    """One kind of supplier. Every step may run twice for one order."""

    quantity_max: int

    def reserve(self, order: Order, *, at: datetime) -> None:
        """Set aside what is ours to set aside. Runs inside the transaction that places the order.

        Raises:
            OutOfStock: there is not enough; the whole order is rolled back.
        """
        ...

    def obtain(self, order: Order, *, at: datetime) -> Answer:
        """Get what was ordered. Runs outside any transaction, so it may call out.

        `order.reference` is stored before this is called and goes with every attempt, so a supplier that knows
        references delivers once however often it is asked.
        """
        ...

    def deliver(self, order: Order, supplied: Supplied, *, at: datetime) -> None:
        """Write what the person gets. Runs inside the transaction that takes the points."""
        ...

    def give_back(self, order: Order, *, at: datetime) -> None:
        """Undo `reserve`. Runs inside the transaction that gives the points back."""
        ...
