"""Hashes of what an approver saw."""

import hashlib
import json

from redemptions.models import OrderRefund


def of_order_refund(refund: OrderRefund) -> str:
    """Return the fingerprint of what approvers decide on: which refund of which order, how many points, why."""
    content = [refund.pk.hex, refund.order_id.hex, refund.order.points, refund.reason, refund.is_taken_back]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
