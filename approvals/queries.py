"""What waits, and who may decide it."""

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.enums import ApprovalStatus
from approvals.models import Approval, Decision
from people.models import Person

HR_APPROVERS = "HR approvers"


def hr_approvers() -> Group:
    """Return the group that decides about what HR does by hand: adjustments and refunds."""
    return Group.objects.get_or_create(name=HR_APPROVERS)[0]


def waiting_for(person: Person) -> QuerySet[Approval]:
    """Return what this person may decide now, longest waiting first."""
    return (
        Approval.objects.filter(status=ApprovalStatus.WAITING, group__in=person.groups.all())
        .exclude(Q(requested_by=person) | Q(beneficiary=person))
        .exclude(Exists(Decision.objects.filter(approval=OuterRef("pk"), by=person)))
        .order_by("requested_at", "pk")
    )


def objection(approval: Approval, person: Person) -> str | None:
    """Return, in a sentence, why this person may not decide this approval; None where they may.

    Whether it is still waiting is another question: this one is about the person alone.
    """
    if not person.is_active:
        return "Only people who work here decide."
    if person.pk == approval.requested_by_id:
        return "You asked for this, so somebody else decides."
    if person.pk == approval.beneficiary_id:
        return "You gain from this, so somebody else decides."
    if not person.groups.filter(pk=approval.group_id).exists():
        return f"Only members of {approval.group} decide this."
    return None
