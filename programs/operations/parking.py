"""Looks after points that were asked for somebody not known yet."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from api.errors import PortalError
from people import queries as people_queries
from people.models import Person
from programs import judgement, queries
from programs.enums import PointsRequestStatus, ProgrammeStatus
from programs.errors import OverBudget, OverProgrammeLimit, ProgrammeNotActive
from programs.models import PointsRequest
from programs.models.programme import PARK_FOR_DAYS
from programs.operations import announcing, counted_days, crediting
from programs.races import settle
from wallets.operations import accounts

LOOK_AGAIN_UNKNOWN = timedelta(seconds=30)
LOOK_AGAIN_REFUSED = timedelta(minutes=10)
REASON_CHARACTERS = 500
WRITTEN = ["person", "status", "status_reason", "approval", "transfer", "credited_at", "expires_at", "next_attempt_at"]


def release_parked(*, at: datetime, limit: int) -> int:
    """Give parked points to those who are known by now, as if they were asked for now.

    1. Claim the parked requests that are due, longest waiting first; another worker's are skipped.
    2. Find their people, and claim all else that is parked for those found, under whichever name.
    3. Decide again about theirs, in the order in which they were asked for: credited, or waiting for approval.
    4. What can only be refused fails with its reason, and expires where the programme has ended. What may be granted
       later (no budget, a reached limit, a paused programme) is looked at again in ten minutes; a stranger in half a
       minute, until `park_for_days` of the programme have passed: then it expires.

    A programme's dates are compared with the day on which the points were asked for. The number of statements does not
    grow with the number of requests.

    Args:
        at: now.
        limit: how many requests to look at.

    Returns:
        How many are no longer parked.
    """
    return settle(lambda: _release(at, limit))


def _release(at: datetime, limit: int) -> int:
    due = list(_claimed(Q(next_attempt_at__lte=at)).order_by("next_attempt_at", "pk")[:limit])
    if not due:
        return 0
    people = people_queries.recipients({request.recipient for request in due})
    parked = sorted([*due, *_also_theirs(due, people)], key=lambda request: (request.created_at, request.pk))
    for request in parked:
        request.person = people.get(request.recipient)
        request.next_attempt_at = at + LOOK_AGAIN_UNKNOWN
    with counted_days.kept(parked, at=at):
        credited = _decide([request for request in parked if request.person], at)
    for request in parked:
        _expire(request, at)
    PointsRequest.objects.bulk_update(parked, WRITTEN)
    crediting.tell(credited, at=at)
    announcing.announce([request for request in parked if request.status != PointsRequestStatus.PARKED], at=at)
    return sum(request.status != PointsRequestStatus.PARKED for request in parked)


def _claimed(which: Q) -> QuerySet[PointsRequest]:
    parked = PointsRequest.objects.filter(which, status=PointsRequestStatus.PARKED).select_related("programme")
    return parked.select_for_update(of=("self",), skip_locked=True, no_key=True)


def _also_theirs(due: Sequence[PointsRequest], people: dict[str, Person]) -> list[PointsRequest]:
    """Return what else is parked for people who are known now, and add the names it was asked under to `people`.

    Without it something asked for later, but looked at sooner, would be credited first.
    """
    if not people:
        return []
    names: dict[str, Person] = {}
    for person in people.values():
        named = (person.employee_number, f"{people_queries.EMAIL}{person.email}".lower())
        scim = (f"{people_queries.SCIM}{person.scim_external_id}",) if person.scim_external_id else ()
        names |= dict.fromkeys((*named, *scim), person)
    theirs = _claimed(~Q(pk__in=[request.pk for request in due])).alias(name=Lower("recipient"))
    found: list[Any] = list(theirs.filter(Q(recipient__in=names) | Q(name__in=names)).order_by("pk"))
    for request in found:
        is_address = request.recipient.startswith(people_queries.EMAIL)
        key = request.recipient.lower() if is_address else request.recipient
        if key in names:
            people[request.recipient] = names[key]
    return found


def parked_until(request: PointsRequest) -> datetime:
    """Return until when a request stays parked; its programme should be loaded."""
    return request.created_at + timedelta(days=_days(request))


def _days(request: PointsRequest) -> int:
    return request.programme.park_for_days or PARK_FOR_DAYS


def _expire(request: PointsRequest, at: datetime) -> None:
    """Let a request expire that is still parked and waited long enough."""
    if request.status != PointsRequestStatus.PARKED or at < parked_until(request):
        return
    why = f"Last: {request.status_reason}" if request.status_reason else "Nobody had this number, address or id."
    reason = f"recipient: it could not be credited within {_days(request)} days. {why}"
    request.status, request.status_reason = PointsRequestStatus.EXPIRED, reason[:REASON_CHARACTERS]
    request.next_attempt_at = None


def _decide(found: Sequence[PointsRequest], at: datetime) -> list[PointsRequest]:
    """Decide about requests whose person is known now; return those that were credited."""
    wallets = accounts.open_wallets(request.person.pk for request in found if request.person)
    terms = queries.terms({request.programme.slug for request in found})
    asked = [(request.person, request.programme, request.once_key) for request in found if request.person]
    known = judgement.known(asked, wallets=wallets.values(), at=at)
    waiting, granted = [], []
    for request in found:
        decided = judgement.judge(request, terms[request.programme.slug], known)
        if isinstance(decided, PortalError):
            _refuse(request, decided, at)
        elif decided.step is not None:
            waiting.append((request, decided.step))
            request.status, request.status_reason, request.next_attempt_at = decided.status, None, None
        else:
            granted.append(request)
    crediting.ask(waiting, at=at)
    payers = queries.payers(request.programme_id for request in granted)
    posted = crediting.post(granted, wallets=wallets, payers=payers, at=at)
    for request, result in zip(granted, posted, strict=True):
        if isinstance(result, PortalError):
            _refuse(request, result, at)
    return [request for request in granted if request.status == PointsRequestStatus.CREDITED]


def _refuse(request: PointsRequest, error: PortalError, at: datetime) -> None:
    """Note why a request is not credited now: for good, or until somebody looks again."""
    paused = isinstance(error, ProgrammeNotActive) and request.programme.status != ProgrammeStatus.ENDED
    request.status_reason = str(error)[:REASON_CHARACTERS]
    if paused or isinstance(error, OverBudget | OverProgrammeLimit):
        request.person = None  # still parked: its once_key is nobody's yet
        request.next_attempt_at = at + LOOK_AGAIN_REFUSED
        return
    ended = isinstance(error, ProgrammeNotActive)
    request.status = PointsRequestStatus.EXPIRED if ended else PointsRequestStatus.FAILED
    request.next_attempt_at = None
