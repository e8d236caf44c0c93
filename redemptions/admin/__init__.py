"""Spending in the HR admin: products and their codes, suppliers, and what was redeemed. No page shows a code."""

from redemptions.admin.products import ProductAdmin, SupplierAdmin
from redemptions.admin.refunds import OrderRefundAdmin
from redemptions.admin.rewards import OrderAdmin, TravelCreditAdmin, VoucherAdmin, VoucherCodeAdmin

__all__ = [
    "OrderAdmin",
    "OrderRefundAdmin",
    "ProductAdmin",
    "SupplierAdmin",
    "TravelCreditAdmin",
    "VoucherAdmin",
    "VoucherCodeAdmin",
]
