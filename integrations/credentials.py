"""Knows an HR system by its connection's credential: each kind compares in constant time, and none says what was wrong.

The secret is named (`env:NAME`), never kept. A secret that is not set is our fault, not the sender's: 503, and the
variable's name goes to our log, not to the sender.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.http import HttpRequest
from rest_framework.request import Request

from api.authentication import BearerAuthentication
from api.errors import PortalError
from api.models import ApiClient
from integrations.enums import CredentialKind
from integrations.errors import CredentialNotSet, WrongCredential

SCOPE = "events:write"
TOLERANCE_SECONDS = 300  # of a Standard Webhooks timestamp, both ways
SIGNATURES_MAX = 20
WEBHOOK_SECRET_PREFIX = "whsec_"  # noqa: S105
CHALLENGES = {
    CredentialKind.BASIC: 'Basic realm="hooks", charset="UTF-8"',
    CredentialKind.HEADER: 'Header realm="hooks", name="{name}"',
    CredentialKind.HMAC_SHA256: 'HMAC-SHA256 realm="hooks", name="{name}"',
    CredentialKind.BEARER: 'Bearer realm="hooks"',
    CredentialKind.STANDARD_WEBHOOKS: 'StandardWebhooks realm="hooks"',
}
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a sender shows: the request and its body as it came, and when."""

    request: HttpRequest
    body: bytes
    at: datetime

    def header(self, name: str) -> str:
        """Return a header, "" where it is not sent."""
        return str(self.request.headers.get(name, ""))


def check(credential: Mapping[str, Any], presented: Presented) -> None:
    """Let the sender through.

    Args:
        credential: of the connection, as its section of the configuration file has it.
        presented: what the sender shows.

    Raises:
        WrongCredential: it is not the one, with the challenge of its kind.
        CredentialNotSet: the variable that holds the secret is not set.
    """
    kind = CredentialKind(credential["kind"])
    if CHECKS[kind](credential, presented):
        return
    challenge = CHALLENGES[kind].format(name=credential.get("name", ""))
    raise WrongCredential(f"The {kind.label} credential of this connection is missing or wrong.", challenge=challenge)


def secret(credential: Mapping[str, Any]) -> str:
    """Return the secret that a credential names.

    Raises:
        CredentialNotSet: the variable is not set, or empty.
    """
    variable = str(credential["secret"]).removeprefix("env:")
    value = os.environ.get(variable, "")
    if not value:
        log.error("hook_secret_not_set", variable=variable)
        raise CredentialNotSet("The portal has no secret for this connection yet. Tell who runs the portal.")
    return value


def _basic(credential: Mapping[str, Any], presented: Presented) -> bool:
    """RFC 7617: user name and password in UTF-8."""
    expected = f"{credential['username']}:{secret(credential)}"
    scheme, _, encoded = presented.header("Authorization").partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    return _equal(given, expected.encode()) and scheme.lower() == "basic"


def _header(credential: Mapping[str, Any], presented: Presented) -> bool:
    """A fixed value in a header."""
    return _equal(presented.header(credential["name"]).encode(errors="replace"), secret(credential).encode())


def _hmac_sha256(credential: Mapping[str, Any], presented: Presented) -> bool:
    """An HMAC-SHA-256 of the raw body in a header, hex or base64, after a prefix as `sha256=`."""
    digest = hmac.digest(secret(credential).encode(), presented.body, hashlib.sha256)
    given, prefix = presented.header(credential["name"]).strip(), credential.get("prefix", "")
    if not given.startswith(prefix):
        return False
    given = given[len(prefix) :]
    if credential.get("encoding", "hex") == "base64":
        return _equal(given.encode(errors="replace"), base64.b64encode(digest))
    return _equal(given.lower().encode(errors="replace"), digest.hex().encode())


def _bearer(credential: Mapping[str, Any], presented: Presented) -> bool:
    """A fixed token where a secret is named, else an access token of ours with events:write, of the named client."""
    if credential.get("secret"):
        scheme, _, given = presented.header("Authorization").partition(" ")
        expected = secret(credential)
        return _equal(given.strip().encode(errors="replace"), expected.encode()) and scheme.lower() == "bearer"
    try:
        found = BearerAuthentication().authenticate(Request(presented.request))
    except PortalError:
        return False
    if found is None or SCOPE not in found[1]:
        return False
    client: ApiClient = found[0]
    return credential.get("client") in {None, client.pk}


def _standard_webhooks(credential: Mapping[str, Any], presented: Presented) -> bool:
    """Standard Webhooks 1.0: HMAC-SHA-256 of `id.timestamp.body`. The variable may hold several secrets, separated by
    spaces, while they are being exchanged."""
    keys = [_webhook_key(each) for each in secret(credential).split()]
    message_id, timestamp = presented.header("webhook-id"), presented.header("webhook-timestamp")
    if not message_id or not timestamp.isascii() or not timestamp.isdigit():
        return False
    fresh = abs(int(timestamp[:15]) - presented.at.timestamp()) <= TOLERANCE_SECONDS
    signed = f"{message_id}.{timestamp}.".encode(errors="replace") + presented.body
    expected = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    given = [
        each.removeprefix("v1,") for each in presented.header("webhook-signature").split() if each.startswith("v1,")
    ]
    pairs = [(each.encode(errors="replace"), one) for each in given[:SIGNATURES_MAX] for one in expected]
    return sum(_equal(*pair) for pair in pairs) > 0 and fresh  # a sum: every pair is compared, whichever fits


def _webhook_key(written: str) -> bytes:
    """Return the key behind `whsec_` and base64.

    Raises:
        CredentialNotSet: it is not base64.
    """
    try:
        return base64.b64decode(written.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise CredentialNotSet(
            "The secret of this connection is not a webhook secret. Tell who runs the portal."
        ) from None


def _equal(given: bytes, expected: bytes) -> bool:
    """Compare in a time that does not depend on where they differ."""
    return hmac.compare_digest(given, expected)


CHECKS: dict[CredentialKind, Callable[[Mapping[str, Any], Presented], bool]] = {
    CredentialKind.BASIC: _basic,
    CredentialKind.HEADER: _header,
    CredentialKind.HMAC_SHA256: _hmac_sha256,
    CredentialKind.BEARER: _bearer,
    CredentialKind.STANDARD_WEBHOOKS: _standard_webhooks,
}
