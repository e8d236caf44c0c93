"""Slack's Web API: https://docs.slack.dev/reference/methods."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from api import outbound
from messaging.channels import retry_after

RATE_LIMITED = {"ratelimited", "rate_limited"}


class SlackError(Exception):
    """Slack answered that it did not do it.

    Args:
        code: Slack's word for why, as `users_not_found`, or `http_503` where it gave none.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class SlackRateLimited(Exception):
    """Slack wants to be left alone for `wait`."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"ratelimited for {wait.total_seconds():.0f} s")


def user_by_email(email: str) -> dict[str, Any]:
    """Return Slack's user object of the person with this address (`users.lookupByEmail`, scope users:read.email).

    Raises:
        SlackError, SlackRateLimited: as Slack answered.
        OutboundError: no answer came.
    """
    return dict(_call("users.lookupByEmail", form={"email": email})["user"])


def post_message(body: dict[str, Any]) -> dict[str, Any]:
    """Post a message (`chat.postMessage`, scope chat:write) and return Slack's answer with `channel` and `ts`.

    Raises:
        SlackError, SlackRateLimited: as Slack answered.
        OutboundError: no answer came.
    """
    return _call("chat.postMessage", json=body)


def _call(method: str, *, json: Any = None, form: dict[str, str] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {settings.SLACK_BOT_TOKEN}"}
    answer = outbound.request("POST", f"{settings.SLACK_API_URL}/{method}", headers=headers, json=json, form=form)
    try:
        content = answer.json()
    except ValueError:
        content = {}
    error = str(content.get("error", "")) if isinstance(content, dict) else ""
    if answer.status == 429 or error in RATE_LIMITED:  # noqa: PLR2004 - RFC 6585 §4
        raise SlackRateLimited(retry_after.wait(answer.headers.get("Retry-After", ""), at=timezone.now()))
    if answer.status != 200 or not isinstance(content, dict) or content.get("ok") is not True:  # noqa: PLR2004
        raise SlackError(error or f"http_{answer.status}")
    return content
