"""A booking that draws on a travel credit."""

from django.db import models
from django.db.models import F, Q

from api import ids
from api.models import ApiClient
from redemptions.enums import AuthorisationStatus

REFERENCE_LENGTH_MAX, DESCRIPTION_LENGTH_MAX = 120, 120


class TravelCreditAuthorisation(models.Model):
    """Part of a travel credit that a booking holds: open, then captured, released or expired. Amounts in minor units.

    It closes once, and a trigger keeps it from then on. What was captured of it is a TravelCreditEntry.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    travel_credit = models.ForeignKey(
        "redemptions.TravelCredit", on_delete=models.PROTECT, related_name="authorisations", db_index=False
    )
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    reference = models.CharField(max_length=REFERENCE_LENGTH_MAX)
    description = models.CharField(max_length=DESCRIPTION_LENGTH_MAX, blank=True)
    amount = models.PositiveIntegerField()
    captured = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=AuthorisationStatus.choices, default=AuthorisationStatus.OPEN)
    authorised_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="authorisation_amount_positive"),
            models.CheckConstraint(condition=~Q(reference=""), name="authorisation_reference_given"),
            models.CheckConstraint(
                condition=Q(status__in=AuthorisationStatus.values), name="authorisation_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="captured", captured__gte=1, captured__lte=F("amount"))
                | (~Q(status="captured") & Q(captured=0)),
                name="authorisation_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True) | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="authorisation_closed_at_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("authorised_at")), name="authorisation_expires_after_authorised"
            ),
            # also finds the bookings of a credit
            models.UniqueConstraint(
                fields=["travel_credit", "client", "reference"],
                name="authorisation_reference_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="open"), name="authorisation_due"),  # the sweep
        ]

    def __str__(self) -> str:
        return self.reference
