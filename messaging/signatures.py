"""How a client system knows that an event is ours and fresh: Standard Webhooks 1.0 (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

SECRET_BYTES = 32  # the standard asks for 24 to 64
PREFIX = "whsec_"


def new_secret() -> str:
    """Return a new secret as its owner sees it: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secrets: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one `v1,…` for each secret, so that a receiver may know either.

    Args:
        secrets: as `new_secret` made them, the newest first.
        message_id: the value of `webhook-id`; without a dot.
        timestamp: the value of `webhook-timestamp`: seconds since 1970, of this attempt.
        body: as it is sent.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix(PREFIX)) for secret in secrets]
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
