"""The one way in: whatever gives points comes through `submit`. `approve` and `reject` decide about what waits."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from api import ids, rows
from api.errors import PortalError
from api.models import ApiClient
from people.models import Person
from programs import fingerprints, judgement
from programs.enums import PointsRequestStatus, Source
from programs.errors import AlreadyCredited, ExternalIdConflict, UnknownProgramme
from programs.facts import Asked, Facts, Key, look_up
from programs.judgement import Known
from programs.models import PointsRequest, Programme
from programs.operations import counted_days, crediting
from programs.operations.decisions import approve, reject
from programs.operations.parking import release_parked
from programs.queries import Step
from programs.races import settle
from programs.wallet_after import WalletAfter
from wallets import queries as wallet_queries
from wallets.operations import accounts

__all__ = ["NewPointsRequest", "Submitted", "WalletAfter", "approve", "reject", "release_parked", "submit"]

REASON_CHARACTERS = 500
BLANK: dict[str, Any] = {
    column.attname: None if callable(column.default) else column.get_default()
    for column in PointsRequest._meta.concrete_fields
}


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPointsRequest:
    """Points asked for somebody.

    Args:
        programme: its slug.
        recipient: employee number, `email:…` or `scim:…`.
        points: how many, 1 to 10,000,000.
        reason: why, as the person reads it; cut after 500 characters.
        source: which way it came in.
        metadata: what the client wants to find again.
        external_id: unique per client for ever; the same content again is a replay.
        client: the system that asks; it may be restricted to some programmes.
        requested_by: the person who asks, who may not approve it.
        event_id: the event it comes from.
        rule_version_id: the wording of the rule that decided.
        once_key: one live request for each person and key.
        explanation: the values that decided.
    """

    programme: str
    recipient: str
    points: int
    reason: str
    source: Source
    metadata: Mapping[str, Any] = field(default_factory=dict)
    external_id: str | None = None
    client: ApiClient | None = None
    requested_by: Person | None = None
    event_id: UUID | None = None
    rule_version_id: UUID | None = None
    once_key: str | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key | None:
        """Return what makes it unique for ever: client and external_id; None without one."""
        if self.external_id is None:
            return None
        return (self.client.pk if self.client else None, self.external_id)


@dataclass(slots=True)
class Submitted:
    """What came of one request: the row (also of a replay) and the wallet after it, or the error that refused it."""

    points_request: PointsRequest | None = None
    wallet: WalletAfter | None = None
    replayed: bool = False
    error: PortalError | None = None


@dataclass(slots=True)
class _Outcome:
    """What becomes of one request while the list is decided.

    Args:
        row: what will be written, unless the budget refuses it.
        step: the approval it waits for.
        replay_of: the row of an earlier call that it repeats.
        follows: an earlier one of this list that it repeats, or that used its `once_key`; refused with that one.
        wallet: after the credit.
        error: why it was refused.
    """

    row: PointsRequest | None = None
    step: Step | None = None
    replay_of: UUID | None = None
    follows: "_Outcome | None" = None
    wallet: WalletAfter | None = None
    error: PortalError | None = None


@dataclass(slots=True)
class _Course:
    """What is known before the list is decided, and what the first ones of it were decided to be."""

    facts: Facts
    known: Known
    firsts: dict[Key, tuple[_Outcome, str]] = field(default_factory=dict)
    once_firsts: dict[tuple[UUID, str], _Outcome] = field(default_factory=dict)


def submit(requests: Sequence[NewPointsRequest], *, at: datetime) -> list[Submitted]:
    """Decide about points requests and credit those that may be credited at once.

    1. Look up programmes, people, wallets and what was asked before, in one statement.
    2. Decide each in order, counting on: a repeat is a replay, a refusal an error, the rest is credited, waits for
       approval, or is parked for somebody not known yet.
    3. Post the transfers, write the rows and tell the people, in one statement.

    The number of statements does not grow with the list. All of it is done or nothing: the one write is a transaction
    by itself, and where there is more (locks for a person's limit, approvals to ask for, a caller's transaction) it is
    part of that. One refusal leaves the others as they are. Two callers with the same `external_id` or `once_key` are
    settled by the database: the loser starts again and finds the winner's.

    Args:
        requests: any number, decided in this order.
        at: the time of all of it.

    Returns:
        What came of each, in the same order. What depends on an earlier one of the list (a repeat, a person's limit, a
        rule's `once_per`) counts it as granted; a repeat of one that the budget refuses is refused with it.
    """
    return settle(lambda: _submit(requests, at), whole=True) if requests else []


def _submit(requests: Sequence[NewPointsRequest], at: datetime) -> list[Submitted]:
    facts = _look_up(requests)
    with _transaction(needed=facts.counts()):
        course = _Course(facts, _known(requests, facts, at))
        outcomes = [_decide(request, course, at) for request in requests]
        _write(outcomes, facts, at)
    return _answers(outcomes)


def _transaction(*, needed: bool) -> AbstractContextManager[None]:
    return transaction.atomic(savepoint=False) if needed else nullcontext()


def _look_up(requests: Sequence[NewPointsRequest]) -> Facts:
    """Ask for all that the list names, once for the whole of it, and open the wallets that are missing."""
    facts = look_up([Asked(request.programme, request.recipient, request.key) for request in requests])
    if missing := {person.pk for person in facts.people.values()} - facts.wallets.keys():
        facts.wallets |= accounts.open_wallets(missing)
    return facts


def _known(requests: Sequence[NewPointsRequest], facts: Facts, at: datetime) -> Known:
    asked = [
        (facts.people[request.recipient], facts.terms[request.programme].programme, request.once_key)
        for request in requests
        if request.recipient in facts.people and request.programme in facts.terms
    ]
    return judgement.known(asked, wallets=facts.wallets.values(), at=at)


def _decide(request: NewPointsRequest, course: _Course, at: datetime) -> _Outcome:
    """Decide about one request, knowing what the ones before it were decided to be."""
    digest = fingerprints.of_content(
        programme=request.programme,
        recipient=request.recipient,
        points=request.points,
        reason=request.reason,
        metadata=request.metadata,
    )
    key = request.key
    if repeat := _repeat(key, digest, course):
        return repeat
    terms = course.facts.terms.get(request.programme)
    if terms is None or (
        request.client and request.client.programmes and request.programme not in request.client.programmes
    ):
        detail = "programme: this client knows none with this slug. Check it, or ask for access."
        return _Outcome(error=UnknownProgramme(detail, pointer="/programme"))
    row = _row(request, digest, terms.programme, course.facts.people.get(request.recipient), at)
    decided = judgement.judge(row, terms, course.known)
    once = (row.person_id, row.once_key) if row.person_id and row.once_key else None
    if isinstance(decided, PortalError):
        follows = course.once_firsts.get(once) if once and isinstance(decided, AlreadyCredited) else None
        return _Outcome(error=decided, follows=follows)
    row.status = decided.status
    row.next_attempt_at = at if decided.status == PointsRequestStatus.PARKED else None
    outcome = _Outcome(row=row, step=decided.step)
    if key:
        course.firsts[key] = (outcome, digest)
    if once:
        course.once_firsts[once] = outcome
    return outcome


def _repeat(key: Key | None, digest: str, course: _Course) -> _Outcome | None:
    """Return what an `external_id` that was used before makes of a request; None where it was not."""
    if key is None:
        return None
    if key in course.facts.asked_before:
        pk, first_digest = course.facts.asked_before[key]
        outcome = _Outcome(replay_of=pk)
    elif key in course.firsts:
        first, first_digest = course.firsts[key]
        outcome = _Outcome(follows=first)
    else:
        return None
    if digest == first_digest:
        return outcome
    detail = "external_id: it was used before, for other content. Use a new one, or send the first content again."
    return _Outcome(error=ExternalIdConflict(detail, pointer="/external_id"))


def _row(
    request: NewPointsRequest, digest: str, programme: Programme, person: Person | None, at: datetime
) -> PointsRequest:
    values = BLANK | {
        "id": ids.new(),
        "client_id": request.client.pk if request.client else None,
        "external_id": request.external_id,
        "fingerprint": digest,
        "source": request.source,
        "programme_id": programme.pk,
        "recipient": request.recipient,
        "person_id": person.pk if person else None,
        "points": request.points,
        "reason": request.reason[:REASON_CHARACTERS],
        "metadata": request.metadata,
        "event_id": request.event_id,
        "rule_version_id": request.rule_version_id,
        "once_key": request.once_key,
        "explanation": request.explanation,
        "requested_by_id": request.requested_by.pk if request.requested_by else None,
        "created_at": at,
    }
    named = {"programme": programme, "person": person, "requested_by": request.requested_by}
    return rows.as_read(PointsRequest, values, {name: row for name, row in named.items() if row is not None})


def _write(outcomes: Sequence[_Outcome], facts: Facts, at: datetime) -> None:
    """Write what was decided, and note what the ledger refused."""
    granted = [(each, each.row) for each in outcomes if each.row and each.row.status == PointsRequestStatus.CREDITED]
    others = [each.row for each in outcomes if each.row and each.row.status != PointsRequestStatus.CREDITED]
    waiting = [(each.row, each.step) for each in outcomes if each.row and each.step]
    with _transaction(needed=bool(waiting)):
        crediting.ask(waiting, at=at)
        came = crediting.write(
            [row for _, row in granted], others, wallets=facts.wallets, payers=facts.payers, heard=facts.heard, at=at
        )
    for (outcome, _), result in zip(granted, came, strict=True):
        if isinstance(result, PortalError):
            outcome.error = result
        else:
            outcome.wallet = result
    counted_days.add([each.row for each in outcomes if each.row and not each.error])


def _answers(outcomes: Sequence[_Outcome]) -> list[Submitted]:
    """Return the rows, or the errors, with the wallet of each: after its own credit, else as it is now."""
    replays = {outcome.replay_of for outcome in outcomes if outcome.replay_of}
    before = PointsRequest.objects.select_related("programme").in_bulk(replays) if replays else {}
    submitted = [_answer(outcome, before) for outcome in outcomes]
    without = [
        (each, each.points_request.person_id)
        for each in submitted
        if each.points_request and each.points_request.person_id and not each.wallet
    ]
    balances = wallet_queries.balances({person_id for _, person_id in without})
    for each, person_id in without:
        each.wallet = WalletAfter(*balances.get(person_id, (0, 0)))
    return submitted


def _answer(outcome: _Outcome, before: Mapping[UUID, PointsRequest]) -> Submitted:
    first = outcome.follows
    error = (first.error if first else None) or outcome.error
    if error is not None:
        return Submitted(error=error)
    if outcome.replay_of:
        return Submitted(points_request=before[outcome.replay_of], replayed=True)
    if first is not None:
        return Submitted(points_request=first.row, replayed=True)
    return Submitted(points_request=outcome.row, wallet=outcome.wallet)
