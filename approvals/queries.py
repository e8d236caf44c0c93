"""What waits, and who may decide it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from approvals.enums import ApprovalStatus
from approvals.models import Approval, Decision, Delegation
from people.enums import PersonStatus
from people.models import Person

HR_APPROVERS = "HR approvers"
DECIDABLE = "SELECT approval_id FROM approvals_deciders(%s::timestamptz) WHERE person_id = %s::uuid"


def hr_approvers() -> Group:
    """Return the group that decides about what HR does by hand: adjustments and refunds."""
    return Group.objects.get_or_create(name=HR_APPROVERS)[0]


def waiting_for(person: Person, *, at: datetime | None = None) -> QuerySet[Approval]:
    """Return what this person may decide, for themselves or for somebody who is away, longest waiting first.

    Args:
        at: when; None is now.
    """
    decidable = RawSQL(DECIDABLE, [at or timezone.now(), person.pk])  # noqa: S611 - two parameters
    return Approval.objects.filter(status=ApprovalStatus.WAITING, pk__in=decidable).order_by("requested_at", "pk")


def decides(person: Person, *, at: datetime) -> bool:
    """Return whether approvals are this person's business: something waits for them, they decided before, people
    report to them or they stand in for somebody. For a link to the page; it opens for anybody.
    """
    return (
        waiting_for(person, at=at).exists()
        or person.reports.exists()
        or Decision.objects.filter(by=person).exists()
        or Delegation.objects.filter(delegate=person, starts_at__lte=at, ends_at__gt=at).exists()
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody may decide about one approval.

    Args:
        objection: why not, in a sentence; None where they may.
        on_behalf_of: for whom they would decide; None for themselves.
        is_heard: they, or whoever they would speak for, decided already.
    """

    objection: str | None = None
    on_behalf_of: Person | None = None
    is_heard: bool = False


def standing(approval: Approval, person: Person, *, at: datetime) -> Standing:
    """Return whether this person may decide this approval, and for whom.

    Whether it is still waiting is another question: this one is about the person alone.
    """
    return standings([approval], person, at=at)[approval.pk]


def objection(approval: Approval, person: Person, *, at: datetime | None = None) -> str | None:
    """Return, in a sentence, why this person may not decide this approval; None where they may."""
    return standing(approval, person, at=at or timezone.now()).objection


def standings(approvals: Sequence[Approval], person: Person, *, at: datetime) -> dict[UUID, Standing]:
    """Return the standing of one person in each of these approvals: a few queries, however many there are."""
    away = Delegation.objects.filter(delegate=person, starts_at__lte=at, ends_at__gt=at)
    principals = [
        each.person
        for each in away.select_related("person").order_by("person__name", "pk")
        if each.person.status == PersonStatus.ACTIVE
    ]
    groups: dict[UUID, set[int]] = {}
    members = Person.groups.through._default_manager.filter(person__in=[person, *principals])
    for person_id, group_id in members.values_list("person_id", "group_id"):
        groups.setdefault(person_id, set()).add(group_id)
    heard = _heard(approvals)
    return {
        approval.pk: _standing(approval, person, principals, groups, heard.get(approval.pk, set()))
        for approval in approvals
    }


def _heard(approvals: Iterable[Approval]) -> dict[UUID, set[UUID]]:
    """Return, by approval, who decided or was decided for."""
    heard: dict[UUID, set[UUID]] = {}
    said = Decision.objects.filter(approval__in=approvals).values_list("approval_id", "by_id", "on_behalf_of_id")
    for approval_id, *people in said:
        heard.setdefault(approval_id, set()).update(each for each in people if each)
    return heard


def _standing(
    approval: Approval, person: Person, principals: Sequence[Person], groups: dict[UUID, set[int]], heard: set[UUID]
) -> Standing:
    """Return the standing in one approval; the same rules as approvals_deciders in sql/deciders.sql."""
    if person.pk in heard:
        return Standing("You decided this already; it waits for another approver.", is_heard=True)
    if objection := _own_objection(approval, person):
        return Standing(objection)
    if _is_asked(approval, person.pk, groups):
        return Standing()
    return _standing_for_others(approval, [each for each in principals if _is_asked(approval, each.pk, groups)], heard)


def _own_objection(approval: Approval, person: Person) -> str | None:
    """Return why this person does not decide, whoever else may speak through them."""
    if not person.is_active:
        return "Only people who work here decide."
    if person.pk == approval.requested_by_id:
        return "You asked for this, so somebody else decides."
    return "You gain from this, so somebody else decides." if person.pk == approval.beneficiary_id else None


def _standing_for_others(approval: Approval, asked: Sequence[Person], heard: set[UUID]) -> Standing:
    """Return the standing of a delegate of these people, of whom the approval was asked."""
    free = [each for each in asked if each.pk not in {approval.requested_by_id, approval.beneficiary_id}]
    if asked and not free:
        return Standing(f"{asked[0]} asked for this or gains from it, so nobody decides it for them.")
    unheard = [each for each in free if each.pk not in heard]
    if free and not unheard:
        return Standing(f"{free[0]} decided this already; it waits for another approver.", is_heard=True)
    return Standing(on_behalf_of=unheard[0]) if unheard else Standing(f"Only {whose(approval)} may decide this.")


def _is_asked(approval: Approval, person_id: UUID, groups: dict[UUID, set[int]]) -> bool:
    """Return whether an approval was asked of this person, or escalated to them."""
    mine = groups.get(person_id, set())
    if approval.approver_id == person_id or (approval.approver_id is None and approval.group_id in mine):
        return True
    if approval.escalated_at is None:
        return False
    if approval.escalated_to_id is not None:
        return approval.escalated_to_id == person_id
    return (approval.escalate_to_id or approval.group_id) in mine


def whose(approval: Approval) -> str:
    """Return, in words, of whom an approval was asked: `members of HR approvers`, `Jonas Weber and Petra Vogel`."""
    asked = [str(approval.approver) if approval.approver else f"members of {approval.group}"]
    if approval.escalated_at and approval.escalated_to:
        asked.append(str(approval.escalated_to))
    elif approval.escalated_at:
        asked.append(f"members of {approval.escalate_to or approval.group}")
    return " and ".join(dict.fromkeys(asked))


def away(person: Person, *, at: datetime) -> QuerySet[Delegation]:
    """Return whom this person named for when they are away, now or later, the next first."""
    ahead = Delegation.objects.filter(person=person, ends_at__gt=at).exclude(ends_at=F("starts_at"))
    return ahead.select_related("delegate").order_by("starts_at", "pk")


def stands_in_for(person: Person, *, at: datetime) -> QuerySet[Delegation]:
    """Return for whom this person decides now."""
    now = Q(starts_at__lte=at, ends_at__gt=at)
    return Delegation.objects.filter(now, delegate=person).select_related("person").order_by("ends_at", "pk")
