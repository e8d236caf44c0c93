"""Decides about points requests, one after the other, from what is known about them all. Writes nothing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.errors import PortalError
from people.models import Person
from programs import expressions, queries
from programs.enums import PointsRequestStatus, ProgrammeStatus, UnknownRecipients
from programs.errors import (
    AlreadyCredited,
    NotEligible,
    OverPersonLimit,
    OverProgrammeLimit,
    OverRequestLimit,
    PointsOutOfRange,
    ProgrammeNotActive,
    RecipientInactive,
    UnknownRecipient,
)
from programs.models import PointsRequest, Programme
from programs.queries import ProgrammeLimit, Step, Terms
from wallets.models.account import POINTS_MAX


@dataclass(frozen=True, slots=True)
class Grant:
    """What becomes of a request that is not refused: the status it gets and, where it waits, the step it waits for."""

    status: PointsRequestStatus
    step: Step | None = None


@dataclass(slots=True)
class Known:
    """What is known about the people of a list, counted on as the list is decided.

    Args:
        credited_once: (person, once_key) that were used.
        earned: points that count against limits, by (person, programme).
        limits: of the programmes that have one of their own, by programme, with what is used.
        eligible: whether the programme is for the person, by (person, programme), as far as it was asked.
    """

    credited_once: set[tuple[UUID, str]]
    earned: dict[tuple[UUID, int], int]
    limits: dict[int, ProgrammeLimit] = field(default_factory=dict)
    eligible: dict[tuple[UUID, int], bool] = field(default_factory=dict)


def known(asked: Collection[tuple[Person, Programme, str | None]], *, wallets: Iterable[UUID], at: datetime) -> Known:
    """Ask what a list needs to know about its people.

    Where a programme limits what it gives in all, it is locked first; where it limits what one person gets, the wallets
    are: two lists for the same then take turns, and neither overlooks the other's points.

    Args:
        asked: person, programme and `once_key` of each request.
        wallets: the people's accounts.
        at: the end of each limit's window.
    """
    limits = queries.programme_limits(
        {programme.pk for _, programme, _ in asked if programme.per_programme_limit is not None}, at=at
    )
    windows = {
        (person.pk, programme.pk, at - timedelta(days=programme.per_person_limit_days))
        for person, programme, _ in asked
        if programme.per_person_limit_days is not None
    }
    if windows:
        queries.lock_wallets(wallets)
    once_keys = {(person.pk, once_key) for person, _, once_key in asked if once_key is not None}
    return Known(credited_once=queries.credited_once(once_keys), earned=queries.earned(windows), limits=limits)


def judge(request: PointsRequest, terms: Terms, known: Known) -> Grant | PortalError:
    """Decide about one request and count it on, so that the next of the same list sees it.

    The budget is not asked here: the ledger judges it under its lock.

    Args:
        request: not saved yet, or parked; `person` is filled in where the recipient is known.
        terms: its programme.
        known: what is known before it; what it takes is added.
    """
    try:
        _check_programme(request, terms.programme)
        _check_points(request, terms.programme)
        person = request.person
        if person is None:
            return _without_person(terms.programme)
        _check_person(request, person, terms.programme, known)
        _check_once(request, person, known)
        _check_limit(request, person, terms.programme, known)
        _check_programme_limit(request, terms.programme, known)
    except PortalError as error:
        return error
    _count(request, person, terms.programme, known)
    step = terms.step(request.points)
    status = PointsRequestStatus.PENDING_APPROVAL if step else PointsRequestStatus.CREDITED
    return Grant(status, step)


def is_open(programme: Programme, at: datetime) -> bool:
    """Return whether a programme gives points: active, and the day (UTC) within [starts_on, ends_on)."""
    day = at.astimezone(UTC).date()
    started = programme.starts_on is None or day >= programme.starts_on
    ended = programme.ends_on is not None and day >= programme.ends_on
    return programme.status == ProgrammeStatus.ACTIVE and started and not ended


def expires_at(programme: Programme, person: Person, credited_at: datetime) -> datetime | None:
    """Return when points credited now expire: at the end of the person's own day, so many days later. None: never."""
    if programme.points_expire_after_days is None:
        return None
    return _end_of_day(credited_at, programme.points_expire_after_days, person.time_zone)


