"""The one way out: HTTP requests that cannot be turned against our own network, nor hang.

A host is resolved once, when the connection is made; every address it has must be allowed, and the connection goes to
one of those very addresses, so a name that answers differently a moment later gains nothing (SSRF by DNS rebinding).
Redirects are not followed, the environment's proxies and netrc are not read, no cookie is kept, and an answer has a
largest size and a longest time.
"""

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util.connection import create_connection

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 20.0
BEGINNING_SECONDS = 2.0  # for a body that nobody needs
ANSWER_BYTES_MAX = 1024 * 1024
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundError(Exception):
    """No answer came. Its text names host and cause, never the body, a header or the query."""


class OutboundRefused(OutboundError):
    """The address is one that the portal does not call; nothing was sent."""


class OutboundUnclear(OutboundError):
    """The request may have arrived: the connection broke, or the time was over, after it had begun."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status.

    Args:
        status: the HTTP status, 100 to 599.
        headers: by name, without regard to case.
        body: at most 1 MiB.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body read as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.body)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    data: bytes | None = None,
    first_bytes: int | None = None,
) -> Answer:
    """Send one request and return the answer.

    Args:
        method: as `POST`.
        url: absolute; https, or http where `permit` allows it.
        headers: sent as they are.
        json: a body to send as JSON.
        form: a body to send form-encoded.
        data: a body to send as it is.
        first_bytes: for when the status says it all: no more of the answer is read than this, and an answer that breaks
            off or comes too slowly is what came of it.

    Raises:
        OutboundRefused: the address is not one to call, see `permit`.
        OutboundUnclear: the connection broke or the time was over after the request had begun.
        OutboundError: the host was not reached; nothing was sent.
    """
    host = urlsplit(url).hostname or ""
    try:
        with _session().request(
            method,
            url,
            headers=dict(headers or {}),
            json=json,
            data=data if data is not None else form,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _body(response) if first_bytes is None else _beginning(response, first_bytes)
            return Answer(response.status_code, response.headers, body)
    except requests.exceptions.ConnectTimeout as error:
        raise OutboundError(f"{host} could not be reached in {CONNECT_SECONDS:.0f} s") from error
    except requests.exceptions.Timeout as error:
        raise OutboundUnclear(f"{host} did not answer in {READ_SECONDS:.0f} s") from error
    except requests.exceptions.ConnectionError as error:
        raise _connection_error(error, host) from error
    except (requests.exceptions.RequestException, UnicodeError) as error:
        raise OutboundUnclear(f"{host}: {type(error).__name__}") from error


def permit(host: str, port: int, *, encrypted: bool) -> list[str]:
    """Return the addresses of a host, if it is one the portal may call.

    A host named in OUTBOUND_ALLOW may be anywhere. With DEBUG loopback may be called, without TLS too. All else has to
    be public (RFC 6890) and reached by https.

    Args:
        host: a name or an address.
        port: 1 to 65535.
        encrypted: whether TLS will be spoken.

    Raises:
        OutboundRefused: one of its addresses is not allowed.
        OutboundError: the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundError(f"{host} is not a known host") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if host.lower() in (name.lower() for name in settings.OUTBOUND_ALLOW):
        return addresses
    for address in addresses:
        ip = _embedded(ipaddress.ip_address(address.partition("%")[0]))
        if settings.DEBUG and ip.is_loopback:
            continue
        if not ip.is_global or ip.is_multicast:
            raise OutboundRefused(f"{host} is not a public address; name it in OUTBOUND_ALLOW if it may be called")
        if not encrypted:
            raise OutboundRefused(f"{host} has to be called by https; name it in OUTBOUND_ALLOW if http will do")
    return addresses


def _embedded(ip: IpAddress) -> IpAddress:
    """Return the IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)
    return ip


class _PermittedConnection(HTTPConnection):
    """Connects to none but the permitted addresses of its host; the name stays what TLS and `Host` speak of."""

    encrypted = False

    def _new_conn(self) -> socket.socket:
        failure: OSError | None = None
        for address in permit(self.host, self.port or 0, encrypted=self.encrypted):
            try:
                return create_connection((address, self.port or 0), self.timeout, socket_options=self.socket_options)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"{self.host} could not be reached in time")
        raise NewConnectionError(self, f"{self.host} could not be reached")

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        """Wait for the answer's head; one that drips in, a byte before each time-out, is cut off when time is over."""
        cut: list[bool] = []

        def cut_off() -> None:
            cut.append(True)
            with suppress(OSError, AttributeError):  # closed meanwhile
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

        with _cut_off_after(TOTAL_SECONDS, cut_off):
            answer = super().getresponse()
        if cut:  # what came until then looks like a whole head
            answer.close()
            raise TimeoutError
        return answer


class _PermittedTlsConnection(_PermittedConnection, HTTPSConnection):
    encrypted = True


class _PermittedPool(HTTPConnectionPool):
    ConnectionCls = _PermittedConnection


class _PermittedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PermittedTlsConnection


class _PermittedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PermittedPool, "https": _PermittedTlsPool}


_the_session: requests.Session | None = None


def _session() -> requests.Session:
    """Return the process's session: it keeps connections, and nothing else, from one request to the next."""
    global _the_session  # noqa: PLW0603 - made with the first request, so after gunicorn and Celery fork
    if _the_session is None:
        session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            session.mount(scheme, _PermittedAdapter(pool_maxsize=20))
        session.headers["User-Agent"] = "RewardsPortal/1"
        _the_session = session
    return _the_session


def _body(response: requests.Response) -> bytes:
    """Read an answer's body, up to the largest size and the longest time."""
    deadline = time.monotonic() + TOTAL_SECONDS
    body = bytearray()
    with _cut_off_after(TOTAL_SECONDS, response.raw.shutdown):
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if len(body) > ANSWER_BYTES_MAX or time.monotonic() > deadline:
                raise OutboundUnclear(f"{urlsplit(response.url).hostname} answered with too much, or too slowly")
    return bytes(body)


def _beginning(response: requests.Response, size: int) -> bytes:
    """Read the beginning of an answer's body, as far as it comes soon."""
    with suppress(requests.exceptions.RequestException), _cut_off_after(BEGINNING_SECONDS, response.raw.shutdown):
        return next(response.iter_content(size), b"")
    return b""


@contextmanager
def _cut_off_after(seconds: float, cut_off: Callable[[], None]) -> Iterator[None]:
    """Have a connection cut off if what is read from it takes longer, however small the steps in which it comes."""
    timer = threading.Timer(seconds, cut_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _connection_error(error: requests.exceptions.ConnectionError, host: str) -> OutboundError:
    """Tell a host that was not reached from a connection that broke."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(cause, NewConnectionError):
        return OutboundError(f"{host} could not be reached")
    if isinstance(error, requests.exceptions.SSLError):
        return OutboundError(f"{host} could not be reached: its certificate was not accepted")
    return OutboundUnclear(f"the connection to {host} broke")
