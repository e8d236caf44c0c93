"""Takes back points that were credited, as far as they are unspent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from api import ids
from api.models import ApiClient
from messaging.enums import WebhookType
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from people.models import Person
from programs.enums import PointsRequestStatus
from programs.errors import AlreadyReversed, NotCredited, OverReversal, PointsOutOfRange
from programs.models import PointsRequest, Reversal
from programs.operations import announcing, counted_days
from programs.operations.crediting import STATEMENT_PATH, in_words
from programs.reasons import checked_reason
from wallets.models import Account
from wallets.operations import lots
from wallets.operations import reversals as wallets
from wallets.operations.transactions import retried

NOT_CREDITED = {
    PointsRequestStatus.PENDING_APPROVAL: "It waits for approval: have an approver reject it instead.",
    PointsRequestStatus.PARKED: "It is parked for somebody not known yet; it credits nothing before they are.",
    PointsRequestStatus.REJECTED: "It was not approved, so nobody got points.",
    PointsRequestStatus.EXPIRED: "It expired before the person was known, so nobody got points.",
    PointsRequestStatus.FAILED: "It failed, so nobody got points.",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What taking all of it back would do now, in points: how many would come back, how many were spent."""

    taken: int
    shortfall: int


@retried
def reverse(
    points_request_id: UUID,
    *,
    points: int | None = None,
    reason: str,
    by: Person | None = None,
    client: ApiClient | None = None,
    at: datetime,
) -> Reversal:
    """Take back what is unspent of a credited request, whole or in part; what was spent is the shortfall.

    1. Lock the request and read it again. A whole reversal asked again with the same points and reason is answered
       with the first one; what is taken back once is not taken back twice.
    2. Have the ledger take what is there: never more than was credited, never more than is available.
    3. Write the reversal, count it on the request and tell the person.

    A reversal of all that was left closes the request (`reversed`), whatever the shortfall: points that the person
    earns later are never taken for it. After a part of it the request stays `credited`.

    Args:
        points_request_id: the request.
        points: how many; None for all that is left of it.
        reason: why, as the person reads it; at most 500 characters.
        by, client: the person or the system that does it; one of them.
        at: now.

    Raises:
        NotCredited, AlreadyReversed, OverReversal, PointsOutOfRange, ReasonMissing: it cannot be taken back like this;
            nothing happened.
    """
    reason = checked_reason(reason)
    if points is not None and (type(points) is not int or points < 1):
        raise PointsOutOfRange("points must be a whole number from 1, or left out for all.", pointer="/points")
    with transaction.atomic():
        request = _lock(points_request_id)
        if request.status == PointsRequestStatus.REVERSED:
            return _repeated(request, points, reason)
        if request.status != PointsRequestStatus.CREDITED or request.transfer_id is None:
            raise NotCredited(NOT_CREDITED[PointsRequestStatus(request.status)])
        left = request.points - request.reversed_points
        if points is not None and points > left:
            raise OverReversal(
                f"points: {in_words(left)} of this request can be taken back at most.", pointer="/points"
            )
        reversal = Reversal(
            pk=ids.new(),
            points_request=request,
            points=left if points is None else points,
            reason=reason,
            reversed_by=by,
            client=client,
            reversed_at=at,
        )
        with counted_days.kept([request], at=at):
            _take(reversal, at)
            _count(request, reversal, is_whole=reversal.points == left)
        _tell(reversal, at)
        announcing.announce([request], at=at, type_=WebhookType.POINTS_REQUEST_REVERSED)
    return reversal


def expected(request: PointsRequest, *, at: datetime) -> Expected:
    """Return what taking back all that is left of a credited request would do now; two queries."""
    left = request.points - request.reversed_points
    account = Account.objects.filter(person=request.person_id).first()
    usable = account.available - lots.overdue(account.pk, at=at) if account else 0
    taken = min(left, max(usable, 0))
    return Expected(taken=taken, shortfall=left - taken)


def _lock(points_request_id: UUID) -> PointsRequest:
    locked = PointsRequest.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("programme", "person").get(pk=points_request_id)


def _repeated(request: PointsRequest, points: int | None, reason: str) -> Reversal:
    """Return the reversal that closed the request, where this call asks for the same."""
    last = request.reversals.latest("pk")
    if last.reason != reason or points not in {None, last.points}:
        raise AlreadyReversed(f"All of it was taken back before: {last}. Read the request to see when and why.")
    last.points_request = request
    return last


def _take(reversal: Reversal, at: datetime) -> None:
    request = reversal.points_request
    if request.transfer_id is None:
        raise AssertionError("only a credited request is taken back")
    taken = wallets.reverse(request.transfer_id, points=reversal.points, reference=reversal.reference, at=at)
    reversal.taken, reversal.shortfall, reversal.transfer_id = taken.points, taken.shortfall, taken.transfer_id
    reversal.save(force_insert=True)


def _count(request: PointsRequest, reversal: Reversal, *, is_whole: bool) -> None:
    request.reversed_points += reversal.taken
    if is_whole:
        request.status = PointsRequestStatus.REVERSED
        request.status_reason = reversal.reason
    request.save(update_fields=["reversed_points", "status", "status_reason"])


def _tell(reversal: Reversal, at: datetime) -> None:
    """Tell the person what went, and why; where nothing did, there is nothing to tell."""
    request = reversal.points_request
    if not reversal.taken or request.person_id is None:
        return
    message = NewMessage(
        person_id=request.person_id,
        kind="points_reversed",
        title=f"{in_words(reversal.taken)} {'was' if reversal.taken == 1 else 'were'} taken back",
        body=f"Why: {reversal.reason} (They had come from {request.programme.name}: {request.reason})",
        path=STATEMENT_PATH,
        reference=reversal.reference,
        channels=tuple(request.programme.notify),
    )
    messages.tell([message], at=at)
