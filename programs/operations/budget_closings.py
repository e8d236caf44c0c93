"""Closes a programme's year: what is left goes back, or stays up to a limit, and the year's figures are kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from api import ids
from approvals import queries as approvers
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.models import Approval
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from people.models import Person
from programs import budget_queries, fingerprints
from programs.budget_queries import Figures
from programs.enums import ApprovalKind, ApprovalSubject, BudgetStatus
from programs.errors import PointsOutOfRange, YearClosed
from programs.models import BudgetClosing, BudgetTransfer, Programme
from programs.models.budget_closing import YEAR_MIN
from programs.operations import budget_transfers
from programs.queries import step_for
from wallets.enums import AccountKind
from wallets.models import Account
from wallets.models.account import TRANSFER_POINTS_MAX
from wallets.operations import accounts
from wallets.operations.transactions import retried

LOCK = "SELECT id, points - held FROM wallets_account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# Greater than the id of every transfer of accounts that are locked, less than that of any later one.
LEDGER_ID = "SELECT (wallets_id_prefix() || repeat('0', 15))::uuid"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a closing would do now: the year's figures, what departments give to the programme, what stays and goes."""

    figures: Figures
    of_departments: int
    carried_over: int
    returned: int


@retried
def propose(*, programme: Programme, year: int, carry_over_max: int, by: Person, at: datetime) -> BudgetClosing:
    """Propose to close a year of a programme; a second person decides, always.

    Args:
        programme: with its departments' budgets.
        year: which; not one that has not begun, none twice, none before one that is closed.
        carry_over_max: points that may stay for the next year, 0 to 10**12.
        by: who proposes.
        at: now.

    Raises:
        PointsOutOfRange, YearClosed: it cannot be.
    """
    if type(carry_over_max) is not int or not 0 <= carry_over_max <= TRANSFER_POINTS_MAX:
        raise PointsOutOfRange(
            f"carry_over_max: a whole number from 0 to {TRANSFER_POINTS_MAX}.", pointer="/carry_over_max"
        )
    check_year(programme, year, at)
    row = BudgetClosing(
        pk=ids.new(),
        programme=programme,
        year=year,
        carry_over_max=carry_over_max,
        requested_by=by,
        requested_at=at,
    )
    step = step_for(programme, ApprovalSubject.FUNDINGS, points=TRANSFER_POINTS_MAX)
    question = NewApproval(
        kind=ApprovalKind.BUDGET_CLOSING,
        summary=in_a_sentence(row),
        content_hash=fingerprints.of_budget_closing(row),
        group_id=step.group_id if step else approvers.hr_approvers().pk,
        required=step.approvals if step else 1,
        requested_by_id=by.pk,
        beneficiary_id=None,
        programme=programme.slug,
    )
    try:
        with transaction.atomic():
            [row.approval] = approvals.ask([question], at=at)
            row.save(force_insert=True)
    except IntegrityError as error:  # somebody else just proposed the same
        if "budget_closing_once_per_year" not in str(error):
            raise
        raise YearClosed(_twice(programme, year), pointer="/year") from error
    return row


@retried
def approve(closing_id: UUID, *, by: Person, note: str = "", at: datetime) -> BudgetClosing:
    """Approve what was proposed; with the last approval the year is closed, as its budgets are at that moment.

    1. Lock the closing, record the decision, and lock the budgets: nobody credits from them until this is over.
    2. Move what departments have to the programme's budget, and what it holds beyond the carry-over to funding.
    3. Keep the year's figures.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        row = _lock(closing_id)
        approval = _decide(row, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            _close(row, at)
    return row


@retried
def reject(closing_id: UUID, *, by: Person, note: str = "", at: datetime) -> BudgetClosing:
    """Reject what was proposed: the year stays open, and whoever proposed it is told.

    Raises:
        AlreadyDecided, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        row = _lock(closing_id)
        _decide(row, Verdict.REJECT, by=by, note=note, at=at)
        row.status, row.closed_at = BudgetStatus.REJECTED, at
        row.save(update_fields=["status", "closed_at"])
    return row


def preview(programme: Programme, *, carry_over_max: int) -> Preview:
    """Return what closing would do now."""
    figures = budget_queries.figures(programme)
    own = Account.objects.get(pk=programme.budget_id).points
    stays = min(carry_over_max, figures.left)
    return Preview(figures, figures.left - own, stays, figures.left - stays)


def in_a_sentence(row: BudgetClosing) -> str:
    """Return what it does: `Close 2026 of Values`."""
    kept = f", up to {row.carry_over_max:,} points stay" if row.carry_over_max else ""
    return f"Close {row.year} of {row.programme}{kept}"


def check_year(programme: Programme, year: int, at: datetime) -> None:
    """Refuse a year that cannot be closed.

    Raises:
        YearClosed: it has not begun, or it or a later one is closed or waits to be.
    """
    if type(year) is not int or not YEAR_MIN <= year <= at.year:
        raise YearClosed(f"year: {year} has not begun. Close it once it is over.", pointer="/year")
    last = programme.closings.exclude(status=BudgetStatus.REJECTED).order_by("-year").first()
    if last is not None and last.year >= year:
        raise YearClosed(_twice(programme, last.year), pointer="/year")


def _twice(programme: Programme, year: int) -> str:
    return f"year: {year} of {programme} is closed, or waits to be. Choose a later one."


def _lock(closing_id: UUID) -> BudgetClosing:
    locked = BudgetClosing.objects.select_for_update(of=("self",), no_key=True)
    row = locked.select_related("programme").get(pk=closing_id)
    if row.status != BudgetStatus.WAITING:
        raise AlreadyDecided(f"This closing is decided: {row.get_status_display().lower()}.")
    return row


def _decide(row: BudgetClosing, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    seen = fingerprints.of_budget_closing(row)
    return approvals.decide(row.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)


def _close(row: BudgetClosing, at: datetime) -> None:
    funding_id = accounts.system(AccountKind.FUNDING).pk
    held = _lock_budgets([*budget_queries.accounts_of(row.programme), funding_id])
    held.pop(funding_id)
    year = budget_queries.figures(row.programme)
    own_id = row.programme.budget_id
    moves = [_move(row, account_id, own_id, left, at) for account_id, left in held.items() if account_id != own_id]
    returned = max(0, sum(held.values()) - row.carry_over_max)
    moves = [each for each in [*moves, _move(row, own_id, funding_id, returned, at)] if each.points > 0]
    if moves:
        budget_transfers.post(moves, at=at)
    row.opening, row.funded, row.credited = year.opening, year.funded, year.credited
    row.taken_back, row.adjusted, row.moved = year.taken_back, year.adjusted, year.moved
    row.returned, row.carried_over = returned, year.left - returned
    row.ledger_id, row.status, row.closed_at = _ledger_id(), BudgetStatus.POSTED, at
    row.save()
    BudgetTransfer.objects.bulk_create(moves)


def _lock_budgets(account_ids: list[UUID]) -> dict[UUID, int]:
    """Lock accounts in key order, as the ledger does, and return what each has available."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [account_ids])
        return dict(cursor.fetchall())


def _ledger_id() -> UUID:
    with connection.cursor() as cursor:
        cursor.execute(LEDGER_ID)
        ledger_id: UUID = cursor.fetchone()[0]
    return ledger_id


def _move(row: BudgetClosing, source_id: UUID, target_id: UUID, points: int, at: datetime) -> BudgetTransfer:
    return BudgetTransfer(
        from_account_id=source_id,
        to_account_id=target_id,
        points=points,
        reason=f"{row.year} was closed",
        requested_by=row.requested_by,
        requested_at=at,
        closing=row,
    )
