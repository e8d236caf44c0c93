"""How much is measured: for figures, or as little as shows that it works."""

from dataclasses import dataclass

TRANSFERS_OF_WALLET = 10


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured.

    Args:
        people: with a wallet each, in the small database.
        batch: items in one batch; no more than people.
        upload: rows of an uploaded file.
        round_seconds: of one round of single requests.
        rounds: of each side, taken in turns; the middle one counts.
        wallets: in the large database.
    """

    people: int = 10_000
    batch: int = 10_000
    upload: int = 100_000
    round_seconds: float = 6
    rounds: int = 3
    wallets: int = 1_000_000

    @property
    def transfers(self) -> int:
        """Return how many transfers the large database has."""
        return self.wallets * TRANSFERS_OF_WALLET


FIGURES = Sizes()
SMOKE = Sizes(people=50, batch=20, upload=100, round_seconds=0.5, rounds=1, wallets=200)
