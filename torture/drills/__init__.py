"""What clients do, a file a drill. Each has a `step`: ask for one thing until it is answered, and write that down."""

from collections.abc import Callable, Sequence

from torture.client import Client
from torture.drills import batches, events, redemptions, reversals, single

Step = Callable[[Client, Sequence[str]], None]

# How many clients do each; they run side by side.
CLIENTS: dict[str, tuple[int, Step]] = {
    "single credits": (2, single.step),
    "batches": (1, batches.step),
    "events": (1, events.step),
    "redemptions": (2, redemptions.step),
    "reversals": (1, reversals.step),
}
