"""A code that was bought beforehand."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from api import ids
from redemptions.enums import CodeStatus


class VoucherCodeQuerySet(models.QuerySet["VoucherCode"]):
    """Which codes can be sold."""

    def sellable(self, *, at: datetime) -> Self:
        """Return those that no order took and that still work tomorrow."""
        return self.filter(VoucherCode.is_sellable(at=at))


class VoucherCode(models.Model):
    """A code that HR bought and uploaded. One row, one code, sold at most once; the code itself is encrypted.

    Encryption context: `redemptions.vouchercode:<id>` for the code, with `:pin` behind it for the PIN.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    product = models.ForeignKey("redemptions.Product", on_delete=models.PROTECT, related_name="codes", db_index=False)
    face_value = models.PositiveIntegerField(help_text="Minor units of the product's currency.")
    code = models.BinaryField()
    pin = models.BinaryField(null=True)
    fingerprint = models.CharField(max_length=64)
    ending = models.CharField(max_length=4, help_text="The last characters, shown to the owner before revealing.")
    expires_on = models.DateField(null=True)
    status = models.CharField(max_length=10, choices=CodeStatus.choices, default=CodeStatus.AVAILABLE)
    order = models.ForeignKey(
        "redemptions.Order", on_delete=models.PROTECT, null=True, related_name="codes", help_text="Which order took it."
    )
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = VoucherCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CodeStatus.values), name="voucher_code_status_known"),
            models.CheckConstraint(condition=Q(face_value__gte=1), name="voucher_code_face_value_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["reserved", "sold"], order__isnull=False)
                | (~Q(status__in=["reserved", "sold"]) & Q(order__isnull=True)),
                name="voucher_code_order_when_taken",
            ),
            models.UniqueConstraint(fields=["product", "fingerprint"], name="voucher_code_once"),
        ]
        indexes = [
            # the next code to sell: the one that expires first
            models.Index(
                "product",
                "face_value",
                models.F("expires_on").asc(nulls_last=True),
                "id",
                condition=Q(status="available"),
                name="voucher_code_next",
            ),
        ]

    @staticmethod
    def is_sellable(*, at: datetime) -> Q:
        """Return the condition of a code that no order took and that still works tomorrow.

        Today's are not sold: their last day is already over somewhere east of here.
        """
        return Q(status=CodeStatus.AVAILABLE) & (Q(expires_on__isnull=True) | Q(expires_on__gt=at.date()))

    def __str__(self) -> str:
        return f"•••• {self.ending}"
