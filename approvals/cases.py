"""Approvals as somebody looks at them: what each is about now, and whether they may decide it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals import matters, queries
from approvals.enums import ApprovalStatus
from approvals.matters import Facts, Matter
from approvals.models import Approval
from approvals.queries import Standing
from people.models import Person


@dataclass(frozen=True, slots=True)
class Case:
    """One approval with the row it is about, and the standing of whoever looks.

    Args:
        row: what waits, as its room keeps it; None where it is not there.
        seen: the hash of what would happen if it were approved now.
    """

    approval: Approval
    matter: Matter
    row: Any
    seen: str
    standing: Standing

    @property
    def label(self) -> str:
        """Return what people call this kind of thing."""
        return self.matter.label

    @property
    def is_changed(self) -> bool:
        """Return whether it is no longer what was asked: then it can be rejected, and not approved."""
        return self.seen != self.approval.content_hash

    @property
    def objection(self) -> str:
        """Return why the one who looks does not decide this; empty where they may."""
        if self.approval.status != ApprovalStatus.WAITING:
            return f"It was {self.approval.get_status_display().lower()} already."
        return self.standing.objection or ""

    @property
    def facts(self) -> Facts:
        """Return what approving would do, and what is known about it; some queries, so for one case on its page."""
        return [*self.matter.facts(self.row), *_course(self.approval)]

    @property
    def button(self) -> str:
        """Return what approving does, with its number."""
        return self.matter.button(self.row)


def look(approvals: Sequence[Approval], person: Person, *, at: datetime) -> list[Case]:
    """Return these approvals as one person may decide them: a query for each kind, and a few for the person.

    Those of a kind that no room registered, or whose row is gone, are left out: nobody can decide them.
    """
    standings = queries.standings(approvals, person, at=at)
    rows = dict(_rows(approvals))
    known = set(matters.kinds())
    return [
        Case(each, (matter := matters.of(each.kind)), row, matter.seen(row), standings[each.pk])
        for each in approvals
        if each.kind in known and (row := rows.get(each.pk)) is not None
    ]


def _rows(approvals: Sequence[Approval]) -> Iterator[tuple[Any, Any]]:
    """Yield what each approval is about, by its key."""
    for kind in {each.kind for each in approvals} & set(matters.kinds()):
        keys = [each.pk for each in approvals if each.kind == kind]
        for row in matters.of(kind).rows().filter(approval__in=keys):
            yield row.approval_id, row


def _course(approval: Approval) -> Iterator[tuple[str, str]]:
    """Yield who asked, who is asked, and who said what."""
    yield "Asked by", str(approval.requested_by) if approval.requested_by else "A system"
    number = "Two" if approval.required == 2 else "One"  # noqa: PLR2004 - one or two, as a constraint says
    yield "Needs", f"{number} of {queries.whose(approval)}" if approval.required > 1 else queries.whose(approval)
    for said in approval.decisions.select_related("by", "on_behalf_of").order_by("decided_at"):
        verdict = f"{said.who}: {said.get_verdict_display().lower()}"
        yield "Said", f"{verdict}, {said.note}" if said.note else verdict
