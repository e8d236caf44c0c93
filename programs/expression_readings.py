"""How an expression is read with every whole number a double, and a division by zero an error as with integers.

5.0 / 0.0 is infinite in CEL: `event.sales / event.target > 1.2` would be true for everybody without a target.
"""

import re
from dataclasses import dataclass
from functools import cached_property

TOKEN = re.compile(
    r"""(?P<text>[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
    | (?P<number>0[xX][0-9a-fA-F]+u?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+u?)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<space>\s+|//[^\n]*)
    | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
INTEGER = re.compile(r"\d+|0[xX][0-9a-fA-F]+")
OPENING = {")": "(", "]": "[", "}": "{"}


def with_doubles(source: str) -> str:
    """Return an expression that CEL parsed before, with its whole numbers as doubles."""
    return _Reading(source).written


@dataclass
class _Reading:
    """The tokens of one expression."""

    source: str

    def __post_init__(self) -> None:
        tokens = [token for token in TOKEN.finditer(self.source) if token.lastgroup != "space"]
        self.kinds = [token.lastgroup for token in tokens]
        self.words = [token.group() for token in tokens]
        ends = [0, *(token.end() for token in tokens)]
        self.gaps = [" " * (token.start() > end) for token, end in zip(tokens, ends, strict=False)]

    @property
    def written(self) -> str:
        """Return the expression as it is read."""
        for at in [at for at, kind in enumerate(self.kinds) if kind == "number" and self._counts(at)]:
            self.words[at] = f"{int(self.words[at], 0)}.0"
        return self._render(0, len(self.words))

    @cached_property
    def partners(self) -> dict[int, int]:
        """Return where each bracket closes or opens."""
        opened: list[int] = []
        found: dict[int, int] = {}
        for at, word in enumerate(self.words):
            if word in OPENING.values():
                opened.append(at)
            elif word in OPENING:
                found[at] = opened.pop()
                found[found[at]] = at
        return found

    def _word(self, at: int) -> str:
        return self.words[at] if 0 <= at < len(self.words) else ""

    def _counts(self, at: int) -> bool:
        """Whether a number is one that is read as a double: whole, neither an index nor the key of a map."""
        if not INTEGER.fullmatch(self.words[at]):
            return False
        before, after = self._word(at - 1), self._word(at + 1)
        is_index = before == "[" and after == "]" and self._ends_something(at - 2)
        return not is_index and not (before in {"{", ","} and after == ":")

    def _ends_something(self, at: int) -> bool:
        """Whether what stands there is a value, which brackets behind it would take a part of."""
        if at < 0 or self.words[at] == "in":
            return False
        return self.kinds[at] in {"name", "text"} or self.words[at] in {")", "]", "}"}

    def _end_of(self, at: int) -> int:
        """Return the place behind the value that begins there, its sign included."""
        while self._word(at) in {"-", "!"}:
            at += 1
        at = self.partners.get(at, at) + 1
        while self._word(at) in {".", "(", "["}:
            at = at + 2 if self.words[at] == "." else self.partners[at] + 1
        return at

    def _render(self, start: int, end: int) -> str:
        """Write tokens out; what something is divided by is asked first whether it is zero."""
        parts: list[str] = []
        at = start
        while at < end:
            parts.append(f"{self.gaps[at]}{self.words[at]}")
            at += 1
            if self.words[at - 1] == "/" and self.kinds[at - 1] == "sign":
                behind = self._end_of(at)
                divisor = self._render(at, behind).strip()
                parts.append(f"({divisor} == 0.0 ? double(1/0) : {divisor})")
                at = behind
        return "".join(parts)
