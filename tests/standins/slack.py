"""A stand-in for Slack's Web API that answers as Slack does, or as badly as a test asks for."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.standins.web import Hang, Request, Reset, Status, WebStandIn

__all__ = ["TOKEN", "Error", "Hang", "RateLimited", "Reset", "SlackStandIn", "Status", "slack_standin"]
TOKEN = "xoxb-stand-in"


@dataclass(frozen=True)
class Error:
    """Answer as Slack does when it refuses: 200 and `ok: false`."""

    code: str


@dataclass(frozen=True)
class RateLimited:
    """Answer 429 with `Retry-After`."""

    seconds: int


Behaviour = Status | Error | RateLimited | Hang | Reset


class SlackStandIn(WebStandIn):
    """A workspace with people in it.

    `users` maps e-mail addresses to user ids; `requests` holds all that came; `messages` what was posted, oldest first.
    `next(behaviour, …)` says how the next calls of `chat.postMessage` (or another method) go wrong.
    """

    root = "/api/"

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.messages: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        """Return what SLACK_API_URL has to be."""
        return f"{self.origin}/api"

    def environment(self) -> dict[str, str]:
        """Return the variables that point a portal here."""
        return {"SLACK_API_URL": self.url, "SLACK_BOT_TOKEN": TOKEN}

    def know(self, *emails: str) -> None:
        """Let the workspace have people with these addresses."""
        for email in emails:
            self.users.setdefault(email.lower(), f"U07TEST{len(self.users) + 1:04d}")

    def next(self, *behaviours: Behaviour, method: str = "chat.postMessage") -> None:
        """Say how the next calls of a method go; after them it answers as Slack does."""
        self.script_next(method, *behaviours)

    def answer(self, request: Request) -> Status:
        """Do what the method does and return Slack's answer."""
        return Status(200, json.dumps(self._content(request)))

    def misbehave(self, behaviour: Error | RateLimited) -> Status:
        """Return Slack's own ways to refuse."""
        if isinstance(behaviour, RateLimited):
            body = json.dumps({"ok": False, "error": "ratelimited"})
            return Status(429, body, {"Retry-After": str(behaviour.seconds)})
        return Status(200, json.dumps({"ok": False, "error": behaviour.code}))

    def _content(self, request: Request) -> dict[str, Any]:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if request.method == "users.lookupByEmail":
            return self._look_up(str(request.body.get("email", "")).lower())
        if request.method == "chat.postMessage":
            return self._post(request.body)
        return {"ok": False, "error": "unknown_method"}

    def _look_up(self, email: str) -> dict[str, Any]:
        if email not in self.users:
            return {"ok": False, "error": "users_not_found"}
        user = {"id": self.users[email], "deleted": email in self.deleted, "is_bot": False, "profile": {"email": email}}
        return {"ok": True, "user": user}

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("channel") not in self.users.values():
            return {"ok": False, "error": "channel_not_found"}
        with self.lock:
            self.messages.append(body)
            number = next(self._numbers)
        direct = str(body["channel"]).replace("U", "D", 1)
        return {"ok": True, "channel": direct, "ts": f"1795382046.{number:06d}", "message": {"text": body.get("text")}}


@contextmanager
def slack_standin() -> Iterator[SlackStandIn]:
    """Run a workspace for the length of a test."""
    slack = SlackStandIn()
    slack.start()
    try:
        yield slack
    finally:
        slack.stop()
