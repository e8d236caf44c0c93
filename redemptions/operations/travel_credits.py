"""What the owner of a travel credit does with it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from people.models import Person
from redemptions.enums import OrderStatus
from redemptions.errors import CodeGone, NotYours
from redemptions.models import TravelCredit
from redemptions.operations.vouchers import RevealedCode
from vault import encryption


def reveal(travel_credit_id: UUID, *, person: Person, at: datetime) -> RevealedCode:
    """Show a travel credit's code to its owner, and count that it was shown. The page proves presence beforehand.

    Raises:
        NotYours: there is no such credit, or it is somebody else's.
        CodeGone: its key is gone.
    """
    mine = TravelCredit.objects.filter(pk=travel_credit_id, order__person=person, order__status=OrderStatus.FULFILLED)
    with transaction.atomic():
        if not mine.update(first_revealed_at=Coalesce(F("first_revealed_at"), at), reveals=F("reveals") + 1):
            raise NotYours("There is no such travel credit among your rewards.")
        credit = TravelCredit.objects.get(pk=travel_credit_id)
        try:
            code = encryption.decrypt(bytes(credit.code), context=f"redemptions.travelcredit:{credit.pk}")
        except encryption.DecryptionError as error:
            raise CodeGone("This code cannot be read any more. Tell HR; your points are safe.") from error
    return RevealedCode(code)
