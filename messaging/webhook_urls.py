"""Which addresses events may be sent to, as far as the address itself tells; a name is looked up with each attempt."""

import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from api import outbound
from messaging.errors import WebhookUrlRefused
from messaging.models.webhook_endpoint import URL_LENGTH_MAX

PORTS = {"http": 80, "https": 443}
LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")  # RFC 6761, 6762, 8375 and usage


def check(url: str) -> None:
    """Refuse an address that no event could be sent to. Asks no name server: nothing outside is called for it.

    Raises:
        WebhookUrlRefused: it is not https, names nobody, carries a password, or is an address inside some network.
    """
    parts = _parts(url)
    host, is_encrypted = parts.hostname or "", parts.scheme == "https"
    if host in (name.lower() for name in settings.OUTBOUND_ALLOW):
        return
    if _is_number(host):
        try:
            outbound.permit(host, parts.port or PORTS[parts.scheme], encrypted=is_encrypted)
        except outbound.OutboundError as error:
            raise WebhookUrlRefused(f"url: {error}.", pointer="/url") from error
        return
    if settings.DEBUG and host == "localhost":
        return
    if "." not in host or host.endswith(LOCAL_NAMES):
        raise WebhookUrlRefused(f"url: {host} is not a public name.", pointer="/url")
    if not is_encrypted:
        raise WebhookUrlRefused("url: it has to begin with https://.", pointer="/url")


def _parts(url: str) -> SplitResult:
    if len(url) > URL_LENGTH_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise WebhookUrlRefused(
            f"url: write at most {URL_LENGTH_MAX} characters of ASCII, without spaces; a name as in xn--….",
            pointer="/url",
        )
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise WebhookUrlRefused("url: write an absolute address, as https://hr.acme.example/hooks.", pointer="/url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WebhookUrlRefused("url: leave out name, password and what follows #.", pointer="/url")
    return parts


def _is_number(host: str) -> bool:
    """Return whether a host is an address in any spelling that the system takes for one: 127.1, 0x7f.1, 2130706433."""
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True
