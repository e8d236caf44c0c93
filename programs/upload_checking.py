"""Checks the rows of an upload before a point moves: what would come of each, and what to do where nothing can."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from api.errors import PortalError
from people import queries as people_queries
from people.models import Person
from programs import fingerprints, judgement, queries
from programs.enums import PointsRequestStatus, UploadRowStatus
from programs.errors import (
    ExternalIdConflict,
    NotEligible,
    OverRequestLimit,
    RecipientInactive,
    UnknownRecipient,
)
from programs.facts import Asked, look_up
from programs.judgement import Known
from programs.models import PointsRequest, Programme
from programs.operations.crediting import in_words
from programs.queries import Payers, ProgrammeLimit, Terms
from programs.upload_files import Line
from wallets.models import Account

NUMBER_DIGITS_MAX = 10  # how long a number is looked for with the zeros that a spreadsheet took away
SUGGESTED_MAX = 50  # unknown recipients of one batch of rows for whom somebody alike is looked for
OWN_POINTS = "These points would be your own. Have a colleague upload this row."
ALIKE = str.maketrans("OoIl", "0011")
EXPECTED = {
    PointsRequestStatus.CREDITED: UploadRowStatus.READY,
    PointsRequestStatus.PENDING_APPROVAL: UploadRowStatus.NEEDS_APPROVAL,
    PointsRequestStatus.PARKED: UploadRowStatus.WILL_PARK,
}


@dataclass(slots=True)
class CheckedLine:
    """A row with whom it names and what would come of it: `status`, and where it cannot be credited what to do."""

    line: Line
    request_key: str
    status: UploadRowStatus
    person: Person | None = None
    detail: str = ""


@dataclass(slots=True)
class Tally:
    """What a whole upload comes to, in rows and points."""

    rows: dict[UploadRowStatus, int] = field(default_factory=dict)
    later_rows: int = 0
    points: int = 0
    ready_points: int = 0


def request_key(slug: str, line: Line) -> str:
    """Return the external_id of the points request that a row becomes: the same row again is the same request.

    Its own external_id, else who, why and from when; not how many, so that a changed number is seen as a change.
    """
    if line.external_id:
        return f"upload:{slug}:{line.external_id}"
    recipient = line.recipient.lower() if line.recipient.startswith(people_queries.EMAIL) else line.recipient
    content = json.dumps([recipient, line.reason, line.credit_on and line.credit_on.isoformat()])
    return f"upload:{slug}:~{hashlib.sha256(content.encode()).hexdigest()[:40]}"


def explained(error: PortalError, *, whom: str, programme: Programme) -> str:
    """Return what to do about a refused row, in words for whoever mends the file."""
    match error:
        case UnknownRecipient():
            return f"Nobody has {whom}. Check it, or add the person first."
        case RecipientInactive():
            return f"{whom} no longer works here, or is suspended. Take the row out."
        case NotEligible():
            return f"{programme.name} is not for {whom}. Take the row out, or choose another programme."
        case OverRequestLimit():
            return f"Over the {programme.per_request_limit:,} that one request may hold. Ask for fewer points."
        case ExternalIdConflict():
            return "It was uploaded before with other points or another reason. Give it an external_id of its own."
    member, _, said = error.detail.partition(": ")
    return said[:1].upper() + said[1:] if error.pointer == f"/{member}" else error.detail


@dataclass(slots=True)
class Purse:
    """What the budgets of a programme hold, counted down the rows: its own, and those of its departments.

    Args:
        programme: whose budgets they are.
        payers: the accounts that pay for departments with a budget of their own.
        left: the points of each account.
    """

    programme: Programme
    payers: Payers
    left: dict[UUID, int]

    @classmethod
    def of(cls, programme: Programme) -> "Purse":
        """Return what the budgets hold now."""
        payers = queries.payers([programme.pk])
        accounts = Account.objects.filter(pk__in=[programme.budget_id, *payers.values()])
        return cls(programme, payers, dict(accounts.values_list("pk", "points")))

    def take(self, points: int, person: Person) -> None:
        """Take points for somebody; raise ValueError where the budget that pays for them holds fewer."""
        own = self.payers.get((self.programme.pk, person.department_id))
        account_id = own or self.programme.budget_id
        left = self.left[account_id]
        if points > left:
            whose = f"budget of {person.department}" if own else "budget"
            raise ValueError(f"The {whose} holds {in_words(left)} after the rows above. Fund it, or take rows out.")
        self.left[account_id] = left - points


class Checker:
    """Checks the rows of one upload, batch by batch in their order, and counts on from each batch to the next.

    Args:
        terms: of the programme.
        purse: what its budgets hold.
        limits: of the programme as a whole, with what is used; empty where it has none.
        by: who uploads it, who gives themselves nothing; None for a system.
        at: when the first row is credited, now or later; a row for a later day is judged as of that day.
        is_later: whether that is later than now.
    """

    def __init__(
        self,
        terms: Terms,
        *,
        purse: Purse,
        limits: dict[int, ProgrammeLimit],
        by: Person | None,
        at: datetime,
        is_later: bool,
    ) -> None:
        self.tally = Tally()
        self._terms, self._programme, self._by = terms, terms.programme, by
        self._purse = purse
        self._at, self._today, self._all_later = at, at.astimezone(UTC).date(), is_later
        self._first_rows: dict[int, int] = {}
        self._people: set[bytes] = set()
        self._limited: set[bytes] = set()
        self._known = Known(credited_once=set(), earned={}, limits=limits)
        self._request = PointsRequest(
            programme=terms.programme
        )  # one for all rows: making each costs more than judging it

    @property
    def budget_points(self) -> int:
        """Return what the budgets hold, less what the rows take that were checked by now."""
        return sum(self._purse.left.values())

    @property
    def people(self) -> int:
        """Return how many people would get points."""
        return len(self._people)

    def check(self, lines: Sequence[Line]) -> list[CheckedLine]:
        """Return what would come of each of these rows. The number of queries does not grow with them."""
        slug = self._programme.slug
        keys = [request_key(slug, line) for line in lines]
        facts = look_up([Asked(slug, line.recipient, (None, key)) for line, key in zip(lines, keys, strict=True)])
        found, before = facts.people, facts.asked_before
        if padded := [name for line in lines if line.is_number for name in _padded(line.recipient)]:
            found |= people_queries.recipients(padded)
        self._look_up(found.values())
        checked = []
        for line, key in zip(lines, keys, strict=True):
            one = CheckedLine(line, key, UploadRowStatus.BAD, found.get(line.recipient))
            try:
                self._check(one, found, before.get((None, key)))
            except ValueError as error:
                one.detail = str(error)
            except PortalError as error:
                whom = one.person.name if one.person else line.recipient
                one.detail = explained(error, whom=whom, programme=self._programme)
            self._count(one)
            checked.append(one)
        _suggest([one for one in checked if not one.line.problem and one.line.recipient not in found])
        return checked

    def _look_up(self, people: Iterable[Person]) -> None:
        """Ask what people have had, where the programme limits it; forget what the next rows do not need."""
        days = self._programme.per_person_limit_days
        self._known.eligible = {}
        if days is None:
            return
        new = {person.pk for person in people if person.pk.bytes not in self._limited}
        self._limited.update(pk.bytes for pk in new)
        since = self._at - timedelta(days=days)
        self._known.earned |= queries.earned({(pk, self._programme.pk, since) for pk in new})

    def _check(self, one: CheckedLine, found: Mapping[str, Person], before: tuple[object, str] | None) -> None:
        """Set what would come of a row; raise where it cannot be credited."""
        line, person = one.line, one.person
        if line.problem:
            raise ValueError(line.problem)
        if line.is_number:
            _check_number(line.recipient, found)
        if person and person == self._by:
            raise ValueError(OWN_POINTS)
        self._check_first(line, person)
        if before is not None:
            self._check_same(line, before[1])
            one.status, one.detail = UploadRowStatus.REPEATED, "An earlier upload holds this row. Nothing more happens."
            return
        self._fill(line, person)
        decided = judgement.judge(self._request, self._terms, self._known)
        if isinstance(decided, PortalError):
            raise decided
        status = EXPECTED[decided.status]
        if status == UploadRowStatus.READY and not self._is_later(line):
            assert person is not None  # whom nobody knows is parked, or refused
            self._purse.take(line.points or 0, person)
        one.status = status

    def _check_first(self, line: Line, person: Person | None) -> None:
        """Raise where an earlier row of the file is the same: same external_id, else same person, reason and day."""
        whom = person.pk.bytes if person else line.recipient
        name = line.external_id or (whom, line.reason, line.credit_on)
        first = self._first_rows.setdefault(hash(name), line.number)
        if first == line.number:
            return
        same = "external_id" if line.external_id else "person and reason"
        raise ValueError(f"Same {same} as row {first}. Take one out, or give each an external_id of its own.")

    def _check_same(self, line: Line, fingerprint: str) -> None:
        """Raise where an earlier upload held the row with other content."""
        now = fingerprints.of_content(
            programme=self._programme.slug,
            recipient=line.recipient,
            points=line.points or 0,
            reason=line.reason,
            metadata={},
        )
        if now != fingerprint:
            raise ExternalIdConflict

    def _fill(self, line: Line, person: Person | None) -> None:
        day = line.credit_on
        self._request.created_at = datetime.combine(day, time(), UTC) if day and day > self._today else self._at
        self._request.points = line.points or 0
        self._request.person = person

    def _is_later(self, line: Line) -> bool:
        return self._all_later or (line.credit_on is not None and line.credit_on > self._today)

    def _count(self, one: CheckedLine) -> None:
        tally, points = self.tally, one.line.points or 0
        tally.rows[one.status] = tally.rows.get(one.status, 0) + 1
        if one.status not in UploadRowStatus.planned():
            return
        tally.points += points
        tally.later_rows += self._is_later(one.line)
        if one.status == UploadRowStatus.READY:
            tally.ready_points += points
        self._people.add(one.person.pk.bytes if one.person else one.line.recipient.encode())


def _padded(number: str) -> list[str]:
    """Return what a number may have been before a spreadsheet took its leading zeros."""
    return [number.zfill(digits) for digits in range(len(number) + 1, NUMBER_DIGITS_MAX + 1)]


def _check_number(number: str, found: Mapping[str, Person]) -> None:
    """Raise where a number of a spreadsheet may have lost leading zeros: it must name one person, as it stands."""
    if others := [padded for padded in _padded(number) if padded in found]:
        meant = " or ".join([number, *others] if number in found else others)
        raise ValueError(
            f"Excel may have dropped leading zeros: is it {meant}? Format the column as text, type it again."
        )
    if number not in found:
        raise ValueError(
            f"Nobody has {number}. Where it began with zeros, format the column as text and type it again."
        )


def _suggest(unknown: Sequence[CheckedLine]) -> None:
    """Name somebody whose number looks like the one nobody has: O for 0, l for 1, lower case, lost zeros."""
    refused = [one for one in unknown if one.status == UploadRowStatus.BAD and not one.line.is_number][:SUGGESTED_MAX]
    if not refused:
        return
    found = people_queries.recipients({name for one in refused for name in _alike(one.line.recipient)})
    for one in refused:
        whom = one.line.recipient
        person = next((found[name] for name in _alike(whom) if name in found), None)
        if person is not None:
            one.detail = f"Nobody has {whom}. Did you mean {person.employee_number}, {person.name}?"


def _alike(name: str) -> list[str]:
    plain = "".join(name.split())
    alike = [
        plain,
        plain.upper(),
        plain[:1] + plain[1:].translate(ALIKE),
        plain[:1].upper() + plain[1:].translate(ALIKE),
    ]
    if "@" in plain and not plain.startswith(people_queries.EMAIL):
        alike.append(people_queries.EMAIL + plain)
    return alike + (_padded(plain) if plain.isdigit() else [])