@lru_cache(maxsize=1000)  # of a list the same few days and zones are asked for again and again
def _end_of_day(at: datetime, days: int, time_zone: str) -> datetime:
    """Return when the day ends in a time zone that is so many days after the one of a moment."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    last_day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC)


def _check_programme(request: PointsRequest, programme: Programme) -> None:
    if not is_open(programme, request.created_at):
        raise ProgrammeNotActive(
            f"programme: {programme.slug} is {_state(programme)}. Ask HR when it gives points again.",
            pointer="/programme",
        )


def _state(programme: Programme) -> str:
    if programme.status != ProgrammeStatus.ACTIVE:
        return programme.get_status_display().lower()
    return f"active from {programme.starts_on or 'any day'} until before {programme.ends_on or 'further notice'} only"


def _check_points(request: PointsRequest, programme: Programme) -> None:
    if isinstance(request.points, bool) or not isinstance(request.points, int) or not 1 <= request.points <= POINTS_MAX:
        raise PointsOutOfRange(f"points must be a whole number from 1 to {POINTS_MAX}.", pointer="/points")
    limit = programme.per_request_limit
    if limit is not None and request.points > limit:
        raise OverRequestLimit(
            f"points: {programme.slug} gives at most {limit} points in one request; {request.points} were asked for.",
            pointer="/points",
        )


def _without_person(programme: Programme) -> Grant:
    if programme.unknown_recipients == UnknownRecipients.PARK:
        return Grant(PointsRequestStatus.PARKED)
    raise UnknownRecipient(
        "recipient: nobody has this employee number, email: address or scim: id. Check it, or add the person first.",
        pointer="/recipient",
    )


def _check_person(request: PointsRequest, person: Person, programme: Programme, known: Known) -> None:
    if not person.is_active:
        raise RecipientInactive(
            f"recipient: this person is {person.get_status_display().lower()} and earns no points.",
            pointer="/recipient",
        )
    if not programme.eligible:
        return
    key = (person.pk, programme.pk)
    if key not in known.eligible:
        variables = {"person": expressions.person_variables(person, at=request.created_at)}
        known.eligible[key] = expressions.boolean(programme.eligible, variables)
    if not known.eligible[key]:
        raise NotEligible(f"recipient: {programme.slug} is only for {programme.eligible}.", pointer="/recipient")


def _check_once(request: PointsRequest, person: Person, known: Known) -> None:
    if request.once_key is not None and (person.pk, request.once_key) in known.credited_once:
        raise AlreadyCredited(
            "recipient: the rule gives points once for these values, and this person has them or waits for them.",
            pointer="/recipient",
        )


def _check_limit(request: PointsRequest, person: Person, programme: Programme, known: Known) -> None:
    limit = programme.per_person_limit
    if limit is None:
        return
    had = known.earned.get((person.pk, programme.pk), 0)
    if had + request.points > limit:
        raise OverPersonLimit(
            f"points: {programme.slug} gives one person at most {limit} points in "
            f"{programme.per_person_limit_days} days; {max(limit - had, 0)} are left for this one.",
            pointer="/points",
        )


def _check_programme_limit(request: PointsRequest, programme: Programme, known: Known) -> None:
    limit = known.limits.get(programme.pk)
    if limit is not None and limit.used + request.points > limit.points:
        raise OverProgrammeLimit(
            f"points: {programme.slug} gives at most {limit.points} points in {limit.days} days to all together; "
            f"{max(limit.points - limit.used, 0)} are left.",
            pointer="/points",
        )


def _count(request: PointsRequest, person: Person, programme: Programme, known: Known) -> None:
    if programme.per_person_limit is not None:
        key = (person.pk, programme.pk)
        known.earned[key] = known.earned.get(key, 0) + request.points
    if limit := known.limits.get(programme.pk):
        limit.used += request.points
    if request.once_key is not None:
        known.credited_once.add((person.pk, request.once_key))
