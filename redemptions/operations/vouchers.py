"""What the owner of a voucher does with it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from people.models import Person
from redemptions.enums import CodeStatus, OrderStatus
from redemptions.errors import CodeGone, NotYours
from redemptions.models import Voucher
from vault import encryption


@dataclass(frozen=True, slots=True)
class RevealedCode:
    """A code in the clear, on its way to its owner's page and nowhere else; its repr does not show it."""

    code: str = field(repr=False)
    pin: str | None = field(default=None, repr=False)


def reveal(voucher_id: UUID, *, person: Person, at: datetime) -> RevealedCode:
    """Show a voucher's code to its owner, and count that it was shown. Presence is proved by the page beforehand.

    Raises:
        NotYours: there is no such voucher, or it is somebody else's.
        CodeGone: the code was withdrawn, or its key is gone.
    """
    with transaction.atomic():
        _change(voucher_id, person, first_revealed_at=Coalesce(F("first_revealed_at"), at), reveals=F("reveals") + 1)
        code = Voucher.objects.select_related("voucher_code").get(pk=voucher_id).voucher_code
        if code.status != CodeStatus.SOLD:
            raise CodeGone("This code was withdrawn. HR can tell you why.")
        context = f"redemptions.vouchercode:{code.pk}"
        try:
            pin = encryption.decrypt(bytes(code.pin), context=f"{context}:pin") if code.pin else None
            return RevealedCode(encryption.decrypt(bytes(code.code), context=context), pin)
        except encryption.DecryptionError as error:
            raise CodeGone("This code cannot be read any more. Tell HR; your points are safe.") from error


def mark_used(voucher_id: UUID, *, person: Person, at: datetime) -> None:
    """Move a voucher to the used ones, as its owner says; a second time keeps the first date.

    Raises:
        NotYours: there is no such voucher, or it is somebody else's.
    """
    _change(voucher_id, person, used_at=Coalesce(F("used_at"), at))


def unmark(voucher_id: UUID, *, person: Person) -> None:
    """Move a voucher back to those that are ready.

    Raises:
        NotYours: there is no such voucher, or it is somebody else's.
    """
    _change(voucher_id, person, used_at=None)


def _change(voucher_id: UUID, person: Person, **values: object) -> None:
    """Update a voucher in one statement if it is this person's."""
    mine = Voucher.objects.filter(pk=voucher_id, order__person=person, order__status=OrderStatus.FULFILLED)
    if not mine.update(**values):
        raise NotYours("There is no such voucher among your rewards.")
