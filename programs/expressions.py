"""CEL, the language of rules: compiled once, evaluated over plain values, with limits that no expression gets past.

Variables of a rule: `event` (its data), `person` (`person_variables`), `programme` (`programme_variables`) and `now`.
There is nothing else to read: no clock, no file, no network.

**One kind of number.** HR systems send the same rating as 4, 4.0 or "4.0", and CEL refuses `4 * 1.5`. So every number
of an event or a person is a double here (as CEL's own mapping of JSON has it), and a whole number written in a rule
counts as a double too: `event.rating * 100` and `event.rating / 2` mean what they say in a spreadsheet. Where types do
not fit so, the expression is read as it is written (`int(event.rating) * 100`, `size(event.goals) * 50`, a map's keys);
where they still do not, with whole values as integers (`event.years % 5 == 0`). The first reading that fits decides.

**Limits.** CEL has no loops but its macros, its regular expressions are linear in the text (RE2), and the parser limits
its own depth. What could still grow is a macro over a list, a `+` of texts or lists, and the values themselves:
`LIMITS` bounds them all.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

import cel

from programs.expression_checks import PERSON_VARIABLES, VARIABLES, check, check_text
from programs.expression_sources import LIMITS, ExpressionError, compiled, paths, short, template_parts

if TYPE_CHECKING:
    from people.models import Person
    from programs.models import Programme

__all__ = [
    "LIMITS",
    "PERSON_VARIABLES",
    "VARIABLES",
    "ExpressionError",
    "boolean",
    "check",
    "check_text",
    "integer",
    "text",
    "value",
]


class Variables:
    """Values made ready for many expressions over the same event: converting them costs thirty times an evaluation."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = plain_values(values)

    @cached_property
    def context(self) -> Any:
        """Return the values for CEL, every number a double."""
        return cel.Context(self.values)

    @cached_property
    def whole_context(self) -> Any:
        """Return the values for CEL, whole numbers as integers."""
        return cel.Context({name: _whole(value) for name, value in self.values.items()})


def boolean(source: str, variables: Mapping[str, Any] | Variables) -> bool:
    """Evaluate a condition.

    Raises:
        ExpressionError: it cannot be evaluated over these values, or is neither true nor false.
    """
    result = _evaluate(source, variables)
    if not isinstance(result, bool):
        raise ExpressionError(f"`{short(source)}` must be true or false; it is {_described(result)}.")
    return result


def integer(source: str, variables: Mapping[str, Any] | Variables) -> int:
    """Evaluate a number of points. 500.0 is 500; 500.5 is refused, for points are never rounded behind somebody's back.

    Raises:
        ExpressionError: it cannot be evaluated over these values, or is no whole number.
    """
    result = _evaluate(source, variables)
    whole = isinstance(result, int | float) and not isinstance(result, bool) and abs(result) <= LIMITS.result_integer
    if not whole or result != int(result):
        raise ExpressionError(
            f"`{short(source)}` must be a whole number; it is {_described(result)}. Use int(…) to round towards zero."
        )
    return int(result)


def value(source: str, variables: Mapping[str, Any] | Variables) -> str:
    """Evaluate to the text that stands for the value: 5.0 is 5, a day is 2026-07-01. For texts.

    Raises:
        ExpressionError: it cannot be evaluated over these values, or is a list or a map.
    """
    result = _evaluate(source, variables)
    _require_one_value(source, result)
    return _shown(result)


def key(source: str, variables: Mapping[str, Any] | Variables) -> str:
    """Evaluate to text that is equal only for equal values, for `once_per`: as `value`, but a time to the microsecond.

    Raises:
        ExpressionError: it cannot be evaluated over these values, or is a list or a map.
    """
    result = _evaluate(source, variables)
    _require_one_value(source, result)
    return result.astimezone(UTC).isoformat() if isinstance(result, datetime) else _shown(result)


