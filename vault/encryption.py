"""Encrypts values for one row of one table, and names them without telling them."""

import base64
import hashlib
import hmac
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
KEY_BYTES = 32


class DecryptionError(Exception):
    """The ciphertext was made under a key that is gone, for another row, or was changed."""


def encrypt(plaintext: str, *, context: str) -> bytes:
    """Encrypt text under the current key.

    Args:
        plaintext: what must stay secret.
        context: table and primary key, as `redemptions.vouchercode:<uuid>`; the same is needed to decrypt, so a
            ciphertext moved to another row does not open.

    Returns:
        Key id, `:`, nonce (12 bytes), ciphertext and tag (NIST SP 800-38D).
    """
    key_id = next(iter(_keys()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(_keys()[key_id]).encrypt(nonce, plaintext.encode(), context.encode())
    return key_id.encode() + b":" + nonce + sealed


def decrypt(ciphertext: bytes, *, context: str) -> str:
    """Return what `encrypt` was given.

    Raises:
        DecryptionError: the key is unknown, the context is another one, or the bytes were changed.
    """
    key_id, _, rest = bytes(ciphertext).partition(b":")
    key = _keys().get(key_id.decode(errors="replace"))
    if key is None:
        raise DecryptionError("The key that encrypted this value is not in ENCRYPTION_KEYS.")
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], context.encode()).decode()
    except (InvalidTag, ValueError) as error:  # a ValueError where it is too short to hold a nonce
        raise DecryptionError("This value was changed or belongs to another row.") from error


def fingerprint(plaintext: str, *, purpose: str) -> str:
    """Return a keyed hash (HMAC-SHA-256, hex) by which equal secrets are found without storing them.

    Args:
        plaintext: the secret.
        purpose: what is compared, as `voucher code`; fingerprints for different purposes never match.
    """
    oldest = list(_keys().values())[-1]
    return hmac.new(oldest, f"{purpose}\0{plaintext}".encode(), hashlib.sha256).hexdigest()


@cache
def _keys() -> dict[str, bytes]:
    """Return the keys by id, in the order of ENCRYPTION_KEYS: the first encrypts, the last one fingerprints."""
    keys: dict[str, bytes] = {}
    for entry in settings.ENCRYPTION_KEYS.split(","):
        key_id, _, encoded = entry.strip().partition(":")
        keys[key_id] = base64.urlsafe_b64decode(encoded)
        if not key_id or len(keys[key_id]) != KEY_BYTES:
            raise ValueError("ENCRYPTION_KEYS needs `id:key` with a key of 32 bytes in URL-safe base64.")
    return keys
