"""Tells client systems what became of orders and travel credits, in the transaction in which it did."""

from datetime import datetime

from messaging.enums import WebhookType
from messaging.operations import webhook_events
from redemptions import representations
from redemptions.models import Order, TravelCreditAuthorisation


def announce_order(order: Order, type_: WebhookType, *, at: datetime) -> None:
    """Tell what became of an order, as the API shows it now; one query where nobody listens."""
    webhook_events.announce_things(type_, [order], represent=representations.orders, at=at)


def announce_capture(authorisation: TravelCreditAuthorisation, *, at: datetime) -> None:
    """Tell that a booking was paid with a travel credit, as the API shows the booking now."""
    webhook_events.announce_things(
        WebhookType.TRAVEL_CREDIT_CAPTURED,
        [authorisation],
        represent=lambda rows: [representations.authorisation(row) for row in rows],
        at=at,
    )