def _require_one_value(source: str, result: Any) -> None:
    """Raise where a result is a list, a map, bytes or nothing, or a text that cannot be kept."""
    if isinstance(result, list | dict | bytes) or result is None:
        raise ExpressionError(f"`{short(source)}` must be one value; it is {_described(result)}.")
    if isinstance(result, str) and "\0" in result:
        raise ExpressionError(f"`{short(source)}` holds the character NUL, which no text may.")


def text(template: str, variables: Mapping[str, Any] | Variables) -> str:
    """Fill in a text with {CEL} in it, as "Rated {event.rating} for {event.period}". `{{` is a brace.

    Returns:
        The text, cut off at `LIMITS.result_characters`.

    Raises:
        ExpressionError: a part cannot be evaluated over these values.
    """
    parts = [value(part, variables) if is_source else part for part, is_source in template_parts(template)]
    filled = "".join(parts)
    return filled if len(filled) <= LIMITS.result_characters else filled[: LIMITS.result_characters - 1] + "…"


def names(source: str) -> set[str]:
    """Return the variables that an expression reads.

    Raises:
        ExpressionError: it cannot be read.
    """
    return set(compiled(source).readings[-1].variables())


def person_variables(person: "Person", *, at: datetime) -> dict[str, Any]:
    """Return what rules may read of a person (`expression_checks.FIELDS` says what each is).

    `department` and `manager` should be fetched with the person, else each is one query.

    Args:
        at: the time at which `tenure` is counted.
    """
    return {
        "number": person.employee_number,
        "employee_number": person.employee_number,
        "country": person.country,
        "department": person.department.name if person.department else "",
        "grade": person.grade,
        "manager": person.manager.employee_number if person.manager else "",
        "language": person.language,
        "time_zone": person.time_zone,
        "status": str(person.status),
        "joined_on": person.joined_on,
        "tenure": complete_years(person.joined_on, at.astimezone(UTC).date()) if person.joined_on else 0,
    }


def complete_years(since: date, day: date) -> int:
    """Return how many years are complete; of 29 February, on 1 March where the year has no such day. Never below 0."""
    return max(day.year - since.year - ((day.month, day.day) < (since.month, since.day)), 0)


def programme_variables(programme: "Programme") -> dict[str, Any]:
    """Return what rules may read of their programme."""
    return {
        "slug": programme.slug,
        "name": programme.name,
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
    }


def used_values(sources: Collection[str], variables: Variables, name: str) -> dict[str, Any]:
    """Return the values below one variable that the expressions name, by dotted path: what an explanation shows.

    Args:
        sources: CEL expressions.
        variables: what they are evaluated over.
        name: the variable, as `event`.
    """
    named = sorted({path for source in sources for path in paths(source) if path.startswith(f"{name}.")})
    found = ((path.partition(".")[2], _look_up(path, variables.values)) for path in named)
    return {path: _as_json(item) for path, item in found if item is not None}


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables as CEL takes them: numbers as doubles, days as midnight UTC, text cut off at the limit.

    Raises:
        ExpressionError: there are more values, or longer lists, than a rule may read.
    """
    budget = [LIMITS.values]
    return {name: _plain(item, name, budget) for name, item in values.items()}


def _plain(item: Any, path: str, budget: list[int], depth: int = 0) -> Any:
    """Return one value as CEL takes it, counting the budget of values down."""
    budget[0] -= 1
    if budget[0] < 0 or depth > LIMITS.value_depth:
        raise ExpressionError(f"{path} is too large for a rule, which reads at most {LIMITS.values} values.")
    if isinstance(item, dict):
        return {str(key): _plain(below, f"{path}.{key}", budget, depth + 1) for key, below in item.items()}
    if isinstance(item, list | tuple):
        if len(item) > LIMITS.list_items:
            raise ExpressionError(f"{path} has {len(item)} items; a rule reads lists of at most {LIMITS.list_items}.")
        return [_plain(below, f"{path}[{index}]", budget, depth + 1) for index, below in enumerate(item)]
    return _plain_scalar(item)


def _plain_scalar(item: Any) -> Any:
    """Return a value without parts as CEL takes it."""
    if isinstance(item, str):
        return str(item)[: LIMITS.text_characters]
    if isinstance(item, bool | datetime | timedelta) or item is None:
        return item
    if isinstance(item, date):
        return datetime.combine(item, time(), UTC)
    if isinstance(item, int) and abs(item) > LIMITS.result_integer:
        return item if abs(item) < 2**63 else str(item)
    if isinstance(item, int | float | Decimal):
        return float(item)
    if isinstance(item, UUID):
        return str(item)
    raise TypeError(f"{type(item).__name__} cannot be read by a rule.")


def _evaluate(source: str, variables: Mapping[str, Any] | Variables) -> Any:
    """Return the result of the first reading that fits the types; say what is wrong in HR's words where none does."""
    ready = variables if isinstance(variables, Variables) else Variables(variables)
    error: Exception = TypeError()
    readings = compiled(source).readings
    for number in range(len(readings) + 1):
        try:
            if number < len(readings):
                return readings[number].execute(ready.context)
            return readings[-1].execute(ready.whole_context)
        except TypeError as caught:  # no such overload: the types do not fit this reading
            error = caught
        except (ValueError, LookupError, ArithmeticError, RuntimeError) as caught:
            error = caught
            break
    raise ExpressionError(_explained(source, ready, error)) from error


