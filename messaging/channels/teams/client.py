"""Posts to a flow that starts with “When a Teams webhook request is received”.

https://learn.microsoft.com/connectors/teams
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from api import outbound
from messaging.channels import retry_after

ACCEPTED = {200, 202}  # the flow runs after it answered: accepted is all that it says
RUN_HEADER = "x-ms-workflow-run-id"
TRACKING_HEADER = "x-ms-client-tracking-id"  # by which a run is found again in the flow's history


class TeamsError(Exception):
    """The flow answered that it did not take the message; the text is the status alone, never the address."""

    def __init__(self, status: int) -> None:
        super().__init__(f"http_{status}")


class TeamsRateLimited(Exception):
    """The flow wants to be left alone for `wait`."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"too many requests, come back in {wait.total_seconds():.0f} s")


def post(body: dict[str, Any], *, key: str) -> str:
    """Hand a message to the flow and return the id of the run that it started, or an empty string.

    Args:
        body: as `render.request` makes it.
        key: one for each delivery, the same for each attempt; the run carries it as its tracking id.

    Raises:
        TeamsError, TeamsRateLimited: as the flow answered.
        OutboundError: no answer came.
    """
    answer = outbound.request("POST", settings.TEAMS_WORKFLOW_SECRET_URL, headers={TRACKING_HEADER: key}, json=body)
    if answer.status == 429:  # noqa: PLR2004 - RFC 6585 §4
        raise TeamsRateLimited(retry_after.wait(answer.headers.get("Retry-After", ""), at=timezone.now()))
    if answer.status not in ACCEPTED:
        raise TeamsError(answer.status)
    return answer.headers.get(RUN_HEADER, "")
