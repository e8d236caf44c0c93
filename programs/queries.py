"""What is asked of earning's rows, by more than one.

What a list of points requests needs to know is one statement for each question, however long the list, and SQL where
the ORM would cost more than the question: these stand in the way of every credit.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Subquery

from api import ids
from api.models import ApiClient
from people import queries as people_queries
from people.models import Person
from programs import budget_queries
from programs.enums import ApprovalSubject, PointsRequestStatus, StepApprover
from programs.models import ApprovalStep, DepartmentBudget, PointsRequest, Programme, Recognition

STEP_COLUMNS = [
    *("over", "approvals", "group_id", "approver", "remind_after_days", "escalate_after_days", "escalate_to_id")
]
COLUMNS = [field.attname for field in Programme._meta.concrete_fields]

PROGRAMMES = f"""
SELECT {", ".join(f"step.{column}" for column in STEP_COLUMNS)},
       {", ".join(f"programme.{column}" for column in COLUMNS)}
FROM programs_programme programme LEFT JOIN programs_approvalstep step
    ON step.programme_id = programme.id AND step.applies_to = 'requests'
WHERE programme.slug = ANY(%s) ORDER BY step.over DESC
"""  # noqa: S608 - the columns are the model's own

CREDITED_ONCE = """
SELECT request.person_id, request.once_key
FROM unnest(%s::uuid[], %s::text[]) AS asked (person_id, once_key)
JOIN programs_pointsrequest request ON request.person_id = asked.person_id AND request.once_key = asked.once_key
WHERE request.once_key IS NOT NULL AND NOT (request.status IN ('rejected', 'failed', 'expired'))
"""

PROGRAMME_LIMITS = "SELECT programme_id, points, days, used FROM programs_limits(%s::bigint[], %s)"

LOCK_WALLETS = "SELECT FROM wallets_account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"

EARNED = """
SELECT request.person_id, request.programme_id, sum(request.points - request.reversed_points)::bigint
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS counted (person_id, programme_id, since)
JOIN programs_pointsrequest request
    ON request.person_id = counted.person_id AND request.programme_id = counted.programme_id
WHERE (request.status = 'credited' AND request.credited_at > counted.since) OR request.status = 'pending_approval'
GROUP BY 1, 2
"""


Payers = dict[tuple[int, int | None], UUID]  # the own budgets of departments: account by programme and department


@dataclass(frozen=True, slots=True)
class Step:
    """Above how many points, how many members of which group approve, or the manager of who gains, and what happens
    while nobody does; see `ApprovalStep`.
    """

    over: int
    approvals: int
    group_id: int
    approver: str = StepApprover.GROUP
    remind_after_days: int | None = None
    escalate_after_days: int | None = None
    escalate_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """A programme with its approval steps, the highest threshold first."""

    programme: Programme
    steps: tuple[Step, ...]

    def step(self, points: int) -> Step | None:
        """Return the step that so many points need: the highest threshold they are over."""
        return next((step for step in self.steps if points > step.over), None)


def terms(slugs: Iterable[str]) -> dict[str, Terms]:
    """Return programmes as they are now, with their approval steps, by slug. Missing ones are absent."""
    with connection.cursor() as cursor:
        cursor.execute(PROGRAMMES, [list(slugs)])
        rows = cursor.fetchall()
    programmes: dict[str, Programme] = {}
    steps: dict[str, list[Step]] = {}
    for row in rows:
        step, columns = row[: len(STEP_COLUMNS)], row[len(STEP_COLUMNS) :]
        programme = Programme.from_db(connection.alias, COLUMNS, columns)
        programmes.setdefault(programme.slug, programme)
        steps.setdefault(programme.slug, []).extend([Step(*step)] if step[0] is not None else [])
    return {slug: Terms(programme, tuple(steps[slug])) for slug, programme in programmes.items()}


def step_for(programme: Programme, subject: ApprovalSubject, *, points: int = 0) -> ApprovalStep | None:
    """Return the step that something of a programme needs: the highest threshold its points are over. None: no step.

    A rule has no points: its step, where the programme has one, always applies.
    """
    steps = ApprovalStep.objects.filter(programme=programme, applies_to=subject).select_related("group")
    if subject != ApprovalSubject.RULES:
        steps = steps.filter(over__lt=points)
    return steps.order_by("-over").first()


def payers(programme_ids: Iterable[int]) -> Payers:
    """Return the open budgets that these programmes give to departments; who is in none draws from the programme's."""
    rows = DepartmentBudget.objects.filter(programme__in=set(programme_ids), closed_at=None)
    return {(row.programme_id, row.department_id): row.account_id for row in rows}


