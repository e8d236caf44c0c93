"""What becomes of the points of people who left: kept, forfeited or paid out, as the policy says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pghistory
from django.db import connection, transaction
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce

from api.money import worth
from people.models import Person
from wallets import payouts
from wallets.enums import AccountKind, LeaverAction, PayoutStatus, TransferKind
from wallets.errors import InvalidPolicy, PayoutPaid
from wallets.models import Account, LeaverPayout, LeaverPolicy
from wallets.models.leaver_policy import DAYS_MAX
from wallets.operations import accounts, transfers
from wallets.operations.transactions import retried
from wallets.operations.transfers import NewTransfer

SETTLE_LIMIT = 1000  # wallets in one transaction
KINDS = {
    LeaverAction.FORFEIT: (TransferKind.FORFEITURE, AccountKind.EXPIRED),
    LeaverAction.PAY_OUT: (TransferKind.PAYOUT, AccountKind.REDEEMED),
}

# The wallets that are due, locked with their owners: nobody comes back in between. Those that somebody works on are
# left for the next run. The number of earlier settlements tells the effects of one leaving apart: what an order held
# comes free later.
DUE = """
SELECT account.id, person.id, account.points - account.held,
       format('leaver:%%s:%%s:%%s', replace(person.id::text, '-', ''), floor(extract(epoch FROM person.left_at)),
              (SELECT count(*) FROM wallets_transfer earlier
               WHERE earlier.debit_id = account.id AND earlier.kind IN ('forfeiture', 'payout')))
FROM people_person person JOIN wallets_account account ON account.person_id = person.id
WHERE person.left_at <= %(left_before)s AND person.status = 'left'
  AND account.points > account.held AND account.closed_at IS NULL AND account.id > %(after)s
ORDER BY account.id LIMIT %(limit)s
FOR NO KEY UPDATE OF account SKIP LOCKED FOR SHARE OF person SKIP LOCKED
"""
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a policy would do at its next run: to how many people, with how many points in sum."""

    people: int
    points: int


def policy() -> LeaverPolicy:
    """Return the policy as it is now; where none was set, leavers keep their points."""
    return LeaverPolicy.objects.filter(pk=1).first() or LeaverPolicy()


def consequences(*, after_days: int, at: datetime) -> Consequences:
    """Return what forfeiting or paying out would do now; one query. Points that orders hold are not counted."""
    due = _leavers(at - timedelta(days=after_days))
    found = due.aggregate(people=Count("pk"), points=Coalesce(Sum(F("points") - F("held")), 0))
    return Consequences(people=found["people"], points=int(found["points"]))


def set_policy(*, action: str, after_days: int, by: Person) -> LeaverPolicy:
    """Change what becomes of leavers' points from the next run on. Its history keeps who did it and when.

    Args:
        action: keep, forfeit or pay_out.
        after_days: days after somebody left, 0 to 3650.
        by: who changes it.

    Raises:
        InvalidPolicy: one of them cannot be.
    """
    if action not in LeaverAction.values:
        raise InvalidPolicy(f"action: one of {', '.join(LeaverAction.values)}.", pointer="/action")
    if type(after_days) is not int or not 0 <= after_days <= DAYS_MAX:
        raise InvalidPolicy(f"after_days: a whole number from 0 to {DAYS_MAX}.", pointer="/after_days")
    with transaction.atomic(), pghistory.context(user=str(by.pk)):
        row, _ = LeaverPolicy.objects.update_or_create(pk=1, defaults={"action": action, "after_days": after_days})
    return row


def settle(*, at: datetime, after: UUID = FIRST, limit: int = SETTLE_LIMIT) -> UUID | None:
    """Forfeit or pay out what people have who left long enough ago, a batch of wallets in one transaction.

    What an open order holds stays until the order is closed; the next run takes it if it comes back. Whoever came back
    keeps all. Each leaving and settlement has a reference of its own, so that nothing is taken twice, however often and
    wherever this stops and starts again.

    Args:
        at: now.
        after: the account where the batch before ended.
        limit: how many wallets.

    Returns:
        Where the next batch goes on; None when none is left.
    """
    current = policy()
    if current.action == LeaverAction.KEEP:
        return None
    return _settle(current, at, after, limit)


def mark_paid(leaver_payout_id: UUID, *, note: str = "", by: Person, at: datetime) -> LeaverPayout:
    """Say that finance paid somebody's points out.

    Args:
        leaver_payout_id: the payout.
        note: what it is known by in the company's books.
        by: who paid it.
        at: now.

    Raises:
        PayoutPaid: it was paid before.
    """
    waiting = LeaverPayout.objects.filter(pk=leaver_payout_id, status=PayoutStatus.WAITING)
    if not waiting.update(status=PayoutStatus.PAID, paid_at=at, paid_by=by, note=note[:200]):
        raise PayoutPaid("This was marked as paid before. Its page says by whom and when.")
    return LeaverPayout.objects.select_related("person").get(pk=leaver_payout_id)


@retried
def _settle(current: LeaverPolicy, at: datetime, after: UUID, limit: int) -> UUID | None:
    kind, destination = KINDS[LeaverAction(current.action)]
    values: dict[str, Any] = {"left_before": at - timedelta(days=current.after_days), "after": after, "limit": limit}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(DUE, values)
            due = cursor.fetchall()
        if not due:
            return None
        target_id = accounts.system(destination).pk
        new = [
            NewTransfer(
                debit_id=account_id, credit_id=target_id, points=points, kind=kind, reference=reference, at_most=True
            )
            for account_id, _, points, reference in due
        ]
        moved = [
            (person_id, posting.transfer_id, posting.points)
            for (_, person_id, _, _), posting in zip(due, transfers.post(new, at=at), strict=True)
            if posting.error is None and posting.transfer_id is not None and not posting.replayed
        ]
        if kind == TransferKind.PAYOUT:
            _write_payouts(moved, at)
    last: UUID = due[-1][0]
    return last


def _write_payouts(moved: Sequence[tuple[UUID, UUID, int]], at: datetime) -> None:
    rows = []
    for person_id, transfer_id, points in moved:
        amount, currency = worth(points)
        rows.append(
            LeaverPayout(
                person_id=person_id,
                transfer_id=transfer_id,
                points=points,
                amount=amount,
                currency=currency,
                created_at=at,
            )
        )
    for row in LeaverPayout.objects.bulk_create(rows):
        transaction.on_commit(partial(payouts.announce, row.pk))


def _leavers(left_before: datetime) -> QuerySet[Account]:
    """Return the wallets with points to settle of those who left before: only who left has a time of it."""
    return Account.objects.filter(person__left_at__lte=left_before, points__gt=F("held"))
