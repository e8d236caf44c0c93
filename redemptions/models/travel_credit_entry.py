"""What left a travel credit, and what came back to it."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from api import ids
from api.models import ApiClient
from redemptions.enums import EntryKind
from redemptions.models.travel_credit_authorisation import REFERENCE_LENGTH_MAX


class TravelCreditEntry(models.Model):
    """One movement of a travel credit's balance: captured by a booking, or refunded. Amounts in minor units.

    Append-only, held by triggers: a credit's balance is its face value less what was captured, plus what was refunded.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    travel_credit = models.ForeignKey(
        "redemptions.TravelCredit", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    authorisation = models.ForeignKey(
        "redemptions.TravelCreditAuthorisation", on_delete=models.PROTECT, null=True, related_name="entries"
    )
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    amount = models.PositiveIntegerField()
    reference = models.CharField(max_length=REFERENCE_LENGTH_MAX)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "travel credit entries"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="credit_entry_amount_positive"),
            models.CheckConstraint(condition=~Q(reference=""), name="credit_entry_reference_given"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="credit_entry_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind="captured") | Q(authorisation__isnull=False), name="credit_entry_capture_of_booking"
            ),
            # a booking is captured once: what it did not take is free again
            models.UniqueConstraint(
                fields=["authorisation"], condition=Q(kind="captured"), name="credit_entry_captured_once"
            ),
            # also finds the entries of a credit
            models.UniqueConstraint(
                fields=["travel_credit", "client", "reference"],
                name="credit_entry_reference_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def says(self, kind: EntryKind, amount: int, authorisation_id: UUID | None) -> bool:
        """Return whether it has this content, so that the same request again is answered with it."""
        return (self.kind, self.amount, self.authorisation_id) == (kind, amount, authorisation_id)
