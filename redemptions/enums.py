"""The kinds and states of spending."""

from django.db import models


class ProductKind(models.TextChoices):
    """What somebody gets: a code to use elsewhere, or a stored value that a booking system draws on."""

    VOUCHER = "voucher", "Gift voucher"
    TRAVEL_CREDIT = "travel_credit", "Travel credit"


class Category(models.TextChoices):
    """Where a product stands in the catalogue; it also decides the family of its picture."""

    TRAVEL = "Travel", "Travel"
    FOOD = "Food", "Food"
    SHOPPING = "Shopping", "Shopping"
    HOME = "Home", "Home"
    CULTURE = "Culture", "Culture"
    OUTDOORS = "Outdoors", "Outdoors"
    ELECTRONICS = "Electronics", "Electronics"
    GIVING = "Giving", "Giving"


class SupplierKind(models.TextChoices):
    """Which adapter talks to a supplier; one folder in redemptions/suppliers/ each."""

    CODE_POOL = "code_pool", "Code pool"
    TRAVEL_CREDIT = "travel_credit", "Travel credit"


DELIVERED_BY: dict[ProductKind, frozenset[str]] = {
    ProductKind.VOUCHER: frozenset({SupplierKind.CODE_POOL}),
    ProductKind.TRAVEL_CREDIT: frozenset({SupplierKind.TRAVEL_CREDIT}),
}


class OrderStatus(models.TextChoices):
    """placed → fulfilled | failed | cancelled; fulfilled → refunded."""

    PLACED = "placed", "On its way"
    FULFILLED = "fulfilled", "Ready"
    FAILED = "failed", "Failed, points returned"
    CANCELLED = "cancelled", "Cancelled"
    REFUNDED = "refunded", "Refunded"


class OrderRefundStatus(models.TextChoices):
    """waiting → done | rejected."""

    WAITING = "waiting", "Waits for approval"
    DONE = "done", "Refunded"
    REJECTED = "rejected", "Not approved"


class CodeStatus(models.TextChoices):
    """A code in the pool: available → reserved by one order → sold to it. An order that fails gives it back."""

    AVAILABLE = "available", "Available"
    RESERVED = "reserved", "Reserved"
    SOLD = "sold", "Sold"
    VOID = "void", "Void"


class TravelCreditStatus(models.TextChoices):
    """Whether a booking can draw on a travel credit; worked out from the row, its order and its owner, never stored."""

    ACTIVE = "active", "Active"
    USED = "used", "Used up"
    EXPIRED = "expired", "Expired"
    SUSPENDED = "suspended", "Suspended"
    REFUNDED = "refunded", "Refunded"


class AuthorisationStatus(models.TextChoices):
    """open → captured | released | expired. A closed one never opens again."""

    OPEN = "open", "Held"
    CAPTURED = "captured", "Paid"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


class EntryKind(models.TextChoices):
    """Which way a travel credit's balance moved."""

    CAPTURED = "captured", "Paid"
    REFUNDED = "refunded", "Refunded"
    WITHDRAWN = "withdrawn", "Taken back"  # with the refund of the order that it came from
