"""What decided points requests lead to: approvals asked for, points in wallets, people told."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from api.errors import PortalError
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from messaging.operations import messages, webhook_events
from messaging.operations.messages import NewMessage
from people.models import Person
from programs import fingerprints
from programs.enums import ApprovalKind, PointsRequestStatus, Source, StepApprover
from programs.errors import OverBudget
from programs.judgement import expires_at
from programs.models import PointsRequest
from programs.operations import announcing
from programs.queries import Payers, Step
from programs.wallet_after import WalletAfter
from wallets.enums import TransferKind
from wallets.errors import AccountClosed, InsufficientPoints, WalletError
from wallets.operations import transfers
from wallets.operations.transfers import NewTransfer, Posting

STATEMENT_PATH = "/statement"
COLUMNS = [column.attname for column in PointsRequest._meta.concrete_fields]

# All that a list of decided requests leads to, by three parameters beside the ledger's own: atomic without BEGIN and
# COMMIT, and the budget is locked for as long as this takes and not for four turns between server and client. The rows
# come with those to be credited first, in the order of the transfers and of the messages, and are inserted in an order
# in which two callers never wait for each other in a circle.
WRITE = f"""
WITH posted AS MATERIALIZED (
    SELECT * FROM {transfers.CALL} WITH ORDINALITY
), written AS (
    INSERT INTO programs_pointsrequest ({", ".join(COLUMNS)})
    SELECT {", ".join("posted.posted_id" if column == "transfer_id" else f"request.{column}" for column in COLUMNS)}
    FROM json_populate_recordset(NULL::programs_pointsrequest, %s) WITH ORDINALITY AS request
    LEFT JOIN posted USING (ordinality)
    WHERE posted.refusal IS NULL
    ORDER BY request.external_id, request.once_key
), told AS MATERIALIZED (
    SELECT messaging_tell(
        (SELECT json_agg(message.value)
         FROM json_array_elements(%s) WITH ORDINALITY AS message JOIN posted USING (ordinality)
         WHERE posted.refusal IS NULL), %s) AS deliveries
)"""  # noqa: S608 - constants, and the model's own columns
WRITE_ALONE = f"{WRITE} SELECT told.deliveries, 0, posted.* FROM told LEFT JOIN posted ON true"  # noqa: S608

# The same where client systems listen: their events come in the order of the rows. What only the ledger knows, transfer
# and wallet, is put into those of what was credited.
WRITE_AND_ANNOUNCE = f"""
{WRITE}, announced AS MATERIALIZED (
    SELECT messaging_announce((
        SELECT json_agg(json_build_object(
            'id', event.value -> 'id', 'type', event.value -> 'type', 'programme', event.value -> 'programme',
            'timestamp', event.value -> 'timestamp',
            'data', CASE WHEN posted.posted_id IS NULL THEN event.value -> 'data' ELSE (
                SELECT json_object_agg(member.key, CASE member.key
                    WHEN 'transfer' THEN to_json('tr_' || replace(posted.posted_id::text, '-', ''))
                    WHEN 'wallet' THEN json_build_object(
                        'available', posted.credit_after - posted.credit_held, 'held', posted.credit_held)
                    ELSE member.value END)
                FROM json_each(event.value -> 'data') AS member
            ) END
        ))
        FROM json_array_elements(%s) WITH ORDINALITY AS event LEFT JOIN posted USING (ordinality)
        WHERE posted.refusal IS NULL AND json_typeof(event.value) = 'object'
    ), %s) AS deliveries
)
SELECT told.deliveries, announced.deliveries, posted.* FROM told CROSS JOIN announced LEFT JOIN posted ON true
"""  # noqa: S608 - a constant


def ask(waiting: Sequence[tuple[PointsRequest, Step]], *, at: datetime) -> None:
    """Ask for the approval of each of these requests, and set it on the row."""
    if not waiting:
        return
    managers = _managers(request for request, step in waiting if step.approver == StepApprover.MANAGER)
    questions = [
        NewApproval(
            kind=ApprovalKind.POINTS_REQUEST,
            summary=f"{in_words(request.points)} for {request.person}: {request.reason}",
            content_hash=fingerprints.of_points_request(request),
            group_id=step.group_id,
            required=step.approvals,
            requested_by_id=request.requested_by_id,
            beneficiary_id=request.person_id,
            programme=request.programme.slug,
            points=request.points,
            approver_id=managers.get(request.pk),
            remind_after_days=step.remind_after_days,
            escalate_after_days=step.escalate_after_days,
            escalate_to_id=step.escalate_to_id,
        )
        for request, step in waiting
    ]
    for (request, _), approval in zip(waiting, approvals.ask(questions, at=at), strict=True):
        request.approval = approval


def _managers(requests: Iterable[PointsRequest]) -> dict[UUID, UUID]:
    """Return who decides about each request: the manager of who gains, else that manager's own, one who is here and did
    not ask for it. Where there is none the request is absent, and the step's group decides. One query.
    """
    people = {request.pk: (request, request.person) for request in requests}
    managers = Person.objects.select_related("manager").in_bulk(
        {person.manager_id for _, person in people.values() if person and person.manager_id}
    )
    found = {}
    for pk, (request, person) in people.items():
        manager = managers.get(person.manager_id) if person and person.manager_id else None
        for each in (manager, manager.manager if manager else None):
            if each and each.is_active and each.pk not in {request.requested_by_id, request.person_id}:
                found[pk] = each.pk
                break
    return found


def post(
    points_requests: Sequence[PointsRequest], *, wallets: Mapping[UUID, UUID], payers: Payers, at: datetime
) -> list[WalletAfter | PortalError]:
    """Move the points of each from its budget to its person's wallet; the ledger judges each, in order.

    Sets status, transfer and times on the rows that were credited and leaves the others as they were. The caller saves.

    Args:
        points_requests: each with its programme and its person.
        wallets: account by person.
        payers: the budgets of departments.

    Returns:
        In the same order, what the wallet holds afterwards, or why not one point moved.
    """
    if not points_requests:
        return []
    asked = [_transfer(request, wallets, payers, at) for request in points_requests]
    return _settled(points_requests, asked, transfers.post(asked, at=at), at)


def write(
    granted: Sequence[PointsRequest],
    others: Sequence[PointsRequest],
    *,
    wallets: Mapping[UUID, UUID],
    payers: Payers,
    heard: Collection[str] = (),
    at: datetime,
) -> list[WalletAfter | PortalError]:
    """Move the points of new requests as `post` does, write them, tell people and systems: all of it one statement.

    The ledger judges first; of what it refuses nothing is written.

    Args:
        granted: rows that are credited unless the ledger refuses them.
        others: rows that wait.
        wallets: account by person.
        payers: the budgets of departments.
        heard: the types of events that client systems listen to.

    Returns:
        For each of `granted`, what the wallet holds afterwards, or why not one point moved.
    """
    if not granted and not others:
        return []
    asked = [_transfer(request, wallets, payers, at) for request in granted]
    for request, transfer in zip(granted, asked, strict=True):
        request.credited_at, request.expires_at = at, transfer.expires_at
    told = messages.as_json([_message(request) for request in granted])
    events = announcing.new_events(granted, others, heard=heard)
    values: list[Any] = [*transfers.prepare(asked, at=at), _as_json([*granted, *others]), told, at]
    with connection.cursor() as cursor:
        if events:
            cursor.execute(WRITE_AND_ANNOUNCE, [*values, webhook_events.as_json(events, at=at), at])
        else:
            cursor.execute(WRITE_ALONE, values)
        came = cursor.fetchall()
    messages.told(came[0][0])
    webhook_events.announced(came[0][1])
    postings = transfers.postings(asked, [row[2:-1] for row in came] if asked else [])
    return _settled(granted, asked, postings, at)


def _as_json(rows: Sequence[PointsRequest]) -> str:
    """Return new rows for WRITE, without what is null."""
    columns = [
        {name: value for name, value in vars(row).items() if value is not None and name != "_state"} for row in rows
    ]
    return json.dumps(columns, default=_in_json)


def _in_json(value: object) -> str:
    return value.hex if isinstance(value, UUID) else _moment(value) if isinstance(value, datetime) else str(value)


@lru_cache(maxsize=1000)  # most of a list share theirs
def _moment(at: datetime) -> str:
    return at.isoformat()


def tell(points_requests: Sequence[PointsRequest], *, at: datetime) -> None:
    """Tell the people of these credited requests, through the channels of each programme."""
    messages.tell([_message(request) for request in points_requests], at=at)


def reference(request: PointsRequest) -> str:
    """Return what the transfer and the message of a request are known by."""
    return f"pr:{request.pk.hex}"


def in_words(points: int) -> str:
    """Return points as people read them: `1 point`, `1,500 points`."""
    return f"{points:,} point" + ("" if points == 1 else "s")


def _transfer(request: PointsRequest, wallets: Mapping[UUID, UUID], payers: Payers, at: datetime) -> NewTransfer:
    programme, person = request.programme, _person(request)
    return NewTransfer(
        debit_id=payers.get((programme.pk, person.department_id), programme.budget_id),
        credit_id=wallets[person.pk],
        points=request.points,
        kind=TransferKind.CREDIT,
        reference=reference(request),
        expires_at=expires_at(programme, person, at),
    )


def _message(request: PointsRequest) -> NewMessage:
    giver = request.requested_by if request.source == Source.RECOGNITION else None
    value = request.metadata.get("value") if giver else None
    return NewMessage(
        person_id=_person(request).pk,
        kind="points_credited",
        title=f"{giver} gave you {in_words(request.points)}" if giver else f"You earned {in_words(request.points)}",
        body=f"“{request.reason}”{f' · {value}' if value else ''}" if giver else request.reason,
        path=STATEMENT_PATH,
        reference=reference(request),
        channels=tuple(request.programme.notify),
    )


def _settled(
    points_requests: Sequence[PointsRequest], asked: Sequence[NewTransfer], postings: Sequence[Posting], at: datetime
) -> list[WalletAfter | PortalError]:
    """Set on each row what became of it, and return it."""
    return [_settle(*each, at) for each in zip(points_requests, asked, postings, strict=True)]


def _settle(request: PointsRequest, transfer: NewTransfer, posting: Posting, at: datetime) -> WalletAfter | PortalError:
    if posting.error is not None:
        return _refusal(request, transfer, posting.error)
    request.status = PointsRequestStatus.CREDITED
    request.status_reason = None
    request.transfer_id = posting.transfer_id
    request.next_attempt_at = None
    request.credited_at = at
    request.expires_at = transfer.expires_at
    points, held = posting.credit_points_after or 0, posting.credit_held or 0
    return WalletAfter(available=points - held, held=held)


def _refusal(request: PointsRequest, transfer: NewTransfer, error: WalletError) -> PortalError:
    programme = request.programme
    is_own = transfer.debit_id == programme.budget_id
    whose = programme.slug if is_own else f"{_person(request).department} in {programme.slug}"
    if isinstance(error, AccountClosed) and not is_own:
        detail = f"points: the budget of {whose} was closed just now. Ask again: the programme's pays from now on."
        return OverBudget(detail, pointer="/points")
    if not isinstance(error, InsufficientPoints):
        return error
    return OverBudget(
        f"points: the budget of {whose} holds fewer than {in_words(request.points)}. "
        "Ask HR to fund it, or ask for less.",
        pointer="/points",
    )


def _person(request: PointsRequest) -> Person:
    person = request.person
    if person is None:
        raise AssertionError("only a request with a person is credited")
    return person
