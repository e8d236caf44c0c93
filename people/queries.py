"""Finds people by the names that others use for them."""

from collections.abc import Iterable

from django.db.models import Q
from django.db.models.functions import Lower

from people.models import Person

EMAIL, SCIM = "email:", "scim:"


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
    found = _find(values)
    return {name: found[key] for name, key in asked.items() if key in found}


def _key(name: str) -> tuple[str, str]:
    if name.startswith(EMAIL):
        return EMAIL, name.removeprefix(EMAIL).lower()
    if name.startswith(SCIM):
        return SCIM, name.removeprefix(SCIM)
    return "number", name


def _find(values: dict[str, list[str]]) -> dict[tuple[str, str], Person]:
    people = Person.objects.select_related("department").order_by()
    named = Q()
    if values["number"]:
        named |= Q(employee_number__in=values["number"])
    if values[EMAIL]:
        people = people.alias(lower_email=Lower("email"))
        named |= Q(lower_email__in=values[EMAIL])
    if values[SCIM]:
        named |= Q(scim_external_id__in=values[SCIM])
    if not named:
        return {}
    found: dict[tuple[str, str], Person] = {}
    for person in people.filter(named):
        found["number", person.employee_number] = person
        found[EMAIL, person.email.lower()] = person
        if person.scim_external_id:
            found[SCIM, person.scim_external_id] = person
    return found
