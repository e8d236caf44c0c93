"""Delivers out of the pool of codes: one row, one code, to one order."""

from datetime import datetime

from django.db.models import F

from redemptions.enums import CodeStatus
from redemptions.errors import OutOfStock
from redemptions.models import Order, Voucher, VoucherCode
from redemptions.suppliers.interface import Answer, Supplied


class CodePool:
    """Reserves codes when an order is placed and hands them over when it is fulfilled."""

    quantity_max = 10

    def reserve(self, order: Order, *, at: datetime) -> None:
        """Take the codes that expire first, past those another order is taking at this moment.

        Raises:
            OutOfStock: fewer are left than the order wants.
        """
        chosen = (
            VoucherCode.objects.sellable(at=at)
            .filter(product=order.product, face_value=order.face_value)
            .order_by(F("expires_on").asc(nulls_last=True), "id")
            .select_for_update(skip_locked=True, no_key=True)
            .values_list("id", flat=True)[: order.quantity]
        )
        ids = list(chosen)
        if len(ids) < order.quantity:
            raise OutOfStock(
                f"{order.product.name} has run out at this value. Choose another value or look again later."
                if not ids
                else f"{order.product.name} has {len(ids)} left at this value. Order fewer.",
                pointer="/product",
            )
        VoucherCode.objects.filter(id__in=ids).update(status=CodeStatus.RESERVED, order=order)

    def obtain(self, order: Order, *, at: datetime) -> Answer:
        """Return at once: the codes are here already."""
        return Supplied()

    def deliver(self, order: Order, supplied: Supplied, *, at: datetime) -> None:
        """Put each reserved code into the person's hands as a voucher.

        Raises:
            OutOfStock: a reserved code was withdrawn meanwhile.
        """
        codes = list(order.codes.filter(status=CodeStatus.RESERVED).order_by("id"))
        if len(codes) != order.quantity:
            raise OutOfStock(
                f"{order.product.name} was set aside {order.quantity} times and is there {len(codes)} times."
            )
        Voucher.objects.bulk_create([Voucher(order=order, voucher_code=code) for code in codes])
        order.codes.filter(status=CodeStatus.RESERVED).update(status=CodeStatus.SOLD)

    def give_back(self, order: Order, *, at: datetime) -> None:
        """Return the reserved codes to the pool; nobody has seen them."""
        order.codes.filter(status=CodeStatus.RESERVED).update(status=CodeStatus.AVAILABLE, order=None)
