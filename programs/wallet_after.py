"""What a wallet holds after a credit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WalletAfter:
    """What a wallet holds after a credit, in points."""

    available: int
    held: int
