"""Single points requests, half of them under an Idempotency-Key too."""

from collections.abc import Sequence

from torture.client import Client

POINTS_MAX = 2_000


def step(client: Client, people: Sequence[str]) -> None:
    """Ask for points for somebody."""
    key = f"credit-{client.random.getrandbits(64):x}"
    recipient, points = client.random.choice(people), client.random.randint(1, POINTS_MAX)
    body = {"external_id": key, "programme": "torture", "recipient": recipient, "points": points, "reason": key}
    answer = client.ask("/points-requests", body, key=key if client.random.random() < 1 / 2 else "")
    if answer.is_good:
        client.book.credited(key, recipient, points, request_id=answer.body["id"])
        client.book.count("single credits")
