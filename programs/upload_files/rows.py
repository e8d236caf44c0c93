"""Makes sense of the cells of one row: what each column takes, and what to do where a cell cannot be taken."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from programs.upload_files import formats
from programs.upload_files.formats import WrittenDays, WrittenNumbers
from programs.upload_files.layouts import OPTIONAL, REQUIRED, Layout
from programs.upload_files.limits import (
    CELL_CHARACTERS_MAX,
    EXTERNAL_ID_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    RECIPIENT_CHARACTERS_MAX,
)

__all__ = ["EXAMPLE", "OPTIONAL", "REQUIRED", "Line", "LineReader", "Row"]

POINTS_CHARACTERS_SHOWN = 40
TEXT, NUMBER, DAY = "t", "n", "d"  # kinds of cells
EXAMPLE = "EXAMPLE"  # the recipient of the template's own row
# They turn text round, so that it reads as something else than it is (Unicode TR 36).
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = frozenset("\u00ad\u200b\u2060\ufeff")
JOINERS = frozenset("\u200c\u200d")  # Hindi and others spell with them: allowed in a reason, in a name of somebody not


class Row(NamedTuple):
    """A row as the file holds it.

    Args:
        number: as the spreadsheet counts it; the header is 1.
        cells: text, in the file's order.
        kinds: a letter for each cell, what a spreadsheet kept it as: see `sheet_process`; "": all are text.
    """

    number: int
    cells: Sequence[str]
    kinds: str = ""


@dataclass(slots=True)
class Line:
    """One row of a file, in our columns.

    Args:
        number: as the spreadsheet counts it; the header is 1.
        recipient: as it was written; an address with its `email:`.
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


class LineReader:
    """Reads rows of a file that has these headings in this layout.

    Raises:
        UnreadableUpload: the layout does not fit the headings.
    """

    def __init__(self, headings: Sequence[str], layout: Layout) -> None:
        places = layout.places(headings)
        self._width, self._layout = len(headings), layout
        self._recipient, self._points, self._reason = (places[name] for name in REQUIRED)
        self._external_id, self._credit_on = (places.get(name) for name in OPTIONAL)

    def line(self, row: Row) -> Line:
        """Return a row as it was meant; what cannot be taken stands in its `problem`."""
        cells = row.cells
        recipient = formats.recipient(_cell(cells, self._recipient), self._layout.people)
        points, reason = _cell(cells, self._points), _cell(cells, self._reason)
        external_id = _cell(cells, self._external_id)
        found = Line(
            number=row.number,
            recipient=_shown(recipient, RECIPIENT_CHARACTERS_MAX),
            written_points=_shown(points, POINTS_CHARACTERS_SHOWN),
            reason=_shown(reason, REASON_CHARACTERS_MAX),
            external_id=_shown(external_id, EXTERNAL_ID_CHARACTERS_MAX),
            is_number=_kind(row, self._recipient) == NUMBER,
        )
        try:
            if len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
                raise ValueError("The row has more cells than row 1 has columns. Put text with a comma in quotes.")
            _check_text("recipient", recipient, RECIPIENT_CHARACTERS_MAX)
            _check_text("reason", reason, REASON_CHARACTERS_MAX)
            _check_text("external_id", external_id, EXTERNAL_ID_CHARACTERS_MAX)
            if recipient == EXAMPLE:
                raise ValueError("This is the example of the template. Delete the row.")
            found.points = formats.points(points, self._numbers(row))
            if self._credit_on is not None:
                found.credit_on = formats.day(_cell(cells, self._credit_on), self._days(row))
        except ValueError as error:
            found.problem = str(error)
        return found

    def _numbers(self, row: Row) -> WrittenNumbers:
        """Return how this cell writes numbers: what a spreadsheet keeps as one is written in digits."""
        return WrittenNumbers.PLAIN if _kind(row, self._points) == NUMBER else self._layout.numbers

    def _days(self, row: Row) -> WrittenDays:
        return WrittenDays.ISO if _kind(row, self._credit_on) == DAY else self._layout.days


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _kind(row: Row, place: int | None) -> str:
    return row.kinds[place] if place is not None and place < len(row.kinds) else TEXT


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


MISSING = {
    "recipient": "A recipient is needed: an employee number, or email: and the address.",
    "reason": "A reason is needed: the person reads it.",
}


def _check_text(name: str, text: str, characters_max: int) -> None:
    """Raise ValueError where the text of a column cannot be taken."""
    if not text and name in MISSING:
        raise ValueError(MISSING[name])
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
