"""The types of events about points requests and budgets, for OpenAPI."""

from typing import Any

from messaging.enums import WebhookType
from messaging.webhook_docs import AT, webhook
from programs.api import BudgetAnswer, PointsRequestAnswer

CREDITED_REQUEST: dict[str, Any] = {
    "id": "pr_01a210c18b4b730ba908d22673cee909",
    "external_id": "sf-2026-Q3-10482",
    "programme": "quarterly-performance",
    "recipient": "E10482",
    "points": 500,
    "reason": "Q3 rating 5",
    "metadata": {"cycle": "2026-Q3"},
    "status": "credited",
    "status_reason": None,
    "source": "api",
    "created_at": AT,
    "credited_at": AT,
    "expires_at": "2027-11-24T23:00:00Z",
    "transfer": "tr_01a210c18b4d757080000116f22ef6e1",
    "reversed_points": 0,
    "wallet": {"available": 1500, "held": 0},
}
WAITING_REQUEST = CREDITED_REQUEST | {
    "status": "pending_approval",
    "credited_at": None,
    "expires_at": None,
    "transfer": None,
    "wallet": {"available": 1000, "held": 0},
}


def _points_request(type_: WebhookType, example: dict[str, Any]) -> Any:
    return webhook(type_.value, type_.label, PointsRequestAnswer, example)


CREDITED = _points_request(WebhookType.POINTS_REQUEST_CREDITED, CREDITED_REQUEST)
PENDING = _points_request(WebhookType.POINTS_REQUEST_PENDING, WAITING_REQUEST)
REJECTED = _points_request(
    WebhookType.POINTS_REQUEST_REJECTED,
    WAITING_REQUEST | {"status": "rejected", "status_reason": "Not approved by Grace Bennett"},
)
REVERSED = _points_request(
    WebhookType.POINTS_REQUEST_REVERSED,
    CREDITED_REQUEST
    | {
        "status": "reversed",
        "status_reason": "Rated the wrong person",
        "reversed_points": 500,
        "wallet": {"available": 1000, "held": 0},
    },
)
FAILED = _points_request(
    WebhookType.POINTS_REQUEST_FAILED,
    WAITING_REQUEST | {"status": "failed", "status_reason": "recipient: this person is inactive and earns no points."},
)
BUDGET_LOW = webhook(
    WebhookType.BUDGET_LOW.value,
    WebhookType.BUDGET_LOW.label,
    BudgetAnswer,
    {
        "programme": "quarterly-performance",
        "funded": 1_000_000,
        "credited": 951_000,
        "left": 49_000,
        "low_at": 50_000,
        "is_low": True,
    },
)
