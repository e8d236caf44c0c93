"""How the secrets of API clients are kept."""

import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher
from django.utils.crypto import constant_time_compare


class ClientSecretHasher(BasePasswordHasher):
    """One SHA-256 over a secret that we made ourselves from 256 random bits.

    Slow hashing makes up for the few bits of a password that somebody thought of; here it would only cost every token
    call half a second of processor time (OWASP ASVS 5.0, 6.5.2 wants it for secrets under 112 bits).
    """

    algorithm = "client_secret_sha256"

    def salt(self) -> str:
        """Return no salt: no two of these secrets are alike, and no table of them can be made."""
        return ""

    def encode(self, password: str, salt: str) -> str:
        """Return what is stored of a secret."""
        return f"{self.algorithm}$${hashlib.sha256(password.encode()).hexdigest()}"

    def decode(self, encoded: str) -> dict[str, Any]:
        """Return the parts of what is stored."""
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether this is the secret."""
        return constant_time_compare(self.encode(password, ""), encoded)

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """Return what may be shown of a stored secret: how it is kept."""
        return {"algorithm": self.algorithm}

    def must_update(self, encoded: str) -> bool:
        """Return False: there is nothing to make stronger."""
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing: verifying takes the same time for every secret."""
