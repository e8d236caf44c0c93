"""A stored value for travel."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from api import ids
from people.enums import PersonStatus
from redemptions.enums import OrderStatus, TravelCreditStatus


class TravelCredit(models.Model):
    """A stored value that a booking system draws on. Amounts are in minor units; balance includes what is authorised.

    Encryption context of the code: `redemptions.travelcredit:<id>`.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    order = models.OneToOneField("redemptions.Order", on_delete=models.PROTECT, related_name="travel_credit")
    code = models.BinaryField()
    fingerprint = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    face_value = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    balance = models.PositiveIntegerField()
    authorised = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    first_revealed_at = models.DateTimeField(null=True)
    reveals = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(face_value__gte=1, balance__lte=F("face_value")), name="travel_credit_balance_range"
            ),
            models.CheckConstraint(condition=Q(authorised__lte=F("balance")), name="travel_credit_authorised_covered"),
        ]

    def __str__(self) -> str:
        return f"•••• {self.ending}"

    @property
    def free(self) -> int:
        """Return what no booking holds, in minor units."""
        return self.balance - self.authorised

    def status(self, *, at: datetime) -> TravelCreditStatus:
        """Return whether bookings can draw on it, as it stands at a moment; reads its order and its owner."""
        if self.order.status != OrderStatus.FULFILLED:
            return TravelCreditStatus.REFUNDED
        if self.expires_at and self.expires_at <= at:
            return TravelCreditStatus.EXPIRED
        if self.order.person.status != PersonStatus.ACTIVE:
            return TravelCreditStatus.SUSPENDED
        return TravelCreditStatus.ACTIVE if self.balance else TravelCreditStatus.USED
