"""Finds people by the names that others use for them."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model, Q, QuerySet

from api import rows
from people.enums import PersonStatus
from people.models import Department, Person

EMAIL, SCIM = "email:", "scim:"
ALIKE_BEGINS, ALIKE_MAX = 3, 2000  # characters that must be the same at the start, and people that are compared
COLUMNS = [column.attname for column in Person._meta.concrete_fields]

# SQL, as this stands in the way of every credit: the ORM would take longer to write it than the database to answer.
# Arrays and not `IN`, so that one prepared plan serves any number of names; each condition has its unique index.
NAMED = f"""
SELECT department.name, manager.employee_number, {", ".join(f"person.{column}" for column in COLUMNS)}
FROM people_person person LEFT JOIN people_department department ON department.id = person.department_id
LEFT JOIN people_person manager ON manager.id = person.manager_id
WHERE person.employee_number = ANY(%s) OR lower(person.email) = ANY(%s) OR person.scim_external_id = ANY(%s)
"""  # noqa: S608 - the columns are the model's own

# For a statement that asks more at once: finds whom a row `asked` with the columns of `parts` names, each by its index.
ASKED = """
    SELECT * FROM people_person WHERE employee_number = asked.number
    UNION ALL SELECT * FROM people_person WHERE lower(email) = asked.email
    UNION ALL SELECT * FROM people_person WHERE scim_external_id = asked.scim
    LIMIT 1
"""


FOUND_MAX = 12  # colleagues that a search shows
TEAM_MAX = 8


def colleagues(text: str, *, besides: Person) -> list[Person]:
    """Return people who work here whose name holds each of these words, or who have this employee number; one query.

    Args:
        text: what somebody typed; under two characters nobody is looked for.
        besides: who is asking.
    """
    words = text.replace("\0", "").split()
    if len("".join(words)) < 2:  # noqa: PLR2004 - as said
        return []
    named = Q(*(Q(name__icontains=word) for word in words))
    found = _working().filter(named | Q(employee_number__iexact=" ".join(words))).exclude(pk=besides.pk)
    return list(found[:FOUND_MAX])


def team(person: Person) -> list[Person]:
    """Return whom somebody works with: their manager, those they manage and those with the same manager; one query."""
    near = Q(manager=person)
    if person.manager_id:
        near |= Q(manager=person.manager_id) | Q(pk=person.manager_id)
    return list(_working().filter(near).exclude(pk=person.pk)[:TEAM_MAX])


def colleague(employee_number: str, *, besides: Person) -> Person | None:
    """Return somebody who works here, by their employee number; None where nobody else does by this one."""
    if "\0" in employee_number:
        return None
    return _working().filter(employee_number=employee_number).exclude(pk=besides.pk).first()


def _working() -> QuerySet[Person]:
    return Person.objects.filter(status=PersonStatus.ACTIVE).select_related("department").order_by("name", "pk")


def recipients(names: Iterable[str]) -> dict[str, Person]:
    """Return the people behind names, in one query; a name that nobody has is absent.

    Args:
        names: `E10482` (employee number, leading zeros kept), `email:ana@acme.example` (upper and lower case alike) or
            `scim:<externalId>`.

    Returns:
        Each name as it was given, with its person and their department.
    """
    asked = {name: _key(name) for name in names if "\0" not in name}
    values: dict[str, list[str]] = {"number": [], EMAIL: [], SCIM: []}
    for kind, value in set(asked.values()):
        values[kind].append(value)
    found = _find(values) if asked else {}
    return {name: found[key] for name, key in asked.items() if key in found}


def alike(names: Collection[str]) -> dict[str, list[Person]]:
    """Return, for names that nobody has, up to three people whose number or address is written much like it; one query.

    Compared are those that begin the same: a slip of the finger at the very start is not found.
    """
    asked = {name: _key(name) for name in names if "\0" not in name}
    written = {name: value for name, (kind, value) in asked.items() if kind != SCIM and len(value) >= ALIKE_BEGINS}
    begins = Q()
    for name, value in written.items():
        field = "email__startswith" if name.startswith(EMAIL) else "employee_number__startswith"
        begins |= Q(**{field: value[: max(ALIKE_BEGINS, len(value) * 2 // 3)]})
    people = list(Person.objects.filter(begins).only("name", "email", "employee_number")[:ALIKE_MAX]) if begins else []
    found: dict[str, list[Person]] = {}
    for name, value in written.items():
        known = {(each.email if name.startswith(EMAIL) else each.employee_number): each for each in people}
        found[name] = [known[each] for each in difflib.get_close_matches(value, known, cutoff=0.8)]
    return found


def parts(name: str) -> dict[str, str]:
    """Return which of `number`, `email` and `scim` a name gives, and its value; none where nobody can have it."""
    kind, value = _key(name)
    return {} if "\0" in name else {kind.removesuffix(":"): value}


def read(columns: Sequence[Any], department: str | None, manager: str | None) -> Person:
    """Return a person from a row with the values of COLUMNS.

    Args:
        columns: the values.
        department: the name of their department.
        manager: the employee number of their manager, whose other fields are read when they are asked for.
    """
    values = dict(zip(COLUMNS, columns, strict=True))
    related: dict[str, Model] = {}
    if (key := values["department_id"]) is not None:
        related["department"] = Department(key, department or "")
    if (key := values["manager_id"]) is not None:
        related["manager"] = _known_by_number(key, manager)
    return rows.as_read(Person, values, related)


def _known_by_number(key: UUID, number: str | None) -> Person:
    return Person.from_db(connection.alias, ["id", "employee_number"], [key, number])


def _key(name: str) -> tuple[str, str]:
    if name.startswith(EMAIL):
        return EMAIL, name.removeprefix(EMAIL).lower()
    if name.startswith(SCIM):
        return SCIM, name.removeprefix(SCIM)
    return "number", name


def _find(values: dict[str, list[str]]) -> dict[tuple[str, str], Person]:
    with connection.cursor() as cursor:
        cursor.execute(NAMED, [values["number"], values[EMAIL], values[SCIM]])
        rows = cursor.fetchall()
    departments: dict[int, Department] = {}
    found: dict[tuple[str, str], Person] = {}
    for department, manager, *columns in rows:
        person = Person.from_db(connection.alias, COLUMNS, columns)
        if person.manager_id is not None:
            person.manager = _known_by_number(person.manager_id, manager)
        if person.department_id is not None:
            named = departments.setdefault(person.department_id, Department(person.department_id, department))
            person.department = named
        found["number", person.employee_number] = person
        found[EMAIL, person.email.lower()] = person
        if person.scim_external_id:
            found[SCIM, person.scim_external_id] = person
    return found
