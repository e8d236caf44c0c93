"""What clients asked for and what they were told: the book that the database must agree with in the end."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Credit:
    """Points that a client was told were credited; its key is the reason that the portal keeps with it."""

    recipient: str
    points: int


@dataclass(frozen=True, slots=True)
class Order:
    """A redemption that a client was told was placed; its key is its external_id."""

    recipient: str
    points: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """Points that a client was told were taken back; its key is the points request and the reason."""

    recipient: str
    points: int


@dataclass
class Book:
    """Everything that clients were told, and what it took; safe to write from any thread."""

    credits: dict[str, Credit] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    reversals: dict[str, Reversal] = field(default_factory=dict)
    reversible: list[tuple[str, str]] = field(default_factory=list)  # a credited request's id, and whose it is
    tally: Counter[str] = field(default_factory=Counter)  # figures, by what is counted
    surprises: list[str] = field(default_factory=list)  # answers that no client should ever get
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def credited(self, key: str, recipient: str, points: int, *, request_id: str = "") -> None:
        """Write down that a client was told of a credit."""
        with self._lock:
            self.credits[key] = Credit(recipient, points)
            if request_id:
                self.reversible.append((request_id, recipient))

    def ordered(self, key: str, recipient: str, points: int) -> None:
        """Write down that a client was told of an order."""
        with self._lock:
            self.orders[key] = Order(recipient, points)

    def reversed(self, key: str, recipient: str, points: int) -> None:
        """Write down that a client was told of a reversal."""
        with self._lock:
            self.reversals[key] = Reversal(recipient, points)

    def take_reversible(self, place: float) -> tuple[str, str] | None:
        """Take a credit that may be reversed, at this place of the list (0 to 1), so that nobody else reverses it."""
        with self._lock:
            return self.reversible.pop(int(place * len(self.reversible))) if self.reversible else None

    def count(self, what: str, number: int = 1) -> None:
        """Count something for the figures."""
        with self._lock:
            self.tally[what] += number

    def surprised(self, path: str, status: int, answer: Any) -> None:
        """Write down an answer that should not have been."""
        with self._lock:
            self.surprises.append(f"POST {path} was answered {status}: {str(answer)[:300]}")
