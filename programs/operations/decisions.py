"""Decides about points requests that wait for approval."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from api.errors import PortalError
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.models import Approval
from approvals.operations import approvals
from people.models import Person
from programs import fingerprints, queries
from programs.enums import PointsRequestStatus
from programs.errors import RecipientInactive
from programs.models import PointsRequest
from programs.operations import announcing, counted_days, crediting
from wallets.operations import accounts, transactions


@transactions.retried
def approve(points_request_id: UUID, *, by: Person, note: str = "", at: datetime) -> PointsRequest:
    """Approve what waits; the last approval that is required credits it.

    1. Lock the request and read it again.
    2. Record the decision: four eyes, and what was asked is what would be credited.
    3. With the last approval: post the transfer, save the row, tell the person. Where the ledger refuses, nothing of
       this happened: the request still waits, and so does this decision.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
        RecipientInactive: the person left meanwhile.
        OverBudget: the budget does not hold the points now.
    """
    with transaction.atomic():
        request = _lock(points_request_id)
        approval = _decide(request, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            with counted_days.kept([request], at=at):
                _credit(request, at)
    return request


@transactions.retried
def reject(points_request_id: UUID, *, by: Person, note: str = "", at: datetime) -> PointsRequest:
    """Reject what waits: no points, and whoever asked for them is told.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        request = _lock(points_request_id)
        _decide(request, Verdict.REJECT, by=by, note=note, at=at)
        with counted_days.kept([request], at=at):
            request.status = PointsRequestStatus.REJECTED
        request.status_reason = note or f"Not approved by {by.name}"
        request.save(update_fields=["status", "status_reason"])
        announcing.announce([request], at=at)
    return request


def _lock(points_request_id: UUID) -> PointsRequest:
    locked = PointsRequest.objects.select_for_update(of=("self",), no_key=True)
    request = locked.select_related("programme", "person__department", "requested_by").get(pk=points_request_id)
    if request.status != PointsRequestStatus.PENDING_APPROVAL:
        raise AlreadyDecided(f"This request is not waiting: {request.get_status_display().lower()}.")
    return request


def _decide(request: PointsRequest, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    if request.approval_id is None:
        raise AssertionError("a check constraint gives every waiting request its approval")
    seen = fingerprints.of_points_request(request)
    return approvals.decide(request.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)


def _credit(request: PointsRequest, at: datetime) -> None:
    person = request.person
    if person is None or not person.is_active:
        raise RecipientInactive("This person no longer earns points. Reject the request.", pointer="/recipient")
    wallets, payers = accounts.open_wallets([person.pk]), queries.payers([request.programme_id])
    [posted] = crediting.post([request], wallets=wallets, payers=payers, at=at)
    if isinstance(posted, PortalError):
        raise posted
    request.save(update_fields=["status", "status_reason", "transfer", "credited_at", "expires_at"])
    crediting.tell([request], at=at)
    announcing.announce([request], at=at)
