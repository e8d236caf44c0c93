"""What decided points requests lead to: approvals asked for, points in wallets, people told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.errors import PortalError
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from people.models import Person
from programs import fingerprints
from programs.enums import PointsRequestStatus
from programs.errors import OverBudget
from programs.judgement import expires_at
from programs.models import PointsRequest
from programs.queries import Step
from wallets.enums import TransferKind
from wallets.errors import InsufficientPoints, WalletError
from wallets.operations import transfers
from wallets.operations.transfers import NewTransfer, Posting

STATEMENT_PATH = "/statement"


@dataclass(frozen=True, slots=True)
class WalletAfter:
    """What a wallet holds after a credit, in points."""

    available: int
    held: int


def ask(waiting: Sequence[tuple[PointsRequest, Step]], *, at: datetime) -> None:
    """Ask for the approval of each of these requests, and set it on the row."""
    if not waiting:
        return
    questions = [
        NewApproval(
            summary=f"{in_words(request.points)} for {request.person}: {request.reason}",
            content_hash=fingerprints.of_points_request(request),
            group_id=step.group_id,
            required=step.approvals,
            requested_by_id=request.requested_by_id,
            beneficiary_id=request.person_id,
        )
        for request, step in waiting
    ]
    for (request, _), approval in zip(waiting, approvals.ask(questions, at=at), strict=True):
        request.approval = approval


def post(
    points_requests: Sequence[PointsRequest], *, wallets: Mapping[UUID, UUID], at: datetime
) -> list[WalletAfter | PortalError]:
    """Move the points of each from its budget to its person's wallet; the ledger judges each, in order.

    Sets status, transfer and times on the rows that were credited and leaves the others as they were. The caller saves.

    Args:
        points_requests: each with its programme and its person.
        wallets: account by person.

    Returns:
        In the same order, what the wallet holds afterwards, or why not one point moved.
    """
    if not points_requests:
        return []
    expiries = [expires_at(request.programme, _person(request), at) for request in points_requests]
    postings = transfers.post(
        [
            NewTransfer(
                debit_id=request.programme.budget_id,
                credit_id=wallets[_person(request).pk],
                points=request.points,
                kind=TransferKind.CREDIT,
                reference=reference(request),
                expires_at=expiry,
            )
            for request, expiry in zip(points_requests, expiries, strict=True)
        ],
        at=at,
    )
    return [_settled(*each, at) for each in zip(points_requests, postings, expiries, strict=True)]


def tell(points_requests: Sequence[PointsRequest], *, at: datetime) -> None:
    """Tell the people of these credited requests, through the channels of each programme."""
    messages.tell(
        [
            NewMessage(
                person_id=_person(request).pk,
                kind="points_credited",
                title=f"You earned {in_words(request.points)}",
                body=request.reason,
                path=STATEMENT_PATH,
                reference=reference(request),
                channels=tuple(request.programme.notify),
            )
            for request in points_requests
        ],
        at=at,
    )


def reference(request: PointsRequest) -> str:
    """Return what the transfer and the message of a request are known by."""
    return f"pr:{request.pk.hex}"


def in_words(points: int) -> str:
    """Return points as people read them: `1 point`, `1,500 points`."""
    return f"{points:,} point" + ("" if points == 1 else "s")


def _settled(
    request: PointsRequest, posting: Posting, expiry: datetime | None, at: datetime
) -> WalletAfter | PortalError:
    if posting.error is not None:
        return _refusal(request, posting.error)
    request.status = PointsRequestStatus.CREDITED
    request.status_reason = None
    request.transfer_id = posting.transfer_id
    request.next_attempt_at = None
    request.credited_at = at
    request.expires_at = expiry
    points, held = posting.credit_points_after or 0, posting.credit_held or 0
    return WalletAfter(available=points - held, held=held)


def _refusal(request: PointsRequest, error: WalletError) -> PortalError:
    if not isinstance(error, InsufficientPoints):
        return error
    return OverBudget(
        f"points: the budget of {request.programme.slug} holds fewer than {in_words(request.points)}. "
        "Ask HR to fund it, or ask for less.",
        pointer="/points",
    )


def _person(request: PointsRequest) -> Person:
    if request.person is None:
        raise AssertionError("only a request with a person is credited")
    return request.person
