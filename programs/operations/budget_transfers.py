"""Moves points from one budget to another, with a reason, by two people where it is many."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from api import ids
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.models import Approval
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from people.models import Person
from programs import budget_queries, fingerprints
from programs.budget_queries import BudgetName
from programs.enums import ApprovalKind, ApprovalSubject, BudgetStatus
from programs.errors import BudgetClosed, OverBudget, PointsOutOfRange, SameBudget
from programs.models import BudgetTransfer, DepartmentBudget
from programs.operations.crediting import in_words
from programs.queries import step_for
from programs.reasons import checked_reason
from wallets.enums import TransferKind
from wallets.errors import AccountClosed, InsufficientPoints
from wallets.models import Account
from wallets.models.account import TRANSFER_POINTS_MAX
from wallets.operations import transfers
from wallets.operations.transactions import retried
from wallets.operations.transfers import NewTransfer


@retried
def propose(
    *,
    from_account_id: UUID,
    to_account_id: UUID,
    points: int,
    reason: str,
    transfer_id: UUID | None = None,
    by: Person,
    at: datetime,
) -> BudgetTransfer:
    """Move points from one budget to another, at once or, above the threshold of the giving programme, once approved.

    Args:
        from_account_id, to_account_id: of programmes or departments; two open ones.
        points: how many, 1 to 10**12.
        reason: why, as approvers and auditors read it; at most 500 characters.
        transfer_id: its key, where a form that may be sent twice has one; the second time returns the first.
        by: who proposes.
        at: now.

    Raises:
        PointsOutOfRange, ReasonMissing, SameBudget, BudgetClosed: it cannot be, ever.
        OverBudget: it would be done at once, and the budget does not hold as many.
    """
    if type(points) is not int or not 1 <= points <= TRANSFER_POINTS_MAX:
        raise PointsOutOfRange(f"points must be a whole number from 1 to {TRANSFER_POINTS_MAX}.", pointer="/points")
    reason = checked_reason(reason)
    if from_account_id == to_account_id:
        raise SameBudget("to_account: this is the budget the points come from. Choose another.", pointer="/to_account")
    if transfer_id and (earlier := BudgetTransfer.objects.filter(pk=transfer_id).first()):
        return earlier
    source, _ = (budget_queries.open_budget(each) for each in (from_account_id, to_account_id))
    row = BudgetTransfer(
        pk=transfer_id or ids.new(),
        from_account_id=from_account_id,
        to_account_id=to_account_id,
        points=points,
        reason=reason,
        requested_by=by,
        requested_at=at,
    )
    with transaction.atomic():
        _begin(row, source, at)
        row.save(force_insert=True)
    return row


@retried
def approve(budget_transfer_id: UUID, *, by: Person, note: str = "", at: datetime) -> BudgetTransfer:
    """Approve what was proposed: with the last approval the points move, or nothing of this happened.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
        OverBudget: the budget does not hold as many now.
        BudgetClosed: one of the two was closed meanwhile.
    """
    with transaction.atomic():
        row = _lock(budget_transfer_id)
        approval = _decide(row, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            post([row], at=at)
            row.save(update_fields=["status", "transfer", "closed_at"])
    return row


@retried
def reject(budget_transfer_id: UUID, *, by: Person, note: str = "", at: datetime) -> BudgetTransfer:
    """Reject what was proposed: nothing moves, and whoever proposed it is told.

    Raises:
        AlreadyDecided, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        row = _lock(budget_transfer_id)
        _decide(row, Verdict.REJECT, by=by, note=note, at=at)
        row.status, row.closed_at = BudgetStatus.REJECTED, at
        row.save(update_fields=["status", "closed_at"])
    return row


def empty(budget: DepartmentBudget, *, reason: str, by: Person | None, at: datetime) -> None:
    """Move all that a department's budget holds to its programme's, within the caller's transaction."""
    left = Account.objects.select_for_update(no_key=True).get(pk=budget.account_id).available
    if left > 0:
        row = BudgetTransfer(
            from_account_id=budget.account_id,
            to_account_id=budget.programme.budget_id,
            points=left,
            reason=reason,
            requested_by=by,
            requested_at=at,
        )
        post([row], at=at)
        row.save(force_insert=True)


def post(rows: list[BudgetTransfer], *, at: datetime) -> None:
    """Move the points of each, in order, and set it on the rows; the caller saves. One that cannot be moved raises.

    Raises:
        OverBudget, BudgetClosed: see `approve`.
    """
    asked = [
        NewTransfer(
            debit_id=row.from_account_id,
            credit_id=row.to_account_id,
            points=row.points,
            kind=TransferKind.BUDGET,
            reference=row.reference,
        )
        for row in rows
    ]
    for row, posting in zip(rows, transfers.post(asked, at=at), strict=True):
        if isinstance(posting.error, InsufficientPoints):
            raise _too_few(row)
        if isinstance(posting.error, AccountClosed):
            raise BudgetClosed("One of the two budgets was closed. Reject this and choose another.")
        if posting.error is not None:
            raise posting.error
        row.transfer_id, row.status, row.closed_at = posting.transfer_id, BudgetStatus.POSTED, at


def in_a_sentence(row: BudgetTransfer) -> str:
    """Return what it does: `Move 500 points from Values to Values, Sales`."""
    names = budget_queries.names([row.from_account_id, row.to_account_id])
    source, target = names.get(row.from_account_id), names.get(row.to_account_id)
    return f"Move {in_words(row.points)} from {source} to {target or 'where points come from'}"


def _begin(row: BudgetTransfer, source: BudgetName, at: datetime) -> None:
    step = step_for(source.programme, ApprovalSubject.FUNDINGS, points=row.points)
    if step is None:
        post([row], at=at)
        return
    row.status = BudgetStatus.WAITING
    question = NewApproval(
        kind=ApprovalKind.BUDGET_TRANSFER,
        summary=f"{in_a_sentence(row)}: {row.reason}",
        content_hash=fingerprints.of_budget_transfer(row),
        group_id=step.group_id,
        required=step.approvals,
        requested_by_id=row.requested_by_id,
        beneficiary_id=None,
        programme=source.programme.slug,
        points=row.points,
    )
    [row.approval] = approvals.ask([question], at=at)


def _too_few(row: BudgetTransfer) -> OverBudget:
    source = budget_queries.names([row.from_account_id])[row.from_account_id]
    left = Account.objects.get(pk=row.from_account_id).available
    return OverBudget(
        f"points: {source} holds {in_words(left)}, and {row.points:,} were to be moved. Move fewer, or fund it first.",
        pointer="/points",
    )


def _lock(budget_transfer_id: UUID) -> BudgetTransfer:
    row = BudgetTransfer.objects.select_for_update(of=("self",), no_key=True).get(pk=budget_transfer_id)
    if row.status != BudgetStatus.WAITING:
        raise AlreadyDecided(f"This budget transfer is decided: {row.get_status_display().lower()}.")
    return row


def _decide(row: BudgetTransfer, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    if row.approval_id is None:
        raise AssertionError("a check constraint gives every waiting transfer its approval")
    seen = fingerprints.of_budget_transfer(row)
    return approvals.decide(row.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)
