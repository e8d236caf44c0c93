"""Fills budgets."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from api import ids
from api.models import ApiClient
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.models import Approval
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from people.models import Person
from programs import fingerprints
from programs.enums import ApprovalKind, ApprovalSubject, BudgetStatus
from programs.errors import BudgetClosed, ExternalIdConflict, PointsOutOfRange
from programs.models import ApprovalStep, Funding, Programme
from programs.operations.crediting import in_words
from programs.queries import step_for
from programs.races import settle
from wallets.enums import AccountKind, TransferKind
from wallets.errors import AccountClosed
from wallets.models.account import TRANSFER_POINTS_MAX
from wallets.operations import accounts, transfers
from wallets.operations.transactions import retried
from wallets.operations.transfers import NewTransfer


def fund(
    *,
    programme: Programme,
    points: int,
    reference: str,
    at: datetime,
    by: Person | None = None,
    client: ApiClient | None = None,
    external_id: str | None = None,
) -> Funding:
    """Put points into a programme's budget, once for each `external_id` of a client, for ever.

    What a person puts in above the programme's threshold for fundings waits for a second person; a system's is there
    at once: it may, or it may not.

    Args:
        programme: whose budget.
        points: how many, 1 to 10**12.
        reference: what it is known by in the company's books, as a purchase order; at most 200 characters.
        at: now.
        by: the person who does it.
        client: the system that does it.
        external_id: the same again with the same content returns the first funding.

    Returns:
        The funding; of a repeat, the first one (its `funded_at` is then earlier than `at`).

    Raises:
        PointsOutOfRange: not a possible number of points.
        ExternalIdConflict: the `external_id` stands for another funding.
        BudgetClosed: the budget is closed.
    """
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= TRANSFER_POINTS_MAX:
        raise PointsOutOfRange(f"points must be a whole number from 1 to {TRANSFER_POINTS_MAX}.", pointer="/points")
    funding = Funding(
        programme=programme,
        points=points,
        reference=reference,
        funded_by=by,
        client=client,
        external_id=external_id,
    )
    return settle(lambda: _before(funding) or _begin(funding, at))


@retried
def approve(funding_id: UUID, *, by: Person, note: str = "", at: datetime) -> Funding:
    """Approve what waits: with the last approval that is required the points are in the budget, or nothing happened.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
        BudgetClosed: the budget is closed.
    """
    with transaction.atomic():
        funding = _lock(funding_id)
        approval = _decide(funding, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            _post(funding, at)
            funding.save(update_fields=["status", "transfer", "funded_at"])
    return funding


@retried
def reject(funding_id: UUID, *, by: Person, note: str = "", at: datetime) -> Funding:
    """Reject what waits: nothing moves, and whoever asked is told.

    Raises:
        AlreadyDecided, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        funding = _lock(funding_id)
        _decide(funding, Verdict.REJECT, by=by, note=note, at=at)
        funding.status = BudgetStatus.REJECTED
        funding.save(update_fields=["status"])
    return funding


def in_a_sentence(funding: Funding) -> str:
    """Return what it does: `Put 5,000 points into the budget of Values`."""
    return f"Put {in_words(funding.points)} into the budget of {funding.programme}"


def _before(funding: Funding) -> Funding | None:
    """Return the funding that this one repeats."""
    if funding.external_id is None:
        return None
    first = Funding.objects.filter(client=funding.client_id, external_id=funding.external_id).first()
    if first and (first.programme_id, first.points, first.reference) != (
        funding.programme_id,
        funding.points,
        funding.reference,
    ):
        detail = "external_id: it was used before, for another funding. Use a new one, or send the first content again."
        raise ExternalIdConflict(detail, pointer="/external_id")
    return first


def _begin(funding: Funding, at: datetime) -> Funding:
    """Ask for its approval where it needs one, else post it."""
    funding.pk = ids.new()
    step = step_for(funding.programme, ApprovalSubject.FUNDINGS, points=funding.points) if funding.funded_by else None
    if step is None:
        _post(funding, at)
    else:
        funding.status = BudgetStatus.WAITING
        [funding.approval] = approvals.ask([_question(funding, step)], at=at)
    funding.save(force_insert=True)
    return funding


def _question(funding: Funding, step: ApprovalStep) -> NewApproval:
    return NewApproval(
        kind=ApprovalKind.FUNDING,
        summary=f"{in_a_sentence(funding)}: {funding.reference or 'no reference'}",
        content_hash=fingerprints.of_funding(funding),
        group_id=step.group_id,
        required=step.approvals,
        requested_by_id=funding.funded_by_id,
        beneficiary_id=None,
        programme=funding.programme.slug,
        points=funding.points,
    )


def _lock(funding_id: UUID) -> Funding:
    locked = Funding.objects.select_for_update(of=("self",), no_key=True)
    funding = locked.select_related("programme").get(pk=funding_id)
    if funding.status != BudgetStatus.WAITING:
        raise AlreadyDecided(f"This funding is decided: {funding.get_status_display().lower()}.")
    return funding


def _decide(funding: Funding, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    if funding.approval_id is None:
        raise AssertionError("a check constraint gives every waiting funding its approval")
    seen = fingerprints.of_funding(funding)
    return approvals.decide(funding.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)


def _post(funding: Funding, at: datetime) -> None:
    transfer = NewTransfer(
        debit_id=accounts.system(AccountKind.FUNDING).pk,
        credit_id=funding.programme.budget_id,
        points=funding.points,
        kind=TransferKind.FUNDING,
        reference=funding.transfer_reference,
    )
    [posting] = transfers.post([transfer], at=at)
    if isinstance(posting.error, AccountClosed):
        raise BudgetClosed(f"The budget of {funding.programme} is closed. Choose another programme.")
    if posting.transfer_id is None:
        raise posting.error or AssertionError("a posting has a transfer or an error")
    funding.status, funding.transfer_id, funding.funded_at = BudgetStatus.POSTED, posting.transfer_id, at
