"""A stand-in for Slack's Web API that answers as Slack does, or as badly as a test asks for."""

import itertools
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "xoxb-stand-in"


@dataclass(frozen=True)
class Status:
    """Answer with this status and body, and do nothing else."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Error:
    """Answer as Slack does when it refuses: 200 and `ok: false`."""

    code: str


@dataclass(frozen=True)
class RateLimited:
    """Answer 429 with `Retry-After`."""

    seconds: int


@dataclass(frozen=True)
class Hang:
    """Take the request and say nothing, until the stand-in is stopped."""


@dataclass(frozen=True)
class Reset:
    """Break the connection off, before the message is posted or after."""

    after_posting: bool = False


Behaviour = Status | Error | RateLimited | Hang | Reset


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    headers: dict[str, str]
    body: dict[str, Any]


class SlackStandIn:
    """A workspace with people in it.

    `users` maps e-mail addresses to user ids; `requests` holds all that came; `messages` what was posted, oldest first.
    `next(behaviour, …)` says how the next calls of `chat.postMessage` (or another method) go wrong.
    """

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.requests: list[Request] = []
        self.messages: list[dict[str, Any]] = []
        self.stopped = threading.Event()
        self._script: dict[str, deque[Behaviour]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False

    @property
    def url(self) -> str:
        """Return what SLACK_API_URL has to be."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def environment(self) -> dict[str, str]:
        """Return the variables that point a portal here."""
        return {"SLACK_API_URL": self.url, "SLACK_BOT_TOKEN": TOKEN}

    def know(self, *emails: str) -> None:
        """Let the workspace have people with these addresses."""
        for email in emails:
            self.users.setdefault(email.lower(), f"U07TEST{len(self.users) + 1:04d}")

    def next(self, *behaviours: Behaviour, method: str = "chat.postMessage") -> None:
        """Say how the next calls of a method go; after them it answers as Slack does."""
        self._script.setdefault(method, deque()).extend(behaviours)

    def calls(self, method: str) -> list[Request]:
        """Return the requests of one method."""
        return [request for request in self.requests if request.method == method]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: Request) -> Behaviour | None:
        """Record a request and return how it is to go wrong, if it is."""
        with self._lock:
            self.requests.append(request)
            script = self._script.get(request.method)
            return script.popleft() if script else None

    def answer(self, request: Request) -> dict[str, Any]:
        """Do what the method does and return Slack's answer."""
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
        with self._lock:
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


def _handler(slack: SlackStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.path.removeprefix("/api/"), dict(self.headers), self._read(raw))
            match slack.take(request):
                case None:
                    self._reply(200, json.dumps(slack.answer(request)))
                case Status(status, body, headers):
                    self._reply(status, body, headers)
                case Error(code):
                    self._reply(200, json.dumps({"ok": False, "error": code}))
                case RateLimited(seconds):
                    body = json.dumps({"ok": False, "error": "ratelimited"})
                    self._reply(429, body, {"Retry-After": str(seconds)})
                case Hang():
                    slack.stopped.wait()
                    self._break_off()
                case Reset(after_posting):
                    if after_posting:
                        slack.answer(request)
                    self._break_off()

        def _read(self, raw: bytes) -> dict[str, Any]:
            if self.headers.get("Content-Type", "").startswith("application/json"):
                return dict(json.loads(raw))
            return {name: values[-1] for name, values in parse_qs(raw.decode()).items()}

        def _reply(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
            content = body.encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json; charset=utf-8"} | (headers or {})).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _break_off(self) -> None:
            # Closing with nothing left to linger for is a TCP reset, not a polite end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            self.rfile.close()

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Say nothing."""

    return Handler
