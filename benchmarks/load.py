"""A load generator that costs little itself: keep-alive sockets in one process, no HTTP library in the loop."""

import json
import selectors
import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from benchmarks.sizes import Sizes

CREATED = 201
ANSWERS_MIN = 2  # however long they take: one alone has no middle and no end
RECEIVE_BYTES = 65536


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one round measured: requests per second and the middle and the slow end of their seconds."""

    per_second: float
    p50_seconds: float
    p99_seconds: float

    @property
    def slowness(self) -> str:
        """Return how long an answer took."""
        return f"p50 {1000 * self.p50_seconds:.1f} ms, p99 {1000 * self.p99_seconds:.1f} ms"


@dataclass(frozen=True)
class Side:
    """One of two things that are compared: a server and what it is asked."""

    port: int
    make_request: Callable[[], bytes]


def post_request(path: str, token: str, body: dict[str, object]) -> bytes:
    """Return the bytes of one POST with a bearer token and a JSON body."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def token(port: int, client_id: str, client_secret: str) -> str:
    """Return a bearer token for a client, fetched as any client would (RFC 6749 §4.4)."""
    base = f"http://127.0.0.1:{port}"
    endpoint = requests.get(f"{base}/.well-known/openid-configuration", timeout=10).json()["token_endpoint"]
    answer = requests.post(
        base + urlsplit(endpoint).path,
        data={"grant_type": "client_credentials"},
        auth=(client_id, client_secret),
        timeout=10,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


class _Connection:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.buffer = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Return the status once the whole answer is there, else None."""
        self.buffer += self.socket.recv(RECEIVE_BYTES)
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) < length:
            return None
        self.buffer = b""
        return int(head.split(b" ", 2)[1])


def compare(one: Side, other: Side, *, connections: int, sizes: Sizes) -> tuple[Outcome, Outcome]:
    """Return the middle round of each of two sides, asked in turns after a round that does not count."""
    outcomes: tuple[list[Outcome], list[Outcome]] = ([], [])
    for _ in range(1 + sizes.rounds):
        for side, kept in zip((one, other), outcomes, strict=True):
            kept.append(
                run(side.port, side.make_request, connections=connections, seconds=sizes.round_seconds, expect=CREATED)
            )
    first, second = (sorted(kept[1:], key=lambda outcome: outcome.per_second)[sizes.rounds // 2] for kept in outcomes)
    return first, second


def run(port: int, make_request: Callable[[], bytes], *, connections: int, seconds: float, expect: int) -> Outcome:
    """Send requests over so many connections for so long, or until there is something to measure.

    Raises:
        RuntimeError: an answer had another status than `expect`.
    """
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = _Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(make_request())
    latencies: list[float] = []
    started = time.perf_counter()
    while (now := time.perf_counter()) < started + seconds or len(latencies) < ANSWERS_MIN:
        for key, _ in selector.select(timeout=1):
            status = key.data.receive()
            if status is None:
                continue
            if status != expect:
                raise RuntimeError(f"Answered {status}, not {expect}.")
            latencies.append(time.perf_counter() - key.data.sent_at)
            key.data.send(make_request())
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    cuts = statistics.quantiles(latencies, n=100)
    return Outcome(per_second=len(latencies) / (now - started), p50_seconds=cuts[49], p99_seconds=cuts[98])
