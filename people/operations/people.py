"""Who is here: joining, changing, leaving."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import pghistory
import psycopg
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from people.enums import PersonStatus
from people.errors import InvalidPerson, ManagerCircle, OwnStatus, PersonConflict, UnknownManager
from people.models import Department, Person

WRITTEN: Final = [
    *("email", "name", "department", "country", "language", "time_zone", "grade", "joined_on"),
    *("status", "left_at", "scim_external_id", "signed_out_at", "birthday"),
]
BATCH_ROWS: Final = 1000

# One statement for the whole list: a circle is looked for once, in what the list makes of everybody (sql/managers.sql).
SET_MANAGERS: Final = """
UPDATE people_person AS person SET manager_id = moved.manager_id
FROM unnest(%s::uuid[], %s::uuid[]) AS moved (id, manager_id) WHERE person.id = moved.id
"""
IN_NO_CIRCLE: Final = "person_managers_in_no_circle"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPerson:
    """One row of a staff list. It is the whole truth about somebody, but for what is left out of the last two.

    Args:
        employee_number: as HR writes it, leading zeros included; what says who it is.
        email: where the sign-in code goes.
        country: ISO 3166-1 alpha-2.
        department: its name, made where it is new; empty for none.
        manager_number: the manager's employee number; None for nobody.
        language: one of LANGUAGES.
        time_zone: IANA name.
        scim_external_id: the identity provider's id; None leaves the one that is there.
        birthday: month and day, as 05-31; empty where it is not to be known, None leaves what is there.
    """

    employee_number: str
    name: str
    email: str
    country: str
    department: str = ""
    manager_number: str | None = None
    language: str = "en-gb"
    time_zone: str = "UTC"
    grade: str = ""
    joined_on: date | None = None
    status: str = PersonStatus.ACTIVE
    scim_external_id: str | None = None
    birthday: str | None = None


def enrol(people: Sequence[NewPerson], *, by: Person | None, at: datetime) -> list[Person]:
    """Create people, or bring those with the same employee number up to date. All or nothing.

    1. Lock those who are here already.
    2. Check each record, and that no e-mail address or external id is somebody else's.
    3. Write everybody in one statement (a thousand rows at a time), then the managers in another.
    4. Sign out those who are no longer active.

    Args:
        people: the staff list; managers may come after those they manage.
        by: who does it; None for the system.
        at: when.

    Returns:
        The people, in the order of the list.

    Raises:
        InvalidPerson: a field cannot be taken, or a number stands twice; the pointer names row and field.
        PersonConflict: an e-mail address or external id is somebody else's.
        UnknownManager: a manager's number is nobody's.
        ManagerCircle: somebody would stand above themselves; it names the chain.
    """
    with transaction.atomic(), _actor(by):
        numbers = [person.employee_number for person in people]
        here = Person.objects.select_for_update(of=("self",)).filter(employee_number__in=numbers).order_by("pk")
        existing = {person.employee_number: person for person in here}
        departments = _departments({person.department for person in people if person.department})
        rows = [_row(person, existing.get(person.employee_number), departments, at=at) for person in people]
        _check(rows)
        _write(rows)
        saved = {person.employee_number: person for person in Person.objects.filter(employee_number__in=numbers)}
        _set_managers(people, saved)
    return [saved[number] for number in numbers]


def set_status(person_id: UUID, *, status: PersonStatus, by: Person | None, at: datetime) -> Person:
    """Let somebody in or keep them out; who is suspended or has left is signed out everywhere at once.

    Their wallet and history stay; `left_at` says since when somebody has left, until they come back.

    Args:
        person_id: whose status.
        status: the new one.
        by: who does it; None for the system.
        at: when; sessions begun before are dead from then on, even when the person comes back.

    Raises:
        OwnStatus: `by` is that person.
    """
    if by is not None and by.pk == person_id:
        raise OwnStatus("You cannot change your own status. Ask a colleague.", pointer="/status")
    with transaction.atomic(), _actor(by):
        person = Person.objects.select_for_update(of=("self",)).get(pk=person_id)
        if person.status == status:
            return person
        person.status, person.left_at = status, at if status == PersonStatus.LEFT else None
        if status != PersonStatus.ACTIVE:
            person.signed_out_at = at
        person.save(update_fields=["status", "left_at", "signed_out_at"])
    return person


def _actor(by: Person | None) -> pghistory.context:
    """Return the context that notes who did it in the history of every row."""
    return pghistory.context(user=str(by.pk)) if by else pghistory.context()


def _departments(names: Iterable[str]) -> dict[str, Department]:
    missing = set(names) - set(Department.objects.filter(name__in=names).values_list("name", flat=True))
    Department.objects.bulk_create([Department(name=name) for name in sorted(missing)], ignore_conflicts=True)
    return {department.name: department for department in Department.objects.filter(name__in=names)}


def _row(new: NewPerson, existing: Person | None, departments: dict[str, Department], *, at: datetime) -> Person:
    was_active = existing is not None and existing.status == PersonStatus.ACTIVE
    is_signed_out = was_active and new.status != PersonStatus.ACTIVE
    return Person(
        employee_number=new.employee_number,
        email=new.email,
        name=new.name,
        department=departments.get(new.department),
        country=new.country,
        language=new.language,
        time_zone=new.time_zone,
        grade=new.grade,
        joined_on=new.joined_on,
        status=new.status,
        left_at=((existing and existing.left_at) or at) if new.status == PersonStatus.LEFT else None,
        scim_external_id=new.scim_external_id or (existing.scim_external_id if existing else None),
        birthday=new.birthday if new.birthday is not None else (existing.birthday if existing else ""),
        signed_out_at=at if is_signed_out else (existing.signed_out_at if existing else None),
        password=make_password(None),  # used for newcomers only: they sign in by e-mail code or single sign-on
    )


def _check(rows: Sequence[Person]) -> None:
    for index, row in enumerate(rows):
        try:
            row.clean_fields(exclude=["id", "password", "department", "manager"])
        except ValidationError as error:
            field, details = next(iter(error.message_dict.items()))
            raise InvalidPerson(f"Row {index + 1}, {field}: {details[0]}", pointer=f"/{index}/{field}") from None
    _refuse_twins(rows)
    _refuse_taken(rows)


def _refuse_twins(rows: Sequence[Person]) -> None:
    for field in ("employee_number", "email", "scim_external_id"):
        seen: set[str] = set()
        for index, row in enumerate(rows):
            value = (getattr(row, field) or "").lower() if field == "email" else getattr(row, field)
            if value and value in seen:
                detail = f'Row {index + 1}: {field} "{getattr(row, field)}" stands twice in the list.'
                raise InvalidPerson(detail, pointer=f"/{index}/{field}")
            seen.add(value)


def _refuse_taken(rows: Sequence[Person]) -> None:
    numbers = {row.email.lower(): row.employee_number for row in rows}
    scim_numbers = {row.scim_external_id: row.employee_number for row in rows if row.scim_external_id}
    listed = {row.employee_number: index for index, row in enumerate(rows)}
    holders = Person.objects.alias(lower_email=Lower("email")).filter(
        Q(lower_email__in=numbers) | Q(scim_external_id__in=scim_numbers)
    )
    for holder in holders.exclude(employee_number__in=listed).order_by("employee_number"):
        field = "email" if holder.email.lower() in numbers else "scim_external_id"
        number = numbers.get(holder.email.lower()) or scim_numbers[str(holder.scim_external_id)]
        detail = f"Row {listed[number] + 1}: this {field} belongs to employee {holder.employee_number} already."
        raise PersonConflict(detail, pointer=f"/{listed[number]}/{field}")


def _write(rows: Sequence[Person]) -> None:
    try:
        with transaction.atomic():
            Person.objects.bulk_create(
                rows,
                batch_size=BATCH_ROWS,
                update_conflicts=True,
                unique_fields=["employee_number"],
                update_fields=WRITTEN,
            )
    except IntegrityError as error:  # two in the list trade addresses, or somebody else took one this very moment
        detail = "An e-mail address or external id in the list is still somebody else's. Nothing was changed."
        raise PersonConflict(detail) from error


def _set_managers(people: Sequence[NewPerson], saved: dict[str, Person]) -> None:
    elsewhere = {person.manager_number for person in people if person.manager_number} - set(saved)
    found = Person.objects.filter(employee_number__in=elsewhere).values_list("employee_number", "pk")
    ids: dict[str, UUID] = {number: person.pk for number, person in saved.items()} | dict(found)
    moved = []
    for index, new in enumerate(people):
        if new.manager_number and (new.manager_number not in ids or new.manager_number == new.employee_number):
            detail = f'Row {index + 1}: "{new.manager_number}" is nobody\'s number, or their own.'
            raise UnknownManager(detail, pointer=f"/{index}/manager_number")
        manager_id = ids[new.manager_number] if new.manager_number else None
        if saved[new.employee_number].manager_id != manager_id:
            saved[new.employee_number].manager_id = manager_id
            moved.append(saved[new.employee_number])
    if moved:
        _move(moved, people)


def _move(moved: Sequence[Person], people: Sequence[NewPerson]) -> None:
    """Write the managers; of a circle that they would make, name the chain and the first row of the list in it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SET_MANAGERS, [[person.pk for person in moved], [person.manager_id for person in moved]])
    except IntegrityError as error:
        chain, numbers = circle(error)
        index = next((index for index, new in enumerate(people) if new.employee_number in numbers), 0)
        detail = f"Row {index + 1}: managers would go in a circle: {chain}. Nothing was changed."
        raise ManagerCircle(detail, pointer=f"/{index}/manager_number") from error


def circle(error: IntegrityError) -> tuple[str, set[str]]:
    """Return the names and the employee numbers of those whose managers would go in a circle.

    Raises:
        IntegrityError: the same, where it is about something else.
    """
    cause = error.__cause__
    if not isinstance(cause, psycopg.errors.CheckViolation) or cause.diag.constraint_name != IN_NO_CIRCLE:
        raise error
    return cause.diag.message_primary or "", set(json.loads(cause.diag.message_detail or "[]"))
