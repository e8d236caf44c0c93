"""The source of a CEL expression: parsed once, checked against limits, what it names and where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cel

from api.errors import PortalError
from programs.expression_readings import TOKEN, with_doubles


class ExpressionError(PortalError):
    """An expression is wrong, or cannot be evaluated over these values.

    Args:
        detail, pointer: see `PortalError`.
        place: line and column in the expression, from 1, where one stands out.
    """

    code = "rule_error"
    title = "The rule cannot be evaluated"

    def __init__(self, detail: str = "", *, pointer: str | None = None, place: tuple[int, int] | None = None) -> None:
        super().__init__(detail, pointer=pointer)
        self.place = place


QUOTED_CHARACTERS = 80  # of an expression inside a sentence
MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "filter", "map"})
TIME_PARTS = frozenset(
    {
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getFullYear",
        "getHours",
        "getMilliseconds",
        "getMinutes",
        "getMonth",
        "getSeconds",
    }
)
FUNCTIONS = TIME_PARTS | {
    "bool",
    "bytes",
    "contains",
    "double",
    "duration",
    "endsWith",
    "has",
    "int",
    "matches",
    "size",
    "startsWith",
    "string",
    "timestamp",
    "uint",
}


@dataclass(frozen=True)
class Limits:
    """What bounds the cost of one evaluation, all in one place."""

    source_characters: int = 2_000
    additions: int = 12  # a `+` of texts or lists may double them
    divisions: int = 6  # what is divided by stands twice in a reading, and so does a division within it
    macros: int = 2
    regular_expressions: int = 3
    value_depth: int = 32
    list_items: int = 100  # in one list of the event's data
    values: int = 5_000  # in all of the event's data
    text_characters: int = 5_000  # of one value; longer text is cut off here, not in the event
    result_characters: int = 500
    result_integer: int = 2**53  # above it a double no longer holds every integer


LIMITS = Limits()

PATH = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?!\w*\()")
PARSER_MESSAGE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


@dataclass(frozen=True)
class Program:
    """An expression with whole numbers as doubles, and as it was written."""

    source: str
    readings: tuple[Any, ...]


@lru_cache(maxsize=2048)
def compiled(source: str) -> Program:
    """Return the program of an expression.

    Raises:
        ExpressionError: it cannot be parsed, calls what is not there, or goes over a limit.
    """
    if len(source) > LIMITS.source_characters:
        raise ExpressionError(
            f"The expression is {len(source)} characters long; {LIMITS.source_characters} is the limit."
        )
    try:
        written = cel.compile(source)
    except ValueError as error:
        raise _parser_error(source, error) from error
    unknown = [name for name in written.functions() if name[0].isalpha() and name not in FUNCTIONS | MACROS]
    if unknown:
        where = place(source, unknown[0])
        raise ExpressionError(f"There is no function {unknown[0]}{in_words(source, where)}.", place=where)
    tokens = [(match.lastgroup, match.group()) for match in TOKEN.finditer(source) if match.lastgroup != "space"]
    _check_cost(tokens)
    try:
        return Program(source, (cel.compile(with_doubles(source)), written))
    except (ValueError, LookupError) as error:
        raise ExpressionError(f"`{short(source)}` cannot be read. Write texts in plain quotes.") from error


def _check_cost(tokens: list[tuple[str | None, str]]) -> None:
    """Refuse an expression whose cost could grow beyond its length and its values."""
    names = [word for kind, word in tokens if kind == "name"]
    calls = [tokens[at][1] for at in range(len(tokens) - 1) if tokens[at][0] == "name" and tokens[at + 1][1] == "("]
    macros = [name for name in calls if name in MACROS]
    if sum(word == "+" for _, word in tokens) > LIMITS.additions:
        raise ExpressionError(f"The expression has more than {LIMITS.additions} additions.")
    if sum(word == "/" for _, word in tokens) > LIMITS.divisions:
        raise ExpressionError(f"The expression has more than {LIMITS.divisions} divisions.")
    if len(macros) > LIMITS.macros or ("map" in macros and len(macros) > 1):
        raise ExpressionError(f"Use at most {LIMITS.macros} of all, exists, filter in one expression, or one map.")
    if names.count("matches") > LIMITS.regular_expressions or (macros and "matches" in names):
        raise ExpressionError(
            f"Use at most {LIMITS.regular_expressions} matches(…) in one expression, and none beside a macro."
        )
    if _nested_macro(tokens):
        raise ExpressionError("One of all, exists, filter, map may not stand inside another.")


def _nested_macro(tokens: list[tuple[str | None, str]]) -> bool:
    """Whether a macro stands inside the parentheses of another."""
    opened: list[bool] = []
    for at, (_, word) in enumerate(tokens):
        if word == "(":
            is_macro = at > 0 and tokens[at - 1][1] in MACROS
            if is_macro and any(opened):
                return True
            opened.append(is_macro)
        elif word == ")" and opened:
            opened.pop()
    return False


def bound_names(source: str) -> set[str]:
    """Return the names that macros bind, as `g` in `event.goals.exists(g, g.done)`."""
    names = "|".join(sorted(MACROS, reverse=True))
    return set(re.findall(rf"\.(?:{names})\(\s*([A-Za-z_]\w*)\s*,", source))


def template_parts(template: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text: (literal, False) or (CEL source, True)."""
    at = 0
    while at < len(template):
        opening = template.find("{", at)
        if opening < 0:
            yield template[at:], False
            return
        yield template[at:opening], False
        if template.startswith("{{", opening):
            yield "{", False
            at = opening + 2
            continue
        closing = _closing_brace(template, opening)
        yield template[opening + 1 : closing].strip(), True
        at = closing + 1


