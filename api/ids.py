"""Ids: UUIDv7 inside (RFC 9562 §5.7, in order of time), a prefix and 32 hexadecimal digits outside."""

import os
import time
import uuid
from datetime import datetime

POINTS_REQUEST, TRANSFER, ORDER, EVENT, TRAVEL_CREDIT, UPLOAD = "pr", "tr", "rd", "ev", "tc", "up"
AUTHORISATION, REFUND = "ta", "tf"  # of a travel credit
WEBHOOK_ENDPOINT, WEBHOOK_EVENT, WEBHOOK_DELIVERY = "wh", "we", "wd"

KEY_DIGITS = 32


def new() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of milliseconds since 1970, 12 of the time within (§6.2, method 3), 62 random ones.

    Those 12 bits, a quarter of a microsecond each, keep rows that one process makes in the same millisecond in order.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    high = (milliseconds << 16) | 0x7000 | (nanoseconds * 4096 // 1_000_000)
    low = (0b10 << 62) | (int.from_bytes(os.urandom(8)) >> 2)
    return uuid.UUID(int=(high << 64) | low)


def first_at(at: datetime) -> uuid.UUID:
    """Return the smallest UUIDv7 of a moment's millisecond: `id >= first_at(moment)` finds what was made since."""
    milliseconds = max(int(at.timestamp() * 1000), 0)
    return uuid.UUID(int=(milliseconds << 80) | (0x7000 << 64) | (0b10 << 62))


def public(prefix: str, key: uuid.UUID) -> str:
    """Return the id shown outside, as `pr_0193…`."""
    return f"{prefix}_{key.hex}"


def key(prefix: str, public_id: str) -> uuid.UUID | None:
    """Return the primary key behind a public id, or None where it is not one with this prefix."""
    head, _, digits = public_id.partition("_")
    if head != prefix or len(digits) != KEY_DIGITS:
        return None
    try:
        return uuid.UUID(hex=digits)
    except ValueError:
        return None
