"""A code that was bought beforehand."""

from django.db import models
from django.db.models import Q

from api import ids
from redemptions.enums import CodeStatus


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
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CodeStatus.values), name="voucher_code_status_known"),
            models.CheckConstraint(condition=Q(face_value__gte=1), name="voucher_code_face_value_positive"),
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

    def __str__(self) -> str:
        return f"•••• {self.ending}"
