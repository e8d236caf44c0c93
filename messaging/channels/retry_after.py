"""How long a provider wants to be left alone (`Retry-After`, RFC 9110 §10.2.3)."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST = timedelta(seconds=1)
UNSAID = timedelta(seconds=30)


def wait(retry_after: str, *, at: datetime) -> timedelta:
    """Return how long to wait: at least a second, and 30 where the header says nothing that can be read.

    Args:
        retry_after: the header's value: whole seconds, or a date; empty where there was none.
        at: now.
    """
    if retry_after.isascii() and retry_after.isdigit():
        return max(SHORTEST, timedelta(seconds=min(int(retry_after), 10**6)))
    try:
        return max(SHORTEST, parsedate_to_datetime(retry_after) - at)
    except (ValueError, TypeError):  # no date, or one without a time zone
        return UNSAID
