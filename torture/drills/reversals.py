"""Reversals: of whole credits, or of a part under an Idempotency-Key, which alone makes a part safe to retry."""

import time
from collections.abc import Sequence

from torture.client import Client

PAUSE_SECONDS = 0.2  # few credits are wrong


def step(client: Client, people: Sequence[str]) -> None:
    """Take back a credit that a client was told of."""
    taken = client.book.take_reversible(client.random.random())
    time.sleep(PAUSE_SECONDS)
    if taken is None:
        return
    request_id, recipient = taken
    key = f"reversal-{client.random.getrandbits(64):x}"
    body: dict[str, object] = {"reason": key}
    if client.random.random() < 1 / 2:
        body["points"] = 1
    answer = client.ask(f"/points-requests/{request_id}/reverse", body, key=key if "points" in body else "")
    if answer.is_good:
        client.book.reversed(key, recipient, answer.body["reversal"]["points"])
        client.book.count("reversals")
