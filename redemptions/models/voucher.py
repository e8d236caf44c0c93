"""A voucher in somebody's hands."""

from django.db import models

from api import ids


class Voucher(models.Model):
    """A voucher in somebody's hands: which code an order got, and when its owner first saw it.

    The unique code is the promise that no code is sold twice.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    order = models.ForeignKey("redemptions.Order", on_delete=models.PROTECT, related_name="vouchers")
    voucher_code = models.OneToOneField("redemptions.VoucherCode", on_delete=models.PROTECT, related_name="voucher")
    first_revealed_at = models.DateTimeField(null=True)
    reveals = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(null=True, help_text="Set by the owner, to tidy the list.")

    def __str__(self) -> str:
        return str(self.voucher_code)