def _closing_brace(template: str, opening: int) -> int:
    """Return where the brace opened there closes, past braces and texts inside the expression."""
    depth = 0
    for token in TOKEN.finditer(template, opening):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return token.start()
    raise ExpressionError(f"The brace in column {opening + 1} is never closed. Write {{{{ for a brace itself.")


def place(source: str, name: str) -> tuple[int, int] | None:
    """Return line and column, from 1, where a name or a dotted path first stands in an expression, texts aside."""
    bare = "".join(
        _blank(token.group()) if token.lastgroup == "text" else token.group() for token in TOKEN.finditer(source)
    )
    found = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", bare) or re.search(
        rf"(?<!\w){re.escape(name)}(?!\w)", bare
    )
    if not found:
        return None
    above = bare[: found.start()]
    return above.count("\n") + 1, found.start() - (above.rfind("\n") + 1) + 1


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def in_words(source: str, where: tuple[int, int] | None) -> str:
    """Return a place for a sentence; the line only where there are several."""
    if where is None:
        return ""
    line, column = where
    return f" (line {line}, column {column})" if "\n" in source else f" (column {column})"


def _parser_error(source: str, error: Exception) -> ExpressionError:
    """Return the parser's first complaint, with its place."""
    found = PARSER_MESSAGE.search(str(error))
    if not found:
        return ExpressionError(f"`{short(source)}` is not a CEL expression.")
    line, column, message = found.groups()
    where = (int(line), int(column))
    message = message.split(" expecting {")[0].removeprefix("Syntax error: ").replace("<EOF>", "end of the expression")
    return ExpressionError(
        f"`{short(source)}` is not a CEL expression{in_words(source, where)}: {message}.", place=where
    )


def paths(source: str) -> set[str]:
    """Return the dotted paths that an expression names, texts aside."""
    bare = "".join('""' if token.lastgroup == "text" else token.group() for token in TOKEN.finditer(source))
    return set(PATH.findall(bare))


def short(source: str) -> str:
    """Return an expression short enough for a sentence."""
    return source if len(source) <= QUOTED_CHARACTERS else source[: QUOTED_CHARACTERS - 1] + "…"