def _explained(source: str, variables: Variables, error: Exception) -> str:
    """Return why an expression could not be evaluated over these values, naming the field."""
    if isinstance(error, KeyError):
        return f"{_missing_path(source, variables, str(error.args[0]))} is missing."
    if isinstance(error, ZeroDivisionError):
        return f"`{short(source)}` divides by zero."
    if isinstance(error, TypeError):
        values = ", ".join(
            f"{path} is {_described(_look_up(path, variables.values))}" for path in sorted(paths(source))
        )
        return f"`{short(source)}` mixes kinds of values" + (f": {values}." if values else ".")
    message = str(error).split("\n")[0].split(". Check ")[0].rstrip(".:")
    return f"`{short(source)}` cannot be evaluated: {message}."


def _missing_path(source: str, variables: Variables, key: str) -> str:
    """Return the dotted path of a field that is not there; the bare name where the expression does not spell it out."""
    for path in sorted(paths(source), key=len):
        if key in path.split(".") and _look_up(path, variables.values) is None:
            return path[: path.rindex(key) + len(key)]
    return key


def _look_up(path: str, values: Mapping[str, Any]) -> Any:
    """Return the value at a dotted path, or None."""
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _described(item: Any) -> str:
    """Return a value in HR's words. Text is named, not shown: it may be somebody's."""
    if item is None:
        return "empty"
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int | float):
        return f"the number {_shown(item)}"
    kinds = {str: "text", list: "a list", dict: "a group of values", datetime: "a time", timedelta: "a duration"}
    return kinds.get(type(item), "something else")


def _shown(item: Any) -> str:
    """Return one value as people read it: 5.0 is 5, midnight UTC is a day."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    if isinstance(item, datetime):
        moment = item.astimezone(UTC)
        return moment.date().isoformat() if moment.time() == time() else f"{moment:%Y-%m-%d %H:%M} UTC"
    return str(item)


def _whole(item: Any) -> Any:
    """Return a value with whole doubles as integers."""
    if isinstance(item, float) and item.is_integer() and abs(item) <= LIMITS.result_integer:
        return int(item)
    if isinstance(item, dict):
        return {key: _whole(below) for key, below in item.items()}
    if isinstance(item, list):
        return [_whole(below) for below in item]
    return item


def _as_json(item: Any) -> Any:
    """Return a value as an explanation stores it: whole doubles as integers, times as text."""
    whole = _whole(item)
    if isinstance(whole, dict):
        return {key: _as_json(below) for key, below in whole.items()}
    if isinstance(whole, list):
        return [_as_json(below) for below in whole]
    return _shown(whole) if isinstance(whole, datetime | timedelta) else whole
