"""A client's limit over processes, and clients that are slow."""

import socket
import time
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
