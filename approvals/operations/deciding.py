"""Decides about approvals of any kind, with the operation of the room that asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.errors import PortalError
from approvals import matters
from approvals.enums import Verdict
from approvals.errors import AlreadyDecided, ContentChanged, NoteMissing
from approvals.models import Approval
from people.models import Person

NOTE_CHARACTERS = 500
AT_ONCE_MAX = 200  # decisions of one press of a button


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one decision: the row as it is afterwards, or why it was not decided."""

    approval: Approval
    row: Any = None
    error: PortalError | None = None


def decide(approval_id: UUID, *, by: Person, verdict: Verdict, seen: str, note: str = "", at: datetime) -> Any:
    """Decide about one approval as somebody saw it.

    Args:
        seen: the hash of what they looked at; what changed since is looked at again.
        note: why; needed to reject.

    Returns:
        The row it is about, as it is afterwards.

    Raises:
        NoteMissing: it would be rejected without a word.
        ContentChanged: what waits is not what was looked at.
        AlreadyDecided: it is closed, or what it was about is asked anew.
        PortalError: what the room's own operation refuses.
    """
    note = checked_note(verdict, note)
    approval = Approval.objects.get(pk=approval_id)
    matter = matters.of(approval.kind)
    row = matter.rows().filter(approval=approval_id).first()
    if row is None:
        raise AlreadyDecided("This is asked anew. Look at what waits now.")
    if matter.seen(row) != seen:
        raise ContentChanged("This changed since you looked. Look at it again.")
    return matter.operation(verdict)(row.pk, by=by, note=note, at=at)


def decide_many(
    chosen: Mapping[UUID, str], *, by: Person, verdict: Verdict, note: str = "", at: datetime
) -> list[Outcome]:
    """Decide about each of these in a transaction of its own: what one cannot do leaves the others done.

    Args:
        chosen: what was seen of each, by approval; the first 200.

    Returns:
        What came of each, the longest waiting first.

    Raises:
        NoteMissing: they would be rejected without a word.
    """
    note = checked_note(verdict, note)
    approvals = Approval.objects.filter(pk__in=chosen).order_by("requested_at", "pk")[:AT_ONCE_MAX]
    return [_outcome(each, chosen[each.pk], by, verdict, note, at) for each in approvals]


def checked_note(verdict: Verdict, note: str) -> str:
    """Return a note as it is kept.

    Raises:
        NoteMissing: there is none, and it would be rejected.
    """
    note = note.replace("\0", "").strip()[:NOTE_CHARACTERS]
    if verdict == Verdict.REJECT and not note:
        raise NoteMissing("Nothing was rejected: write a note that says why.", pointer="/note")
    return note


def _outcome(approval: Approval, seen: str, by: Person, verdict: Verdict, note: str, at: datetime) -> Outcome:
    try:
        row = decide(approval.pk, by=by, verdict=verdict, seen=seen, note=note, at=at)
    except PortalError as error:
        return Outcome(approval, error=error)
    return Outcome(approval, row)
