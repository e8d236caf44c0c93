"""Requests that leave: to public addresses by https, and nowhere else; and they end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from api import outbound
from api.outbound import OutboundError, OutboundRefused, OutboundUnclear

PRIVATE = [
    "127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "localhost",
]  # fmt: skip


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Answer every request with a function, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)

        do_GET = do_POST  # noqa: N815 - its name in the base class

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads, running.block_on_close = True, False
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}"
    finally:
        running.shutdown()
        running.server_close()


def say(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def development(settings: Settings) -> None:
    settings.DEBUG = True


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_called(host: str) -> None:
    with pytest.raises(OutboundRefused):
        outbound.permit(host, 443, encrypted=True)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "192.168.1.1"])
@pytest.mark.usefixtures("development")
def test_development_opens_loopback_and_no_more(host: str) -> None:
    assert outbound.permit("127.0.0.1", 80, encrypted=False) == ["127.0.0.1"]
    with pytest.raises(OutboundRefused):
        outbound.permit(host, 443, encrypted=True)


def test_a_public_address_is_called_by_https_alone() -> None:
    assert outbound.permit("93.184.215.14", 443, encrypted=True) == ["93.184.215.14"]
    with pytest.raises(OutboundRefused, match="https"):
        outbound.permit("93.184.215.14", 80, encrypted=False)


def test_a_host_named_in_the_settings_may_be_anywhere(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["10.0.0.1"]

    assert outbound.permit("10.0.0.1", 80, encrypted=False) == ["10.0.0.1"]
    with pytest.raises(OutboundRefused):
        outbound.permit("10.0.0.2", 80, encrypted=False)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(OutboundRefused):
        outbound.permit("both.example", 443, encrypted=True)


def test_the_address_called_is_the_one_that_was_judged(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A name that answers differently the second time (DNS rebinding) is asked once and gains nothing."""
    settings.DEBUG = True
    asked = []
    resolve = socket.getaddrinfo

    def rebinding(host: str, port: int, *args: Any, **options: Any) -> Any:
        if host == "rebinding.example":
            asked.append(host)
            return resolve("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port, *args, **options)
        return resolve(host, port, *args, **options)

    with server(say(200, b"hello")) as url:
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        answer = outbound.request("GET", url.replace("127.0.0.1", "rebinding.example"))

    assert (answer.status, answer.body, asked) == (200, b"hello", ["rebinding.example"])


def test_a_refused_address_gets_no_connection() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.2)

        with pytest.raises(OutboundRefused):
            outbound.request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/", json={})

        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.usefixtures("development")
def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with server(say(302, b"", Location="http://10.0.0.1/")) as url:
        assert outbound.request("GET", url).status == 302


@pytest.mark.usefixtures("development")
def test_no_cookie_comes_back_and_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    seen = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Cookie"))
        say(200, b"{}", Set_Cookie="a=1; Path=/")(handler)

    with server(answer) as url:
        outbound.request("GET", url)
        outbound.request("GET", url)

    assert seen == [None, None]


@pytest.mark.usefixtures("development")
def test_an_answer_that_is_too_large_is_given_up() -> None:
    with server(say(200, b"x" * (outbound.ANSWER_BYTES_MAX + 1))) as url, pytest.raises(OutboundUnclear):
        outbound.request("GET", url)


@pytest.mark.usefixtures("development")
def test_an_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.3)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(12):  # less than is too large, over longer than is too long
            time.sleep(0.05)
            handler.wfile.write(b"x" * 70_000)

    with server(drip) as url, pytest.raises(OutboundUnclear):
        outbound.request("GET", url)


@pytest.mark.usefixtures("development")
def test_what_did_not_leave_is_told_from_what_may_have_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "READ_SECONDS", 0.2)
    stop = threading.Event()

    with pytest.raises(OutboundError) as nobody:
        outbound.request("GET", "http://127.0.0.1:1/")
    with server(lambda handler: handler.connection.close()) as url, pytest.raises(OutboundUnclear):
        outbound.request("GET", url)
    with server(lambda _: stop.wait(5) and None) as url, pytest.raises(OutboundUnclear):
        outbound.request("GET", url)
    stop.set()

    assert type(nobody.value) is OutboundError


def test_an_error_names_the_host_and_neither_query_nor_body() -> None:
    with pytest.raises(OutboundError) as error:
        outbound.request("POST", "https://no-such-host.invalid/a?sig=secret", form={"email": "ana@acme.example"})

    assert str(error.value) == "no-such-host.invalid is not a known host"


def drip(handler: BaseHTTPRequestHandler, *, of: bytes) -> None:
    """Send a byte every twentieth of a second, for ever or until the other side is gone."""
    pause = threading.Event()
    handler.close_connection = True
    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + of)
        while not pause.wait(0.05):
            handler.wfile.write(b"x")


@pytest.mark.usefixtures("development")
def test_a_head_that_drips_in_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.5)
    with server(lambda handler: drip(handler, of=b"X-Slow: ")) as url:
        began = time.monotonic()
        with pytest.raises(OutboundUnclear):
            outbound.request("POST", url)
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize("head", [b"Content-Length: 1000000\r\n\r\n", b"\r\n"])
def test_where_the_status_says_it_all_a_body_that_drips_in_is_left(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(outbound, "BEGINNING_SECONDS", 0.3)
    with server(lambda handler: drip(handler, of=head)) as url:
        began = time.monotonic()
        answer = outbound.request("POST", url, first_bytes=500)
    assert (answer.status, time.monotonic() - began < 5) == (200, True)


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize("body", [b"", b"taken", b"y" * 3_000_000])
def test_no_more_than_the_first_bytes_are_read_where_they_are_enough(body: bytes) -> None:
    with server(say(200, body)) as url:
        answer = outbound.request("POST", url, first_bytes=500)
    assert (answer.status, answer.body) == (200, body[:500])
