"""Hashes that say whether two things are the same: what was asked, and what an approver saw."""

import hashlib
import json
import json.encoder
from collections.abc import Mapping
from typing import Any

from programs.models import (
    Adjustment,
    BudgetClosing,
    BudgetTransfer,
    Funding,
    PointsRequest,
    Programme,
    RuleChange,
    Upload,
)

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_text = json.encoder.encode_basestring


def of_content(*, programme: str, recipient: str, points: int, reason: str, metadata: Mapping[str, Any]) -> str:
    """Return the fingerprint of what a client asked for: with the same `external_id`, another one is a conflict."""
    if metadata or type(points) is not int:
        return _digest([programme, recipient, points, reason, metadata])
    # the same text, which the encoder takes three times as long to write
    return _sha256(f"[{_text(programme)},{_text(recipient)},{points},{_text(reason)},{{}}]")


def of_points_request(points_request: PointsRequest) -> str:
    """Return the fingerprint of what approvers decide on: which request, in which programme, whom, how much, why."""
    return _digest(
        [
            points_request.pk.hex,
            points_request.programme_id,
            points_request.person_id.hex if points_request.person_id else None,
            points_request.points,
            points_request.reason,
        ]
    )


def of_adjustment(adjustment: Adjustment) -> str:
    """Return the fingerprint of what approvers decide on: which adjustment, of which budget, whom, how much, why."""
    return _digest(
        [
            adjustment.pk.hex,
            adjustment.programme_id,
            adjustment.person_id.hex,
            adjustment.points,
            adjustment.reason,
        ]
    )


def of_upload(upload: Upload, *, rows_hash: str = "") -> str:
    """Return the fingerprint of what approvers decide on: which rows, from which budget, how many points, from when.

    Args:
        upload: that waits for them, or is about to.
        rows_hash: of its rows as they are now; without it, as they were when the approval was asked for.
    """
    return _digest(
        [
            upload.pk.hex,
            upload.programme_id,
            upload.points,
            upload.planned_rows,
            upload.credit_at.isoformat() if upload.credit_at else None,
            rows_hash or upload.rows_hash,
        ]
    )


def of_funding(funding: Funding) -> str:
    """Return the fingerprint of what approvers decide on: which funding, of which budget, how much, what for."""
    return _digest([funding.pk.hex, funding.programme_id, funding.points, funding.reference])


def of_budget_transfer(row: BudgetTransfer) -> str:
    """Return the fingerprint of what approvers decide on: which transfer, between which budgets, how much, why."""
    return _digest([row.pk.hex, row.from_account_id.hex, row.to_account_id.hex, row.points, row.reason])


def of_budget_closing(row: BudgetClosing) -> str:
    """Return the fingerprint of what approvers decide on: which closing, of which programme and year, what stays."""
    return _digest([row.pk.hex, row.programme_id, row.year, row.carry_over_max])


def of_wording(wording: Mapping[str, Any]) -> str:
    """Return the fingerprint of what a rule says: see `programs.operations.rules.Wording`."""
    return _digest([wording[name] for name in ("event_type", "when", "points", "reason")] + [list(wording["once_per"])])


NOT_BOUND = {
    "created_at",
    "counted_since",
    "budget_low_at",
    "notify",
}  # of a programme: they change nothing of what a rule gives


def of_rule_change(change: RuleChange) -> str:
    """Return the fingerprint of what approvers decide on: which version of a rule, in which terms, in place of what.

    The rule's programme is read with the rule.
    """
    version, programme = change.version, change.rule.programme
    terms = {
        field.attname: str(getattr(programme, field.attname))
        for field in Programme._meta.concrete_fields
        if field.attname not in NOT_BOUND
    }
    wording = {name: getattr(version, name) for name in ("event_type", "when", "points", "reason", "once_per")}
    live = change.rule.live_version_id
    return _digest([version.pk.hex, of_wording(wording), terms, _steps(programme), live.hex if live else None])


def _steps(programme: Programme) -> list[list[Any]]:
    rows = programme.approval_steps.order_by("applies_to", "over")
    return [list(row) for row in rows.values_list("applies_to", "over", "approvals", "group_id")]


def _digest(content: Any) -> str:
    return _sha256(_CANONICAL.encode(content))


def _sha256(canonical: str) -> str:
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
