"""What can be said about an expression before any event comes: that it cannot be read, or names what is not there."""

from collections.abc import Collection
from difflib import get_close_matches

from programs.expression_sources import ExpressionError, bound_names, compiled, in_words, paths, place, template_parts

VARIABLES = frozenset({"event", "person", "programme", "now"})
PERSON_VARIABLES = frozenset({"person"})
FIELDS: dict[str, dict[str, str]] = {
    "person": {
        "number": "employee number, a text: leading zeros count",
        "department": 'the department\'s name; "" without one',
        "country": "two letters, as DE",
        "grade": 'as HR writes it; "" without one',
        "tenure": "complete years since they joined; 0 where that day is not known",
        "manager": 'the manager\'s employee number; "" without one',
        "joined_on": "the day they joined, as a time (midnight UTC); null where it is not known",
        "status": "active, suspended or left",
        "language": "as en-gb",
        "time_zone": "as Europe/Lisbon",
        "employee_number": "the same as number",
    },
    "programme": {
        "slug": "the name that systems use",
        "name": "the name that people read",
        "starts_on": "its first day, as a time; null without one",
        "ends_on": "the first day after it, as a time; null without one",
    },
}


def check(source: str, *, variables: Collection[str] = VARIABLES) -> str | None:
    """Return what is wrong with an expression, with its column, or None where nothing is.

    Args:
        source: the CEL expression.
        variables: the names it may read.
    """
    found = error_in(source, variables=variables)
    return found.detail if found else None


def error_in(source: str, *, variables: Collection[str] = VARIABLES) -> ExpressionError | None:
    """Return what is wrong with an expression and where, or None: see `check`."""
    try:
        names = set(compiled(source).readings[-1].variables())
    except ExpressionError as error:
        return error
    bound = bound_names(source)
    unknown = sorted(names - set(variables) - bound)
    if unknown:
        where = place(source, unknown[0])
        use = f"Use {', '.join(sorted(variables))}."
        return ExpressionError(
            f"There is no variable {unknown[0]}{in_words(source, where)}. {_meant(unknown[0], variables) or use}",
            place=where,
        )
    return _unknown_field(source, bound)


def check_text(template: str, *, variables: Collection[str] = VARIABLES) -> str | None:
    """Return what is wrong with a text that has {CEL} in it, or None where nothing is."""
    found = error_in_text(template, variables=variables)
    return found.detail if found else None


def error_in_text(template: str, *, variables: Collection[str] = VARIABLES) -> ExpressionError | None:
    """Return what is wrong with a text that has {CEL} in it, or None where nothing is."""
    try:
        sources = [part for part, is_source in template_parts(template) if is_source]
    except ExpressionError as error:
        return error
    return next((found for source in sources if (found := error_in(source, variables=variables))), None)


def nearest(name: str, known: Collection[str]) -> str | None:
    """Return the one of these names that somebody most likely meant, or None."""
    return next(iter(get_close_matches(name, sorted(known), n=1)), None)


def _unknown_field(source: str, bound: Collection[str]) -> ExpressionError | None:
    """Return that a person or a programme has no such field; what an event has, nobody knows before it comes."""
    for path in sorted(paths(source)):
        variable, name = path.split(".")[:2]
        fields = FIELDS.get(variable)
        if fields is None or variable in bound or name in fields:
            continue
        where = place(source, f"{variable}.{name}")
        use = f"A {variable} has {', '.join(sorted(fields))}."
        return ExpressionError(
            f"There is no {variable}.{name}{in_words(source, where)}. {_meant(name, fields, f'{variable}.') or use}",
            place=where,
        )
    return None


def _meant(name: str, known: Collection[str], before: str = "") -> str:
    found = nearest(name, known)
    return f"Did you mean {before}{found}?" if found else ""
