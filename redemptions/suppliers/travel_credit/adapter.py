"""Issues travel credits: a stored value under a code of our own making."""

import secrets
from datetime import datetime, timedelta

from api import ids
from redemptions.models import Order, TravelCredit
from redemptions.suppliers.interface import Answer, Supplied
from vault import encryption

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread
GROUPS, GROUP_LENGTH = 7, 4  # 28 characters of 5 bits: 140 random bits (ASVS 11.5.1 asks for 128)


def new_code() -> str:
    """Return a new code that cannot be guessed, in groups that can be read aloud."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


class TravelCreditIssuer:
    """Opens one credit for each order."""

    quantity_max = 1

    def reserve(self, order: Order, *, at: datetime) -> None:
        """Do nothing: a travel credit cannot run out."""

    def obtain(self, order: Order, *, at: datetime) -> Answer:
        """Return at once: the credit is ours to give."""
        return Supplied()

    def deliver(self, order: Order, supplied: Supplied, *, at: datetime) -> None:
        """Open the credit with its whole value on it."""
        credit_id, code = ids.new(), new_code()
        days = order.product.expires_after_days
        TravelCredit.objects.create(
            id=credit_id,
            order=order,
            code=encryption.encrypt(code, context=f"redemptions.travelcredit:{credit_id}"),
            fingerprint=encryption.fingerprint(code, purpose="travel credit"),
            ending=code[-GROUP_LENGTH:],
            face_value=order.face_value,
            currency=order.currency,
            balance=order.face_value,
            opened_at=at,
            expires_at=at + timedelta(days=days) if days else None,
        )

    def give_back(self, order: Order, *, at: datetime) -> None:
        """Do nothing: nothing was opened."""
