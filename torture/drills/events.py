"""CloudEvents that a rule turns into points; people are told of them by e-mail, so that deliveries wait too."""

from collections.abc import Sequence

from torture.client import Client

POINTS_MAX = 500


def step(client: Client, people: Sequence[str]) -> None:
    """Tell of something that somebody did."""
    key = f"event-{client.random.getrandbits(64):x}"
    recipient, points = client.random.choice(people), client.random.randint(1, POINTS_MAX)
    event = {
        "specversion": "1.0",
        "id": key,
        "source": "urn:torture",
        "type": "torture.done",
        "subject": recipient,
        "data": {"key": key, "points": points},
    }
    answer = client.ask("/events", event)
    if not answer.is_good:
        return
    if answer.body["status"] != "credited":
        client.book.surprised("/events", answer.status, answer.body)
        return
    client.book.credited(key, recipient, points)
    client.book.count("events")
