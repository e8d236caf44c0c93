"""The nouns of spending."""

from redemptions.models.order import Order
from redemptions.models.order_refund import OrderRefund
from redemptions.models.product import Product
from redemptions.models.supplier import Supplier
from redemptions.models.travel_credit import TravelCredit
from redemptions.models.travel_credit_authorisation import TravelCreditAuthorisation
from redemptions.models.travel_credit_entry import TravelCreditEntry
from redemptions.models.voucher import Voucher
from redemptions.models.voucher_code import VoucherCode

__all__ = [
    "Order",
    "OrderRefund",
    "Product",
    "Supplier",
    "TravelCredit",
    "TravelCreditAuthorisation",
    "TravelCreditEntry",
    "Voucher",
    "VoucherCode",
]
