"""Makes what can be redeemed, for the tests of every room."""

import itertools
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import Category, ProductKind, SupplierKind
from redemptions.models import Product, Supplier, TravelCredit
from redemptions.operations import codes, orders
from redemptions.operations.codes import NewCode
from wallets.tests.factories import make_wallet

_numbers = itertools.count(1)


def make_supplier(kind: str = SupplierKind.CODE_POOL) -> Supplier:
    """Return the supplier of this kind, made where there is none."""
    return Supplier.objects.get_or_create(slug=kind.replace("_", "-"), defaults={"kind": kind})[0]


def make_product(**fields: Any) -> Product:
    """Create a voucher out of the code pool at €10 and €25, 100 points for €1; what is given wins.

    `kind=ProductKind.TRAVEL_CREDIT` makes a travel credit of €20 to €500 instead.
    """
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "sku": f"product-{number}",
        "name": f"Product {number}",
        "brand": f"Brand {number}",
        "kind": ProductKind.VOUCHER,
        "category": Category.SHOPPING,
        "currency": "EUR",
        "points_per_unit": 100,
    }
    if fields.get("kind") == ProductKind.TRAVEL_CREDIT:
        defaults |= {"category": Category.TRAVEL, "range_min": 2000, "range_max": 50000, "expires_after_days": 730}
        defaults |= {"supplier": make_supplier(SupplierKind.TRAVEL_CREDIT)}
    else:
        defaults |= {"denominations": [1000, 2500], "supplier": make_supplier()}
    return Product.objects.create(**(defaults | fields))


def add_codes(
    product: Product,
    *,
    count: int = 1,
    face_value: int | None = None,
    expires_on: date | None = None,
    pin: str | None = None,
) -> list[str]:
    """Put codes into a product's pool, at its smallest value unless given; return them in the clear."""
    numbers = [next(_numbers) for _ in range(count)]
    plain = [f"{product.sku.upper()}-CODE-{number:06d}" for number in numbers]
    rows = [NewCode(code, pin, face_value or product.smallest, expires_on) for code in plain]
    added = codes.add(product=product, rows=rows, by=None, at=timezone.now())
    assert added.refused == [], added.refused
    return plain


def make_travel_credit(
    face_value: int = 10_000, *, person: Person | None = None, at: datetime | None = None, **fields: Any
) -> TravelCredit:
    """Redeem a travel credit of so many minor units, for somebody new unless given; `fields` are the product's."""
    at = at or timezone.now()
    product = make_product(kind=ProductKind.TRAVEL_CREDIT, **fields)
    if person is None:
        person = make_person()
        make_wallet(product.price(face_value), person=person)
    order = orders.place(person=person, product=product, face_value=face_value, external_id=str(uuid4()), at=at)
    orders.fulfil(order.pk, at=at)
    return TravelCredit.objects.get(order=order)
