"""Asks an HR system back for the detail of a thin event: it said that something happened, not what.

The address stands in the connection, and what the event holds is put into its path or query alone: no event says which
host is called. Only GET is sent, outside of any transaction, and each answer is read as a message is.
"""

import base64
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import structlog

from api import outbound
from api.outbound import OutboundError
from integrations import credentials, documents, paths, values
from integrations.enums import CredentialKind
from integrations.errors import CredentialNotSet, DetailUnavailable, UnmappedRecord, UnreadableMessage

DETAIL = "detail"  # the name under which paths find it
URL_CHARACTERS_MAX = 1000
HOOK_SECONDS = 6.0  # of the ten within which a hook answers
WORKER_SECONDS = 300.0
PLACEHOLDER = re.compile(r"(')?\{([^{}]*)\}")
DOTS = frozenset({".", ".."})  # steps of a path that lead elsewhere (RFC 3986 §3.3)
# What each kind of auth holds beside its kind, in the order of the file.
AUTH: dict[str, tuple[str, ...]] = {
    CredentialKind.BASIC: ("username", "secret"),
    CredentialKind.HEADER: ("name", "secret"),
    CredentialKind.BEARER: ("secret",),
}
log = structlog.get_logger(__name__)


def check(address: str) -> None:
    """Refuse an address that cannot be asked.

    Raises:
        ValueError: it is not absolute, names a person, lets the event choose the host, or holds what is no JMESPath.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError("Write an absolute address, as https://api.example/things/{keys.id}.")
    if "{" in parts.netloc or "}" in parts.netloc:
        raise ValueError("Only the path and the query may hold {paths}; the host stands here.")
    if parts.username is not None:
        raise ValueError("Write the user name and the secret under auth, not into the address.")
    for _, path in PLACEHOLDER.findall(address):
        paths.compiled(path)


def enrich(things: Sequence[Any], how: Mapping[str, Any] | None, *, seconds: float) -> list[Any]:
    """Return things with what the HR system says of each, as `detail`.

    Args:
        things: as `mapping.things` returns them.
        how: the connection's `enrich`; None returns the things as they are.
        seconds: for all of them together. A thing whose turn does not come stays without, to be asked about later.

    Returns:
        For each the thing with its detail, or the `UnmappedRecord` that says why there is none.
    """
    if not how:
        return list(things)
    deadline = time.monotonic() + seconds
    return [_enriched(thing, how, deadline) for thing in things]


def _enriched(thing: Any, how: Mapping[str, Any], deadline: float) -> Any:
    try:
        address = _address(how["get"], thing)
        if time.monotonic() >= deadline:
            raise DetailUnavailable("enrich: there was no time left to ask. The portal asks again by itself.")
        detail = _fetch(address, how.get("auth"))
    except UnmappedRecord as error:
        return error
    return {**(thing if isinstance(thing, dict) else {"value": thing}), DETAIL: detail}


def _address(template: str, thing: Any) -> str:
    """Return the address for one thing: every value percent-encoded, a quote in an OData literal doubled."""

    def fill(placeholder: re.Match[str]) -> str:
        quoted, path = placeholder[1] or "", placeholder[2]
        value = values.scalar(paths.search(path, thing))
        if not value or value in DOTS:
            raise UnmappedRecord(f"enrich: `{path}` finds no value to ask with.", pointer="/enrich")
        return quoted + quote(value.replace("'", "''") if quoted else value, safe="")

    return PLACEHOLDER.sub(fill, template)


def _fetch(address: str, auth: Mapping[str, Any] | None) -> Any:
    """Return what stands at an address.

    Raises:
        DetailUnavailable: no answer, another status than 2xx, or nothing that can be read. It names the host alone: the
            rest of the address may say more than a log should.
    """
    host = urlsplit(address).hostname
    try:
        answer = outbound.request("GET", address, headers={"Accept": "application/json"} | _headers(auth))
    except (OutboundError, CredentialNotSet) as error:
        raise DetailUnavailable(f"enrich: {error}. The portal asks again by itself.") from error
    if not 200 <= answer.status < 300:  # noqa: PLR2004
        log.info("detail_refused", host=host, status=answer.status)
        raise DetailUnavailable(f"enrich: {host} answered {answer.status}. The portal asks again by itself.")
    try:
        return documents.read(answer.body, answer.headers.get("Content-Type", "")).content
    except UnreadableMessage as error:
        raise DetailUnavailable(f"enrich: what {host} answered cannot be read. {error.detail}") from error


def _headers(auth: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the header that says who asks.

    Raises:
        CredentialNotSet: the variable that holds the secret is not set.
    """
    if not auth:
        return {}
    secret = credentials.secret(auth)
    match auth["kind"]:
        case CredentialKind.BASIC:
            pair = f"{auth['username']}:{secret}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        case CredentialKind.HEADER:
            return {auth["name"]: secret}
        case _:
            return {"Authorization": f"Bearer {secret}"}
