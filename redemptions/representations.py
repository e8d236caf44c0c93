"""What the API shows of spending. Codes never appear here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from api import ids
from api.money import as_json
from redemptions import bookings
from redemptions.models import Order, Product, TravelCredit, TravelCreditAuthorisation, TravelCreditEntry
from wallets.queries import balances


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
    wallets = balances([row.person_id for row in rows])
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


def travel_credit(credit: TravelCredit, *, at: datetime) -> dict[str, Any]:
    """Return a travel credit as it stands, with its newest bookings."""
    booked = bookings.of([credit.pk]).get(credit.pk, [])
    return {
        "id": ids.public(ids.TRAVEL_CREDIT, credit.pk),
        "recipient": credit.order.person.employee_number,
        "face_value": as_json(credit.face_value, credit.currency),
        "balance": as_json(credit.balance, credit.currency),
        "authorised": as_json(credit.authorised, credit.currency),
        "expires_at": moment(credit.expires_at),
        "status": credit.status(at=at).value,
        "bookings": [
            {
                "reference": booking.reference,
                "status": booking.status,
                "amount": as_json(booking.amount, credit.currency),
                "captured": as_json(booking.captured, credit.currency),
            }
            for booking in booked
        ],
    }


def authorisation(row: TravelCreditAuthorisation) -> dict[str, Any]:
    """Return an authorisation, with what its credit holds now."""
    credit = TravelCredit.objects.only("balance", "authorised", "currency").get(pk=row.travel_credit_id)
    return {
        "id": ids.public(ids.AUTHORISATION, row.pk),
        "travel_credit": ids.public(ids.TRAVEL_CREDIT, row.travel_credit_id),
        "reference": row.reference,
        "description": row.description,
        "status": str(row.status),
        "amount": as_json(row.amount, credit.currency),
        "captured": as_json(row.captured, credit.currency),
        "authorised_at": moment(row.authorised_at),
        "expires_at": moment(row.expires_at),
        "closed_at": moment(row.closed_at),
        "credit": _now(credit),
    }


def refund(entry: TravelCreditEntry) -> dict[str, Any]:
    """Return a refund, with what its credit holds now."""
    credit = TravelCredit.objects.only("balance", "authorised", "currency").get(pk=entry.travel_credit_id)
    booking = ids.public(ids.AUTHORISATION, entry.authorisation_id) if entry.authorisation_id else None
    return {
        "id": ids.public(ids.REFUND, entry.pk),
        "travel_credit": ids.public(ids.TRAVEL_CREDIT, entry.travel_credit_id),
        "authorisation": booking,
        "reference": entry.reference,
        "status": str(entry.kind),
        "amount": as_json(entry.amount, credit.currency),
        "refunded_at": moment(entry.at),
        "credit": _now(credit),
    }


def moment(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _now(credit: TravelCredit) -> dict[str, Any]:
    """Return what is left on a credit, and how much of that bookings hold."""
    return {
        "balance": as_json(credit.balance, credit.currency),
        "authorised": as_json(credit.authorised, credit.currency),
    }


def _value(product: Product, value: int) -> dict[str, Any]:
    """Return a face value with its price, and whether it can be had now."""
    return {
        "face_value": as_json(value, product.currency),
        "points": product.price(value),
        "in_stock": product.can_deliver(value),
    }
