"""Compares what clients were told with what is in the database: all of it once, and nothing else."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from torture.book import Book

SHOWN = 20  # findings of a kind

WAITING = {
    "orders on their way": "SELECT count(*) FROM redemptions_order WHERE status = 'placed'",
    "deliveries": "SELECT count(*) FROM messaging_delivery WHERE status IN ('pending', 'sending')",
    "uploads": "SELECT count(*) FROM programs_upload WHERE status = 'crediting'",
    "open holds": "SELECT count(*) FROM wallets_hold WHERE status = 'placed'",
}
CREDITS = """
SELECT r.reason, r.recipient, r.points,
       r.status IN ('credited', 'reversed') AND t.kind = 'credit' AND t.points = r.points
FROM programs_pointsrequest r LEFT JOIN wallets_transfer t ON t.id = r.transfer_id
"""
ORDERS = """
SELECT o.external_id, p.employee_number, o.points, o.status IN ('fulfilled', 'failed')
       AND (o.status = 'fulfilled') = EXISTS (SELECT FROM wallets_transfer t WHERE t.reference = h.reference)
FROM redemptions_order o JOIN people_person p ON p.id = o.person_id JOIN wallets_hold h ON h.id = o.hold_id
"""
REVERSALS = """
SELECT v.reason, r.recipient, coalesce(t.points, 0), true
FROM programs_reversal v JOIN programs_pointsrequest r ON r.id = v.points_request_id
LEFT JOIN wallets_transfer t ON t.id = v.transfer_id
"""
WALLETS = """
SELECT p.employee_number, a.lifetime_earned, a.lifetime_redeemed, a.points
FROM wallets_account a JOIN people_person p ON p.id = a.person_id
"""
FULFILLED = """
SELECT p.employee_number, sum(o.points)::bigint FROM redemptions_order o JOIN people_person p ON p.id = o.person_id
WHERE o.status = 'fulfilled' GROUP BY 1
"""
Told = Mapping[str, tuple[str, int]]


def waiting(database_url: str) -> dict[str, int]:
    """Return how much work waits, by kind; empty when all queues are drained."""
    with psycopg.connect(database_url) as connection:
        counts = {what: int(connection.execute(query).fetchone()[0]) for what, query in WAITING.items()}  # type: ignore[index]
    return {what: count for what, count in counts.items() if count}


def findings(book: Book, database_url: str) -> list[str]:
    """Return where the book and the database disagree, a line each."""
    credited = {key: (one.recipient, one.points) for key, one in book.credits.items()}
    orders = {key: (one.recipient, one.points) for key, one in book.orders.items()}
    reversals = {key: (one.recipient, one.points) for key, one in book.reversals.items()}
    with psycopg.connect(database_url) as connection:
        found = [
            *_compared("credit", credited, connection.execute(CREDITS).fetchall()),
            *_compared("order", orders, connection.execute(ORDERS).fetchall()),
            *_compared("reversal", reversals, connection.execute(REVERSALS).fetchall()),
            *_wallets(credited, reversals, connection),
        ]
    return [*book.surprises, *found]


def _compared(noun: str, told: Told, rows: list[tuple[Any, ...]]) -> Iterator[str]:
    """Yield what was told and is not there, is there more than once, otherwise, or unasked."""
    times = Counter(key for key, *_ in rows)
    there = {key: (recipient, points) for key, recipient, points, _ in rows}
    wrong = [
        *(f"{noun} {key} was told, and is not there" for key in told.keys() - there.keys()),
        *(f"{noun} {key} is there, and nobody was told" for key in there.keys() - told.keys()),
        *(f"{noun} {key} is there {count} times" for key, count in times.items() if count > 1),
        *(
            f"{noun} {key} was told as {told[key]}, and is {there[key]}"
            for key in told.keys() & there.keys()
            if told[key] != there[key]
        ),
        *(f"{noun} {key} is not finished, or moved nothing" for key, *_, is_whole in rows if not is_whole),
    ]
    yield from wrong[:SHOWN]
    if len(wrong) > SHOWN:
        yield f"… and {len(wrong) - SHOWN} more of {noun}"


def _wallets(credited: Told, reversals: Told, connection: "psycopg.Connection[tuple[Any, ...]]") -> Iterator[str]:
    """Yield the wallets that do not hold what their people were told."""
    earned: defaultdict[str, int] = defaultdict(int)
    for told, sign in ((credited, 1), (reversals, -1)):
        for recipient, points in told.values():
            earned[recipient] += sign * points
    spent = dict(connection.execute(FULFILLED).fetchall())
    for person, lifetime_earned, lifetime_redeemed, points in connection.execute(WALLETS).fetchall():
        expected = (earned[person], spent.get(person, 0), earned[person] - spent.get(person, 0))
        if (lifetime_earned, lifetime_redeemed, points) != expected:
            yield f"wallet of {person} is {(lifetime_earned, lifetime_redeemed, points)}, told {expected}"
