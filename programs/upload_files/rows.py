"""Makes sense of the cells of one row: what each column takes, and what to do where a cell cannot be taken."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from programs.errors import UnreadableUpload
from programs.upload_files.limits import (
    CELL_CHARACTERS_MAX,
    COLUMNS_MAX,
    EXTERNAL_ID_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    RECIPIENT_CHARACTERS_MAX,
)
from wallets.models.account import POINTS_MAX

REQUIRED = ("recipient", "points", "reason")
OPTIONAL = ("external_id", "credit_on")
OURS = "what_to_do"  # the column that the file of rows to mend adds; it may come back with the mended rows
COLUMNS_SHOWN = f"{', '.join(REQUIRED)} and, if wanted, {', '.join(OPTIONAL)}"

WHOLE = re.compile(r"[1-9][0-9]{0,14}")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,' \u00a0\u202f][0-9]{3})+")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# They turn text round, so that it reads as something else than it is (Unicode TR 36).
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = frozenset("\u00ad\u200b\u2060\ufeff")
JOINERS = frozenset("\u200c\u200d")  # Hindi and others spell with them: allowed in a reason, in a name of somebody not


@dataclass(slots=True)
class Line:
    """One row of a file.

    Args:
        number: as the spreadsheet counts it; the header is 1.
        recipient: as it was written.
        written_points: the cell, for a person to see.
        points: the number it means, or None.
        reason: why.
        external_id: the row's own name, or "".
        credit_on: the day (UTC) from which it may be credited, or None for now.
        is_number: a spreadsheet kept the recipient as a number, so leading zeros may be gone.
        problem: what to do before it can be taken; "" where nothing is wrong.
    """

    number: int
    recipient: str = ""
    written_points: str = ""
    points: int | None = None
    reason: str = ""
    external_id: str = ""
    credit_on: date | None = None
    is_number: bool = False
    problem: str = ""


def header(cells: Sequence[str]) -> list[str]:
    """Return the columns that row 1 names.

    Raises:
        UnreadableUpload: one is missing, unknown or there twice, or there are too many.
    """
    if len(cells) > COLUMNS_MAX:
        raise UnreadableUpload(f"Row 1 has more than {COLUMNS_MAX} columns. Keep {COLUMNS_SHOWN}.")
    names = [cell.strip().lower().replace(" ", "_") for cell in cells]
    while names and not names[-1]:  # spreadsheets like to add empty columns
        names.pop()
    for name in names:
        if name not in (*REQUIRED, *OPTIONAL, OURS):
            shown = f"“{name[:40]}” is no column here" if name else "Row 1 has a column without a name"
            raise UnreadableUpload(f"{shown}. Row 1 must name {COLUMNS_SHOWN}.")
        if names.count(name) > 1:
            raise UnreadableUpload(f"Row 1 names {name} twice. Keep one of the two columns.")
    if missing := [name for name in REQUIRED if name not in names]:
        raise UnreadableUpload(f"Row 1 lacks {' and '.join(missing)}. It must name {COLUMNS_SHOWN}.")
    return names


def line(number: int, names: Sequence[str], cells: Sequence[str], *, is_number: bool = False) -> Line:
    """Return a row as it was meant; what cannot be taken stands in its `problem`.

    Args:
        number: the row, the header being 1.
        names: the columns, from `header`.
        cells: text, in the same order; fewer are empty ones.
        is_number: the recipient's cell was a number.
    """
    by_name = dict(zip(names, (cell.strip() for cell in cells), strict=False))
    found = Line(
        number=number,
        recipient=_shown(by_name.get("recipient", ""), RECIPIENT_CHARACTERS_MAX),
        written_points=_shown(by_name.get("points", ""), 40),
        reason=_shown(by_name.get("reason", ""), REASON_CHARACTERS_MAX),
        external_id=_shown(by_name.get("external_id", ""), EXTERNAL_ID_CHARACTERS_MAX),
        is_number=is_number,
    )
    try:
        if any(cell.strip() for cell in cells[len(names) :]):
            raise ValueError("The row has more cells than row 1 has columns. Put text with a comma in quotes.")
        _check_text(by_name)
        found.points = _points(by_name.get("points", ""))
        found.credit_on = _day(by_name.get("credit_on", ""))
    except ValueError as error:
        found.problem = str(error)
    return found


def _shown(text: str, characters_max: int) -> str:
    """Return text that can be kept and shown: without what cannot be seen, and cut."""
    if text.isprintable() and text.isascii():
        return text[:characters_max]
    kept = "".join(
        character
        for character in text[: characters_max * 2]
        if character not in TURNING and unicodedata.category(character) not in {"Cc", "Cs"}
    )
    return kept[:characters_max]


def _check_text(by_name: Mapping[str, str]) -> None:
    """Raise ValueError where the text of a column cannot be taken."""
    for name, said, characters_max in (
        (
            "recipient",
            "A recipient is needed: an employee number, or email: and the address.",
            RECIPIENT_CHARACTERS_MAX,
        ),
        ("reason", "A reason is needed: the person reads it.", REASON_CHARACTERS_MAX),
        ("external_id", "", EXTERNAL_ID_CHARACTERS_MAX),
    ):
        text = by_name.get(name, "")
        if not text and said:
            raise ValueError(said)
        if len(text) > min(characters_max, CELL_CHARACTERS_MAX):
            raise ValueError(f"The {name} is longer than {characters_max} characters. Shorten it.")
        if not (text.isascii() and text.isprintable()):
            _check_characters(name, text)


def _check_characters(name: str, text: str) -> None:
    forbidden = UNSEEN if name == "reason" else UNSEEN | JOINERS
    for character in text:
        if character in TURNING or character in forbidden:
            raise ValueError(
                f"The {name} holds characters that cannot be seen (U+{ord(character):04X}). Type it again."
            )
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise ValueError(f"The {name} holds a line break or a control character. Write it in one line.")


def _points(text: str) -> int:
    """Return a whole number written in digits alone: 1.500 is 1500 in one country and 1.5 in another."""
    if not text:
        raise ValueError("Points are missing.")
    if WHOLE.fullmatch(text):
        points = int(text)
        if points <= POINTS_MAX:
            return points
        raise ValueError(f"Points must be at most {POINTS_MAX:,}.")
    if THOUSANDS.fullmatch(text):
        plain = re.sub(r"[^0-9]", "", text)
        raise ValueError(f"Points must be a whole number in digits alone, such as {plain}.")
    raise ValueError("Points must be a whole number from 1, in digits alone, such as 1500.")


def _day(text: str) -> date | None:
    """Return a day written as 2027-06-30, and no other way: 01/02/2027 means two things."""
    if not text:
        return None
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"“{_shown(text, 20)}” is not a day. Write it as 2027-06-30.")
