"""What the API shows of earning, word for word the contract's JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from api import ids
from programs import budget_queries, queries
from programs.enums import ApprovalSubject
from programs.models import ApprovalStep, DepartmentBudget, Funding, PointsRequest, Programme
from programs.wallet_after import WalletAfter
from wallets import queries as wallet_queries


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
        "reversed_points": points_request.reversed_points,
        "wallet": {"available": wallet.available, "held": wallet.held} if wallet else None,
    }


def points_requests(rows: Sequence[PointsRequest]) -> list[dict[str, Any]]:
    """Return points requests as JSON, each with what its person's wallet holds now: one query for all."""
    balances = wallet_queries.balances({row.person_id for row in rows if row.person_id})
    wallets = {person_id: WalletAfter(*balance) for person_id, balance in balances.items()}
    return [points_request(row, wallet=wallets.get(row.person_id) if row.person_id else None) for row in rows]


def programme(programme: Programme) -> dict[str, Any]:
    """Return a programme as JSON, in the words of the configuration file; its approval steps should be prefetched."""
    return {
        "slug": programme.slug,
        "name": programme.name,
        "status": str(programme.status),
        "starts_on": programme.starts_on.isoformat() if programme.starts_on else None,
        "ends_on": programme.ends_on.isoformat() if programme.ends_on else None,
        "points_expire_after_days": programme.points_expire_after_days,
        "unknown_recipients": str(programme.unknown_recipients),
        "eligible": programme.eligible or None,
        "approval": [
            approval_step(step)
            for step in programme.approval_steps.all()
            if step.applies_to == ApprovalSubject.REQUESTS
        ],
        "limits": limits(programme),
        "notify": list(programme.notify),
    }


def approval_step(step: ApprovalStep) -> dict[str, Any]:
    """Return an approval step in the words of the configuration file; its group should be loaded."""
    return {"over": step.over, "approvals": step.approvals, "group": step.group.name}


def limits(programme: Programme) -> dict[str, Any]:
    """Return a programme's limits in the words of the configuration file."""
    return {
        "per_request": programme.per_request_limit,
        "per_person": _window(programme.per_person_limit, programme.per_person_limit_days),
        "per_programme": _window(programme.per_programme_limit, programme.per_programme_limit_days),
    }


def _window(points: int | None, days: int | None) -> dict[str, Any] | None:
    return None if points is None else {"points": points, "days": days}


def budget(programme: Programme) -> dict[str, Any]:
    """Return what a programme's budgets got, gave and hold, in points; `departments` where there are any."""
    held = queries.budget(programme)
    departments = budget_queries.departments(programme)
    low_at = programme.budget_low_at
    return {
        "programme": programme.slug,
        "funded": held.funded,
        "credited": held.credited,
        "left": held.left,
        "low_at": low_at,
        "is_low": low_at is not None and own_left(held.left, departments) <= low_at,
        **({"departments": [_department(each) for each in departments]} if departments else {}),
    }


def own_left(left: int, departments: Sequence[DepartmentBudget]) -> int:
    """Return what is left in the programme's own budget, without its departments'."""
    return left - sum(each.account.points for each in departments)


def _department(budget: DepartmentBudget) -> dict[str, Any]:
    left = budget.account.points
    return {
        "department": budget.department.name,
        "left": left,
        "low_at": budget.low_at,
        "is_low": budget.low_at is not None and left <= budget.low_at,
    }


def funding(funding: Funding) -> dict[str, Any]:
    """Return one funding as JSON; its programme should be loaded."""
    return {
        "external_id": funding.external_id,
        "programme": funding.programme.slug,
        "points": funding.points,
        "reference": funding.reference,
        "funded_at": moment(funding.funded_at),
        "transfer": ids.public(ids.TRANSFER, funding.transfer_id) if funding.transfer_id else None,
    }


@lru_cache(maxsize=1000)  # most of a list share theirs
def moment(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC with `Z`, to the microsecond where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
