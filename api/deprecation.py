"""How an operation says that it will end: RFC 9745 from when it is deprecated, RFC 8594 when it is gone.

A view names it beside its scopes, by method; the headers and the OpenAPI document follow from that.

    deprecations = {"GET": Deprecation(since=date(2027, 1, 1), sunset=date(2027, 7, 1), guide="/problems/")}
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.utils.http import http_date

NOTICE: Final = timedelta(days=180)  # the least that integrators get; docs/api/versioning.md promises it


@dataclass(frozen=True, kw_only=True, slots=True)
class Deprecation:
    """An operation that is to be used no more.

    Args:
        since: the day from which it is deprecated, also one to come.
        sunset: the first day on which it may be gone, at least NOTICE after `since`; None while that is open.
        guide: the path of the page that says what to use instead.

    Raises:
        ValueError: `sunset` leaves integrators too little time.
    """

    since: date
    guide: str
    sunset: date | None = None

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since + NOTICE:
            raise ValueError(f"Between deprecation and sunset lie at least {NOTICE.days} days.")

    @property
    def headers(self) -> dict[str, str]:
        """Return what every answer of the operation carries, the problems too; `link` goes beside them."""
        ends = {"Sunset": http_date(_midnight(self.sunset))} if self.sunset else {}
        return {"Deprecation": f"@{_midnight(self.since)}", **ends}

    @property
    def link(self) -> str:
        """Return the `Link` to the guide (RFC 9745 §3)."""
        return f'<{settings.BASE_URL}{self.guide}>; rel="deprecation"; type="text/html"'

    @property
    def sentence(self) -> str:
        """Return what the description of the operation says."""
        ends = f" and may be gone from {self.sunset}" if self.sunset else ""
        return f"Deprecated since {self.since}{ends}: [what to use instead]({self.guide})."


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
