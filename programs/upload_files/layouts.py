"""Which column of a file is which of ours, and how the file writes numbers, days and people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from programs.errors import UnreadableUpload
from programs.upload_files.formats import WrittenDays, WrittenNumbers, WrittenPeople

REQUIRED = ("recipient", "points", "reason")
OPTIONAL = ("external_id", "credit_on")
OURS = (*REQUIRED, *OPTIONAL)
TO_DO = "what_to_do"  # the column that the file of rows to mend adds; it may come back with the mended rows
COLUMNS_SHOWN = f"{', '.join(REQUIRED)} and, if wanted, {', '.join(OPTIONAL)}"

# What other systems call our columns, in the words of `plain`. A guess is only ever proposed to somebody.
CALLED = {
    "recipient": (
        *("employee_number", "employee_id", "employee_no", "employee", "emp_id", "emp_no", "employeeid", "user_id"),
        *("person_number", "person_id", "personnel_number", "personalnummer", "pernr", "worker_id", "staff_id"),
        *("matricule", "email", "e-mail", "e_mail", "mail", "email_address", "work_email", "who"),
    ),
    "points": ("award", "amount", "pts", "punkte", "puntos", "value", "bonus", "reward", "reward_points", "how_many"),
    "reason": ("why", "comment", "note", "description", "grund", "motif", "motivo", "message", "justification"),
    "external_id": ("externalid", "reference", "ref", "id", "request_id", "record_id", "key"),
    "credit_on": ("credit_date", "date", "on", "effective_date", "valid_from", "pay_date", "from", "when"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is to be read.

    Args:
        columns: the file's own heading by our name of the column; ours that the file lacks are absent.
        numbers: how points are written.
        days: how days are written.
        people: what the column of recipients holds.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    numbers: WrittenNumbers = WrittenNumbers.PLAIN
    days: WrittenDays = WrittenDays.ISO
    people: WrittenPeople = WrittenPeople.NUMBER

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Layout":
        """Return a layout that was kept."""
        return cls(
            columns=kept["columns"],
            numbers=WrittenNumbers(kept["numbers"]),
            days=WrittenDays(kept["days"]),
            people=WrittenPeople(kept["people"]),
        )

    def places(self, headings: Sequence[str]) -> dict[str, int]:
        """Return where each of our columns stands in a file with these headings.

        Raises:
            UnreadableUpload: a column that is needed has no heading, or a heading is not there, or there twice.
        """
        if missing := [ours for ours in REQUIRED if ours not in self.columns]:
            raise UnreadableUpload(f"No column is named for {' and '.join(missing)}. Name {COLUMNS_SHOWN}.")
        if unknown := [ours for ours in self.columns if ours not in OURS]:
            raise UnreadableUpload(f"There is no column {unknown[0][:40]} here. Name {COLUMNS_SHOWN}.")
        places = {ours: _place(heading, headings) for ours, heading in self.columns.items()}
        for ours, place in places.items():
            if list(places.values()).count(place) > 1:
                raise UnreadableUpload(f"“{headings[place][:40]}” is named for {ours} and another. Name one for each.")
        return places


def plain(heading: str) -> str:
    """Return a heading without what does not matter: case, spaces around it, and spaces for underscores."""
    return heading.strip().lower().replace(" ", "_")


def own(headings: Sequence[str]) -> Layout | None:
    """Return the layout of a file that names its columns as we do, and no others; None where somebody must say.

    Raises:
        UnreadableUpload: it names one of ours twice.
    """
    names = [plain(heading) for heading in headings]
    for name in OURS:
        if names.count(name) > 1:
            raise UnreadableUpload(f"Row 1 names {name} twice. Keep one of the two columns.")
    if not set(REQUIRED) <= set(names) <= {*OURS, TO_DO}:
        return None
    return Layout(columns={name: heading for name, heading in zip(names, headings, strict=True) if name != TO_DO})


def unlike_own(headings: Sequence[str]) -> str:
    """Return, in a sentence, why a file's columns are not ours as they stand."""
    names = [plain(heading) for heading in headings]
    if missing := [name for name in REQUIRED if name not in names]:
        return f"Row 1 lacks {' and '.join(missing)}. It must name {COLUMNS_SHOWN}."
    other = next((heading for name, heading in zip(names, headings, strict=True) if name not in {*OURS, TO_DO}), "")
    shown = f"“{other[:40]}” is no column here" if other else "Row 1 has a column without a name"
    return f"{shown}. Row 1 must name {COLUMNS_SHOWN}."


def guess(headings: Iterable[str]) -> Layout:
    """Return what a file's columns probably are, for somebody to look at: each heading for one of ours at most."""
    by_name: dict[str, str] = {}
    for heading in headings:
        by_name.setdefault(plain(heading), heading)
    columns: dict[str, str] = {}
    for ours in OURS:
        named = [by_name[name] for name in (ours, *CALLED[ours]) if name in by_name]
        if free := [heading for heading in named if heading not in columns.values()]:
            columns[ours] = free[0]
    addressed = "mail" in plain(columns.get("recipient", ""))
    return Layout(columns=columns, people=WrittenPeople.EMAIL if addressed else WrittenPeople.NUMBER)


def names_columns(cells: Iterable[str]) -> bool:
    """Return whether a row reads as a header does: two of its cells or more are names of our columns."""
    known = {name for ours in OURS for name in (ours, *CALLED[ours])}
    return sum(plain(cell) in known for cell in cells) > 1


def _place(heading: str, headings: Sequence[str]) -> int:
    shown = heading[:40]
    if headings.count(heading) > 1:
        raise UnreadableUpload(f"Row 1 names “{shown}” twice. Give the two columns names of their own.")
    if heading not in headings:
        raise UnreadableUpload(f"Row 1 has no column “{shown}”. It names {', '.join(headings)[:300]}.")
    return headings.index(heading)
