"""How often somebody may ask: a minute's worth at once, and so many a minute for good.

Told as draft-ietf-httpapi-ratelimit-headers-10 has it.
"""

import math
from dataclasses import dataclass
from typing import Final

from django.db import connection

from api.errors import TooManyRequests

MINUTE_SECONDS: Final = 60
POLICY: Final = "per-minute"
ROUNDING: Final = 0.01  # of a request: the database counts in whole microseconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """One request taken from a quota, or refused.

    Args:
        per_minute: what the quota holds when it is full.
        full_in_seconds: when it would be full again with this request taken, as `api_take` has it.
    """

    per_minute: int
    full_in_seconds: float

    @property
    def is_refused(self) -> bool:
        """Return whether the quota held no request any more."""
        return self.full_in_seconds > MINUTE_SECONDS

    @property
    def left(self) -> int:
        """Return how many more it would give at once."""
        return max(0, int((MINUTE_SECONDS - self.full_in_seconds) / MINUTE_SECONDS * self.per_minute + ROUNDING))

    @property
    def retry_after_seconds(self) -> int:
        """Return after how long the next request is given, of one that was refused."""
        return max(1, math.ceil(self.full_in_seconds - MINUTE_SECONDS))

    @property
    def headers(self) -> dict[str, str]:
        """Return what a limited client is told with every answer."""
        seconds = self.retry_after_seconds if self.is_refused else math.ceil(self.full_in_seconds)
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.per_minute};w={MINUTE_SECONDS}',
            "RateLimit": f'"{POLICY}";r={self.left};t={seconds}',
        }

    def check(self) -> None:
        """Go on where it was given.

        Raises:
            TooManyRequests: it was refused.
        """
        if self.is_refused:
            raise TooManyRequests(
                f"The limit is {self.per_minute:,} a minute. Wait {self.retry_after_seconds} s, then go on.",
                retry_after_seconds=self.retry_after_seconds,
                limits=self.headers,
            )


def take(name: str, *, per_minute: int) -> Taken:
    """Take one request from a quota, in all processes at once.

    Args:
        name: whose, as `address:10.0.0.7`.
        per_minute: what it holds.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_take(%s, %s::integer)", [name, per_minute])
        [full_in_seconds] = cursor.fetchone()
    return Taken(per_minute=per_minute, full_in_seconds=full_in_seconds)
