"""What the API shows of spending. Codes never appear here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from api import ids
from api.money import as_json
from redemptions import queries
from redemptions.models import Order, Product, TravelCredit


def product(product: Product) -> dict[str, Any]:
    """Return a product, as `queries.described` read it, with the price in points of each denomination."""
    ends = None
    if product.range_min is not None and product.range_max is not None:
        ends = {"min": _value(product, product.range_min), "max": _value(product, product.range_max)}
    return {
        "id": product.sku,
        "name": product.name,
        "kind": str(product.kind),
        "brand": product.brand,
        "category": str(product.category),
        "description": product.description,
        "countries": list(product.countries),
        "currency": product.currency,
        "denominations": [_value(product, value) for value in sorted(product.denominations)],
        "range": ends,
        "points_per_unit": product.points_per_unit,
        "expires_after_days": product.expires_after_days,
        "in_stock": product.in_stock,
    }


def products(rows: Sequence[Product]) -> list[dict[str, Any]]:
    """Return products."""
    return [product(row) for row in rows]


def orders(rows: Sequence[Order]) -> list[dict[str, Any]]:
    """Return orders, each with its travel credit and what its person's wallet holds now: two queries for all."""
    credits_of = dict(TravelCredit.objects.filter(order__in=rows).values_list("order_id", "id"))
    wallets = queries.balances([row.person_id for row in rows])
    return [
        {
            "id": ids.public(ids.ORDER, row.pk),
            "external_id": row.external_id if row.client_id else None,
            "recipient": row.person.employee_number,
            "product": row.product.sku,
            "face_value": as_json(row.face_value, row.currency),
            "quantity": row.quantity,
            "points": row.points,
            "status": str(row.status),
            "status_reason": row.status_reason or None,
            "placed_at": moment(row.placed_at),
            "fulfilled_at": moment(row.fulfilled_at),
            "closed_at": moment(row.closed_at),
            "transfer": ids.public(ids.TRANSFER, row.hold.transfer_id) if row.hold.transfer_id else None,
            "travel_credit": ids.public(ids.TRAVEL_CREDIT, credits_of[row.pk]) if row.pk in credits_of else None,
            "wallet": dict(zip(("available", "held"), wallets[row.person_id], strict=True)),
        }
        for row in rows
    ]


def moment(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _value(product: Product, value: int) -> dict[str, Any]:
    """Return a face value with its price, and whether it can be had now."""
    return {
        "face_value": as_json(value, product.currency),
        "points": product.price(value),
        "in_stock": product.can_deliver(value),
    }
