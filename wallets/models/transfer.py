"""One movement of points."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from api import ids
from wallets.enums import TransferKind
from wallets.models.account import TRANSFER_POINTS_MAX


class Transfer(models.Model):
    """Points that moved from one account to another. Never changed, never deleted (sql/append_only.sql).

    One row has both sides, so no state of the table is out of balance.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    # No foreign key in the database, here, in Lot and in LotDraw: wallets_post writes both rows in one transaction, or
    # locked the account in it, and triggers keep every row. The checks were a third of a transfer's cost, and their
    # plans, made while a table is young, read all of it; check_ledger proves as much.
    debit = models.ForeignKey(
        "wallets.Account", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    credit = models.ForeignKey(
        "wallets.Account", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    points = models.BigIntegerField()
    shortfall = models.BigIntegerField(
        db_default=0
    )  # asked for beyond `points`, where as many as there were was enough
    kind = models.CharField(max_length=12, choices=TransferKind.choices)
    reference = models.CharField(max_length=80)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    debit_points_after = models.BigIntegerField()
    credit_points_after = models.BigIntegerField()
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reversals", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__range=(1, TRANSFER_POINTS_MAX)), name="transfer_points_range"),
            models.CheckConstraint(condition=~Q(reference=""), name="transfer_reference_not_empty"),
            models.CheckConstraint(condition=Q(shortfall__gte=0), name="transfer_shortfall_not_negative"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_two_accounts"),
            models.CheckConstraint(condition=Q(kind__in=TransferKind.values), name="transfer_kind_known"),
            # One effect for each reference, for ever: a retry meets this, whatever went wrong before.
            models.UniqueConstraint(fields=["reference"], name="transfer_reference_once"),
        ]
        indexes = [
            models.Index(fields=["debit", "-id"], name="transfer_debit"),  # statement of an account, newest first
            models.Index(fields=["credit", "-id"], name="transfer_credit"),  # the other half of it
            models.Index(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="transfer_reverses"
            ),  # what was taken back
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.points} points"
