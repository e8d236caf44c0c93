"""The types of events about redemptions and travel credits, for OpenAPI."""

from typing import Any

from messaging.enums import WebhookType
from messaging.webhook_docs import AT, webhook
from redemptions.api import RedemptionAnswer
from redemptions.travel_credit_api import AuthorisationAnswer

PLACED_REDEMPTION: dict[str, Any] = {
    "id": "rd_01a210c18b4b730ba908d22673cee909",
    "external_id": "shop-7781",
    "recipient": "E10482",
    "product": "acme-voucher",
    "face_value": {"amount": "25.00", "currency": "EUR"},
    "quantity": 1,
    "points": 2500,
    "status": "placed",
    "status_reason": None,
    "placed_at": AT,
    "fulfilled_at": None,
    "closed_at": None,
    "transfer": None,
    "travel_credit": None,
    "wallet": {"available": 1500, "held": 2500},
}
FULFILLED_REDEMPTION = PLACED_REDEMPTION | {
    "status": "fulfilled",
    "fulfilled_at": AT,
    "transfer": "tr_01a210c18b4d757080000116f22ef6e1",
    "wallet": {"available": 1500, "held": 0},
}
ENDED = {"closed_at": AT, "wallet": {"available": 4000, "held": 0}}


def _redemption(type_: WebhookType, example: dict[str, Any]) -> Any:
    return webhook(type_.value, type_.label, RedemptionAnswer, example)


PLACED = _redemption(WebhookType.REDEMPTION_PLACED, PLACED_REDEMPTION)
FULFILLED = _redemption(WebhookType.REDEMPTION_FULFILLED, FULFILLED_REDEMPTION)
FAILED = _redemption(
    WebhookType.REDEMPTION_FAILED,
    PLACED_REDEMPTION | ENDED | {"status": "failed", "status_reason": "It could not be delivered in time."},
)
CANCELLED = _redemption(WebhookType.REDEMPTION_CANCELLED, PLACED_REDEMPTION | ENDED | {"status": "cancelled"})
REFUNDED = _redemption(
    WebhookType.REDEMPTION_REFUNDED,
    FULFILLED_REDEMPTION | ENDED | {"status": "refunded", "status_reason": "Ordered by mistake"},
)
CAPTURED = webhook(
    WebhookType.TRAVEL_CREDIT_CAPTURED.value,
    WebhookType.TRAVEL_CREDIT_CAPTURED.label,
    AuthorisationAnswer,
    {
        "id": "ta_01a210c18b4b730ba908d22673cee909",
        "travel_credit": "tc_01a210c18b4d757080000116f22ef6e1",
        "reference": "7K2QPL",
        "description": "Berlin to Lisbon",
        "status": "captured",
        "amount": {"amount": "180.00", "currency": "EUR"},
        "captured": {"amount": "172.40", "currency": "EUR"},
        "authorised_at": "2026-11-22T16:05:00Z",
        "expires_at": "2026-11-29T16:05:00Z",
        "closed_at": AT,
        "credit": {
            "balance": {"amount": "327.60", "currency": "EUR"},
            "authorised": {"amount": "0.00", "currency": "EUR"},
        },
    },
)
