"""What stand-ins for web services share: a server on loopback, what came, and how its next answers go wrong."""

import json
import socket
import struct
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Status:
    """Answer with this status and body, and do nothing else."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hang:
    """Take the request and say nothing, until the stand-in is stopped."""


@dataclass(frozen=True)
class Reset:
    """Break the connection off, before the message is posted or after."""

    after_posting: bool = False


@dataclass(frozen=True)
class Afterwards:
    """Do what was asked for, then answer with this instead: what was done stands, and the caller is told otherwise."""

    instead: Status


@dataclass(frozen=True)
class Slow:
    """Do what was asked for at once, and answer so many seconds later."""

    seconds: float


@dataclass(frozen=True)
class Request:
    """One request as it came.

    Args:
        method: what was asked for, as the service names it: the path without its beginning, unless `named` says other.
        query: what stood behind the question mark.
        raw: the body, byte for byte.
    """

    method: str
    headers: dict[str, str]
    body: dict[str, Any]
    query: str = ""
    raw: bytes = b""
    verb: str = "POST"


class WebStandIn:
    """A service. `requests` holds all that came; `script` says how the next calls of a method go wrong."""

    root = "/"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        self.script: dict[str, deque[Any]] = {}
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False

    @property
    def origin(self) -> str:
        """Return scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, request: Request) -> Status:
        """Do what the request asks for and return what the service answers."""
        raise NotImplementedError

    def named(self, path: str, body: dict[str, Any]) -> str:
        """Return what a request asks for, by which scripts and tests know it."""
        return path

    def misbehave(self, behaviour: Any) -> Status:
        """Return the answer of a behaviour of this service's own."""
        raise NotImplementedError

    def script_next(self, method: str, *behaviours: Any) -> None:
        """Say how the next calls of a method go; after them it answers as it should."""
        self.script.setdefault(method, deque()).extend(behaviours)

    def calls(self, method: str) -> list[Request]:
        """Return the requests of one method."""
        return [request for request in self.requests if request.method == method]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: Request) -> Any:
        """Record a request and return how it is to go wrong, if it is."""
        with self.lock:
            self.requests.append(request)
            script = self.script.get(request.method)
            return script.popleft() if script else None


def break_off(connection: socket.socket) -> None:
    """Close with nothing left to linger for: a TCP reset, not a polite end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _handler(standin: WebStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            body = self._read(raw)
            method = standin.named(parts.path.removeprefix(standin.root), body)
            request = Request(method, dict(self.headers), body, parts.query, raw, self.command)
            match standin.take(request):
                case None:
                    self._reply(standin.answer(request))
                case Status() as status:
                    self._reply(status)
                case Hang():
                    standin.stopped.wait()
                    self._break_off()
                case Reset(after_posting):
                    if after_posting:
                        standin.answer(request)
                    self._break_off()
                case Afterwards(instead):
                    standin.answer(request)
                    self._reply(instead)
                case Slow(seconds):
                    answer = standin.answer(request)
                    standin.stopped.wait(seconds)
                    self._reply(answer)
                case behaviour:
                    self._reply(standin.misbehave(behaviour))

        def _read(self, raw: bytes) -> dict[str, Any]:
            if raw and self.headers.get("Content-Type", "").startswith("application/json"):
                return dict(json.loads(raw))
            return {name: values[-1] for name, values in parse_qs(raw.decode()).items()}

        def _reply(self, answer: Status) -> None:
            content = answer.body.encode()
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "application/json; charset=utf-8"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _break_off(self) -> None:
            self.close_connection = True
            break_off(self.connection)
            self.rfile.close()

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Say nothing."""

    return Handler