def payer(programme: Programme, person: Person) -> UUID:
    """Return the account that pays for a person: of their department where it has one, else the programme's."""
    return payers([programme.pk]).get((programme.pk, person.department_id), programme.budget_id)


def credited_once(keys: Collection[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Return those of these (person, once_key) that a request holds already."""
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(CREDITED_ONCE, [[key[0] for key in keys], [key[1] for key in keys]])
        return {(person_id, once_key) for person_id, once_key in cursor.fetchall()}


def lock_wallets(account_ids: Iterable[UUID]) -> None:
    """Lock wallets to the end of the transaction, in key order as the ledger does: a person's rows then stand still."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_WALLETS, [list(account_ids)])


def earned(windows: Collection[tuple[UUID, int, datetime]]) -> dict[tuple[UUID, int], int]:
    """Return the points that count against limits, by (person, programme): credited since, or waiting for approval.

    Args:
        windows: person, programme, and the time after which a credit counts.
    """
    if not windows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(EARNED, [list(column) for column in zip(*windows, strict=True)])
        return {(person_id, programme_id): points for person_id, programme_id, points in cursor.fetchall()}


@dataclass(slots=True)
class ProgrammeLimit:
    """What a programme gives all people together at most, in how many days (UTC, with today), and what is used."""

    points: int
    days: int
    used: int


def programme_limits(programme_ids: Iterable[int], *, at: datetime) -> dict[int, ProgrammeLimit]:
    """Lock those of these programmes that have a limit of their own, and return it as it stands, by programme.

    Credited points count, less what was taken back of them, and so do points that wait for approval.
    """
    wanted = sorted(programme_ids)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(PROGRAMME_LIMITS, [wanted, at.astimezone(UTC).date()])
        return {programme_id: ProgrammeLimit(*limit) for programme_id, *limit in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Budget:
    """Points that a budget got, gave to people, and holds now."""

    funded: int
    credited: int
    left: int


def budget(programme: Programme) -> Budget:
    """Return the state of a programme's budgets, its departments' among them, since its last closing.

    What came in (carried over, funded, moved from other programmes) either was given to people or is still there.
    """
    held = budget_queries.figures(programme)
    return Budget(funded=held.available, credited=held.available - held.left, left=held.left)


def visible_to(client: ApiClient) -> QuerySet[PointsRequest]:
    """Return the points requests a client may read: those of the programmes it may use."""
    # not by a join: without a foreign key (ADR 7) PostgreSQL cannot know that it loses no row, and may read them all
    rows = PointsRequest.objects.prefetch_related("programme")
    return rows.filter(programme__slug__in=client.programmes) if client.programmes else rows


def search(
    rows: QuerySet[PointsRequest],
    *,
    external_id: str | None = None,
    recipient: str | None = None,
    programme: str | None = None,
    status: str | None = None,
    created_after: datetime | None = None,
) -> QuerySet[PointsRequest]:
    """Narrow points requests down by the members of their JSON; each filter has an index that answers it.

    `recipient` is a name: a person's requests are found by any of theirs, a stranger's by the one that was used.
    """
    if external_id is not None:
        rows = rows.filter(Q(client__in=ApiClient.objects.all()) | Q(client=None), external_id=external_id)
    if recipient is not None:
        person = people_queries.recipients([recipient]).get(recipient)
        rows = rows.filter(person=person) if person else rows.filter(person=None, recipient=recipient)
    if programme is not None:
        # by its key and not by a join: a programme's newest are then the end of an index, however many it has
        rows = rows.filter(programme=Subquery(Programme.objects.filter(slug=programme).values("pk")))
    if status is not None:
        rows = rows.filter(status=status)
    if created_after is not None:
        # a row is made after the time it carries, so its id says where newer ones end
        rows = rows.filter(created_at__gt=created_after, pk__gte=ids.first_at(created_after))
    return rows


def usable_by(client: ApiClient) -> QuerySet[Programme]:
    """Return the programmes a client may use, with their approval steps."""
    programmes = Programme.objects.prefetch_related("approval_steps__group")
    return programmes.filter(slug__in=client.programmes) if client.programmes else programmes


def recognitions(person: Person, *, given: bool, before: UUID | None, limit: int) -> list[Recognition]:
    """Return what somebody gave or received, newest first; one query.

    Who receives sees what arrived and stayed; who gave sees what came of each.

    Args:
        person: whose.
        given: what they gave; else what they received.
        before: the last one of the page before; None for the newest.
        limit: how many.
    """
    rows = Recognition.objects.select_related("points_request__programme", "value", "giver", "receiver").order_by("-pk")
    rows = (
        rows.filter(giver=person)
        if given
        else rows.filter(receiver=person, points_request__status=PointsRequestStatus.CREDITED)
    )
    return list((rows.filter(pk__lt=before) if before else rows)[:limit])
