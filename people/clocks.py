"""Clocks on people's walls."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def clock(time_zone: str) -> ZoneInfo:
    """Return the time zone of an IANA name; UTC where it no longer is one."""
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
