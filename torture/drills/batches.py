"""Batches of points requests, with an item that stands in them twice and one that cannot be."""

from collections.abc import Sequence
from typing import Any

from torture.client import Client

ITEMS_MAX = 300
POINTS_MAX = 100
OK, CREATED, REFUSED = 200, 201, 422


def step(client: Client, people: Sequence[str]) -> None:
    """Ask for points for many at once."""
    name = f"batch-{client.random.getrandbits(64):x}"
    items = [_item(client, f"{name}-{number}", people) for number in range(client.random.randint(2, ITEMS_MAX))]
    impossible = items[0] | {"external_id": f"{name}-impossible", "recipient": "E-nobody"}
    answer = client.ask("/points-requests/batch", {"requests": [*items, items[-1], impossible]})
    if not answer.is_good:
        return
    *results, repeated, refused = answer.body["results"]
    statuses = {each["status"] for each in results}
    if not statuses <= {OK, CREATED} or (repeated["status"], refused["status"]) != (OK, REFUSED):
        client.book.surprised("/points-requests/batch", answer.status, [repeated, refused, results])
    for item, result in zip(items, results, strict=True):
        if "points_request" in result:
            client.book.credited(item["reason"], item["recipient"], item["points"])
    client.book.count("batch items", len(items))


def _item(client: Client, key: str, people: Sequence[str]) -> dict[str, Any]:
    return {
        "external_id": key,
        "programme": "torture",
        "recipient": client.random.choice(people),
        "points": client.random.randint(1, POINTS_MAX),
        "reason": key,
    }
