"""What the API shows of earning, word for word the contract's JSON."""

from datetime import UTC, datetime
from typing import Any

from api import ids
from programs.models import PointsRequest
from programs.operations.crediting import WalletAfter


def points_request(points_request: PointsRequest, *, wallet: WalletAfter | None = None) -> dict[str, Any]:
    """Return one points request as JSON.

    Args:
        points_request: with its programme, else that is one query each.
        wallet: the person's wallet, where it is known.
    """
    return {
        "id": ids.public(ids.POINTS_REQUEST, points_request.pk),
        "external_id": points_request.external_id,
        "programme": points_request.programme.slug,
        "recipient": points_request.recipient,
        "points": points_request.points,
        "reason": points_request.reason,
        "metadata": points_request.metadata,
        "status": str(points_request.status),
        "status_reason": points_request.status_reason,
        "source": str(points_request.source),
        "created_at": moment(points_request.created_at),
        "credited_at": moment(points_request.credited_at),
        "expires_at": moment(points_request.expires_at),
        "transfer": ids.public(ids.TRANSFER, points_request.transfer_id) if points_request.transfer_id else None,
        "wallet": {"available": wallet.available, "held": wallet.held} if wallet else None,
    }


def moment(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC with `Z`, to the microsecond where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
