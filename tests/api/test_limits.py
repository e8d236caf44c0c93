"""A client's limit over processes, and clients that are slow."""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from rewards_portal.slow_clients import PATIENCE_SECONDS, ArrivingSocket
from tests.api.conftest import Api

PER_MINUTE = 60
THREADS = 2 * 4  # of two web processes


def test_many_at_once_get_what_the_limit_gives_and_no_more(served: Api) -> None:
    session = served.session(per_minute=PER_MINUTE)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(lambda _: session.get(f"{served.url}/points-requests", timeout=30).status_code, range(90))
        )
    came_back = (time.monotonic() - began) * PER_MINUTE / 60
    assert set(statuses) <= {200, 429}
    assert PER_MINUTE <= statuses.count(200) <= PER_MINUTE + came_back + 1


def test_half_sent_requests_hold_no_thread_for_long(served: Api) -> None:
    session, port = served.session(), urlsplit(served.url).port
    token = session.headers["Authorization"]
    head = f"POST /api/v1/points-requests HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n"
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(THREADS)]
        for number, connection in enumerate(slow):
            half_body = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            connection.sendall((head + (half_body if number % 2 else "")).encode())  # every other stops in its head
        began = time.monotonic()
        assert session.get(f"{served.url}/points-requests", timeout=30).status_code == 200
        assert time.monotonic() - began < PATIENCE_SECONDS + 10
        answers = [connection.recv(4096).decode() for connection in slow]
    assert {answer.split("\r\n")[0] for answer in answers} == {"", "HTTP/1.1 408 Request Timeout"}
    assert all('"code": "request_timeout"' in answer for answer in answers if answer)


def test_a_steady_body_gets_more_time_and_a_dripping_one_is_cut_off() -> None:
    ours, theirs = socket.socketpair()
    with ArrivingSocket(fileno=ours.detach()) as arriving, theirs:
        arriving.begin()
        for _ in range(50):
            theirs.sendall(b"x" * 4_000)
            assert len(arriving.recv(4_000)) == 4_000
        assert arriving.deadline - time.monotonic() > PATIENCE_SECONDS + 5
        arriving.deadline = time.monotonic() + 0.2
        theirs.sendall(b"x")
        assert arriving.recv(1) == b"x"
        with pytest.raises(ConnectionResetError, match="took too long"):
            arriving.recv(1)


GIFT = {"external_id": "x", "programme": "spot", "recipient": "E1", "points": 1, "reason": "Limits"}
EVENT = {"specversion": "1.0", "id": "1", "source": "/limits", "type": "nothing.happened"}
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"
WRITTEN = "SELECT (SELECT count(*) FROM programs_pointsrequest), (SELECT count(*) FROM programs_event)"


def padded(spare: int) -> bytes:
    """Return a points request that is so many bytes longer than 5 MiB."""
    raw = json.dumps(GIFT).encode()
    return raw + b" " * (5 * 1024 * 1024 + spare - len(raw))


def deep(levels: int) -> bytes:
    """Return a points request of so many levels."""
    metadata = '{"a":' * (levels - 1) + "1" + "}" * (levels - 1)
    return json.dumps(GIFT).replace("}", f', "metadata": {metadata}}}').encode()


@pytest.mark.parametrize(
    ("path", "kind", "body", "status", "code"),
    [
        ("points-requests", JSON, lambda: padded(1), 413, "body_too_large"),
        ("points-requests", JSON, lambda: deep(33), 400, "malformed_body"),
        ("points-requests?limit=201", None, None, 422, "invalid_request"),
        ("points-requests/batch", JSON, lambda: json.dumps({"requests": [GIFT] * 10_001}), 422, "invalid_request"),
        ("events", BATCH, lambda: json.dumps([EVENT] * 1_001), 413, "body_too_large"),
        ("events", "text/plain", lambda: "x", 415, "unsupported_media_type"),
        ("wallets/nobody", None, None, 404, "not_found"),
        ("programmes", None, None, 403, "insufficient_scope"),
    ],
)
def test_over_a_limit_is_a_problem_that_says_what_is_left_and_writes_nothing(
    served: Api, path: str, kind: str | None, body: Callable[[], bytes | str] | None, status: int, code: str
) -> None:
    session = served.session("points:write points:read wallets:read events:write", per_minute=PER_MINUTE)
    before = served.rows(WRITTEN)
    headers = {"Content-Type": kind} if kind else {}
    answer = session.request(
        "POST" if body else "GET", f"{served.url}/{path}", data=body() if body else None, headers=headers, timeout=30
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert (answer.json()["code"], answer.json()["request_id"]) == (code, answer.headers["X-Request-ID"])
    assert answer.headers["RateLimit"] == f'"per-minute";r={PER_MINUTE - 1};t=1'
    assert answer.headers["RateLimit-Policy"] == f'"per-minute";q={PER_MINUTE};w=60'
    assert served.rows(WRITTEN) == before


@pytest.mark.parametrize("body", [lambda: padded(0), lambda: deep(31)])
def test_at_a_limit_it_is_taken(served: Api, body: Callable[[], bytes]) -> None:
    session = served.session()
    answer = session.post(f"{served.url}/points-requests", data=body(), headers={"Content-Type": JSON}, timeout=30)
    assert answer.status_code == 201
