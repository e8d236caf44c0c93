"""Gives or takes points by hand, with a reason, by two people."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from api import ids
from approvals import queries as approvers
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.models import Approval
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from people.models import Person
from programs import fingerprints, queries
from programs.enums import AdjustmentStatus, ApprovalKind
from programs.errors import OverBudget, OwnWallet, PointsOutOfRange, RecipientInactive
from programs.judgement import expires_at
from programs.models import Adjustment, Programme
from programs.operations.crediting import STATEMENT_PATH, in_words
from programs.reasons import checked_reason
from wallets.enums import TransferKind
from wallets.errors import InsufficientPoints
from wallets.models import Account
from wallets.models.account import POINTS_MAX
from wallets.operations import accounts, transfers
from wallets.operations.transactions import retried
from wallets.operations.transfers import NewTransfer


@retried
def propose(
    *,
    programme: Programme,
    person: Person,
    points: int,
    reason: str,
    adjustment_id: UUID | None = None,
    by: Person,
    at: datetime,
) -> Adjustment:
    """Propose points for somebody, or the taking of some; one of the HR approvers decides.

    Args:
        programme: whose budget pays what is given, and gets what is taken.
        person: whose wallet; not the proposer's own.
        points: above zero to give, below to take; at most 10,000,000 either way.
        reason: why, as the person reads it; at most 500 characters.
        adjustment_id: its key, where a form that may be sent twice has one; the second time returns the first.
        by: who proposes.
        at: now.

    Raises:
        PointsOutOfRange, ReasonMissing, OwnWallet, RecipientInactive: nobody could approve it.
    """
    if type(points) is not int or not 1 <= abs(points) <= POINTS_MAX:
        raise PointsOutOfRange(f"points: a whole number up to {POINTS_MAX}, below zero to take.", pointer="/points")
    reason = checked_reason(reason)
    if by.pk == person.pk:
        raise OwnWallet("You cannot adjust your own wallet. Ask a colleague to propose it.", pointer="/person")
    if points > 0 and not person.is_active:
        raise RecipientInactive(_cannot_earn(person), pointer="/person")
    if adjustment_id and (earlier := Adjustment.objects.filter(pk=adjustment_id).first()):
        return earlier
    adjustment = Adjustment(
        pk=adjustment_id or ids.new(),
        programme=programme,
        person=person,
        points=points,
        reason=reason,
        requested_by=by,
        requested_at=at,
    )
    question = NewApproval(
        kind=ApprovalKind.ADJUSTMENT,
        summary=f"{in_a_sentence(adjustment)}: {reason}",
        content_hash=fingerprints.of_adjustment(adjustment),
        group_id=approvers.hr_approvers().pk,
        required=1,
        requested_by_id=by.pk,
        beneficiary_id=person.pk,
        programme=programme.slug,
        points=points,
    )
    with transaction.atomic():
        [adjustment.approval] = approvals.ask([question], at=at)
        adjustment.save(force_insert=True)
    return adjustment


@retried
def approve(adjustment_id: UUID, *, by: Person, note: str = "", at: datetime) -> Adjustment:
    """Approve what was proposed: the points move at once, and the person is told. Or nothing of this happened.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
        OverBudget: the programme's budget does not hold what would be given.
        InsufficientPoints: the person has fewer points available than would be taken.
        RecipientInactive: the person left meanwhile and would have been given points.
    """
    with transaction.atomic():
        adjustment = _lock(adjustment_id)
        approval = _decide(adjustment, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            _tell(adjustment, at)
            _post(adjustment, at)
    return adjustment


@retried
def reject(adjustment_id: UUID, *, by: Person, note: str = "", at: datetime) -> Adjustment:
    """Reject what was proposed: nothing moves, and whoever proposed it is told.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        adjustment = _lock(adjustment_id)
        _decide(adjustment, Verdict.REJECT, by=by, note=note, at=at)
        adjustment.status, adjustment.closed_at = AdjustmentStatus.REJECTED, at
        adjustment.save(update_fields=["status", "closed_at"])
    return adjustment


def in_a_sentence(adjustment: Adjustment) -> str:
    """Return what it does: `Give 500 points to Ana Ribeiro`, `Take 20 points from Ana Ribeiro`."""
    points, person = in_words(abs(adjustment.points)), adjustment.person
    return f"Give {points} to {person}" if adjustment.points > 0 else f"Take {points} from {person}"


def _lock(adjustment_id: UUID) -> Adjustment:
    locked = Adjustment.objects.select_for_update(of=("self",), no_key=True)
    adjustment = locked.select_related("programme", "person").get(pk=adjustment_id)
    if adjustment.status != AdjustmentStatus.WAITING:
        raise AlreadyDecided(f"This adjustment is decided: {adjustment.get_status_display().lower()}.")
    return adjustment


def _decide(adjustment: Adjustment, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    seen = fingerprints.of_adjustment(adjustment)
    return approvals.decide(adjustment.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)


def _post(adjustment: Adjustment, at: datetime) -> None:
    """Move the points between budget and wallet, and write it down."""
    person, programme = adjustment.person, adjustment.programme
    if adjustment.points > 0 and not person.is_active:
        raise RecipientInactive(_cannot_earn(person), pointer="/person")
    wallet_id = accounts.open_wallets([person.pk])[person.pk]
    gives, budget_id = adjustment.points > 0, queries.payer(programme, person)
    transfer = NewTransfer(
        debit_id=budget_id if gives else wallet_id,
        credit_id=wallet_id if gives else budget_id,
        points=abs(adjustment.points),
        kind=TransferKind.ADJUSTMENT,
        reference=adjustment.reference,
        expires_at=expires_at(programme, person, at) if gives else None,
    )
    [posting] = transfers.post([transfer], at=at)
    if isinstance(posting.error, InsufficientPoints):
        raise _too_few(adjustment, wallet_id)
    if posting.error is not None:
        raise posting.error
    adjustment.transfer_id = posting.transfer_id
    adjustment.status, adjustment.closed_at = AdjustmentStatus.POSTED, at
    adjustment.save(update_fields=["transfer", "status", "closed_at"])


def _too_few(adjustment: Adjustment, wallet_id: UUID) -> OverBudget | InsufficientPoints:
    """Return why there are too few points: in the budget, or in the wallet."""
    if adjustment.points > 0:
        return OverBudget(
            f"points: the budget of {adjustment.programme.slug} holds fewer than {in_words(adjustment.points)}. "
            "Fund it first, or reject this and propose less.",
            pointer="/points",
        )
    available = Account.objects.get(pk=wallet_id).available
    return InsufficientPoints(
        f"points: {adjustment.person} has {in_words(available)} available now, and "
        f"{-adjustment.points:,} were to be taken. Reject this and propose at most {available:,}.",
        pointer="/points",
    )


def _cannot_earn(person: Person) -> str:
    return f"person: {person.name} is {person.get_status_display().lower()} and gets no points."


def _tell(adjustment: Adjustment, at: datetime) -> None:
    points = in_words(abs(adjustment.points))
    is_one = abs(adjustment.points) == 1
    message = NewMessage(
        person_id=adjustment.person_id,
        kind="points_adjusted",
        title=f"You got {points}" if adjustment.points > 0 else f"{points} {'was' if is_one else 'were'} taken back",
        body=adjustment.reason,
        path=STATEMENT_PATH,
        reference=adjustment.reference,
        channels=tuple(adjustment.programme.notify),
    )
    messages.tell([message], at=at)
