"""Turns rules on by two people: one asks for a version, another makes it the live one."""

from datetime import datetime
from typing import Unpack
from uuid import UUID

import pghistory
from django.db import transaction

from approvals import queries as approvers
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.models import Approval
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from people.models import Person
from programs import fingerprints, queries
from programs.enums import ApprovalKind, ApprovalSubject, RuleChangeStatus
from programs.errors import RuleUnchanged
from programs.models import Programme, Rule, RuleChange, RuleVersion
from programs.operations import rules
from programs.operations.rules import Wording
from wallets.operations.transactions import retried


@retried
def propose(*, programme: Programme, slug: str, by: Person, at: datetime, **wording: Unpack[Wording]) -> RuleChange:
    """Ask for a wording of a rule to be the live one; what is live stays so until another person agrees.

    1. Check every expression. 2. Lock the rule, or make it, turned off. 3. Refuse where the live version says this. 4.
    Write a version, unless the newest says this. 5. Withdraw what waited for the rule, as this takes its place. 6. Ask
    the group of the programme's step for rules, or one of the HR approvers.

    Args:
        programme: whose rule it is.
        slug: the rule's name within the programme.
        by: who asks, and so does not decide.
        at: now.
        wording: see `Wording`.

    Returns:
        The change that waits; the one that waited where it was asked for the same before.

    Raises:
        ExpressionError: an expression is wrong; `pointer` says which, as `/once_per/0`.
        RuleUnchanged: the live version says this.
    """
    rules.check(**wording)
    with transaction.atomic(), rules.actor(by):
        Rule.objects.get_or_create(programme=programme, slug=slug)
        rule = _lock(programme=programme, slug=slug)
        if rule.live_version is not None and rules.says(rule.live_version, wording):
            raise RuleUnchanged(f"Version {rule.live_version.number} is live and says exactly this. Change something.")
        newest = rule.versions.first()
        version = newest if newest and rules.says(newest, wording) else rules.add_version(rule, by=by, **wording)
        waiting = rule.changes.filter(status=RuleChangeStatus.WAITING).select_related("approval").first()
        if waiting is not None:
            change = _as_it_would_be(rule, waiting)
            if (
                waiting.version_id == version.pk
                and fingerprints.of_rule_change(change) == waiting.approval.content_hash
            ):
                return waiting
            _withdraw(waiting, at=at)
        return _ask(rule, version, by=by, at=at)


@retried
def approve(change_id: UUID, *, by: Person, note: str = "", at: datetime) -> RuleChange:
    """Approve a change: once enough people did, its version is the live one, from now on.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        change = _locked(change_id)
        approval = _decide(change, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            _close(change, RuleChangeStatus.TURNED_ON, at)
            with pghistory.context(user=str(by.pk), asked_by=str(change.requested_by_id)):
                change.rule.live_version = change.version
                change.rule.save(update_fields=["live_version"])
    return change


@retried
def reject(change_id: UUID, *, by: Person, note: str = "", at: datetime) -> RuleChange:
    """Reject a change: what is live stays so.

    Raises:
        AlreadyDecided, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        change = _locked(change_id)
        _decide(change, Verdict.REJECT, by=by, note=note, at=at)
        _close(change, RuleChangeStatus.REJECTED, at)
    return change


def withdraw(change_id: UUID, *, at: datetime) -> RuleChange:
    """Drop a change that waits. Its version stays, and may be asked for again.

    Raises:
        AlreadyDecided: it does not wait.
    """
    with transaction.atomic():
        change = _locked(change_id)
        _withdraw(change, at=at)
    return change


def in_a_sentence(change: RuleChange) -> str:
    """Return what it is: `version 3 of top-rating in Quarterly performance`."""
    return f"version {change.version.number} of {change.rule} in {change.rule.programme}"


def _ask(rule: Rule, version: RuleVersion, *, by: Person, at: datetime) -> RuleChange:
    change = RuleChange(rule=rule, version=version, replaces=rule.live_version, requested_by=by, requested_at=at)
    step = queries.step_for(rule.programme, ApprovalSubject.RULES)
    question = NewApproval(
        kind=ApprovalKind.RULE,
        summary=f"Turn on {in_a_sentence(change)}",
        content_hash=fingerprints.of_rule_change(change),
        group_id=step.group_id if step else approvers.hr_approvers().pk,
        required=step.approvals if step else 1,
        requested_by_id=by.pk,
        beneficiary_id=None,
        programme=rule.programme.slug,
    )
    [change.approval] = approvals.ask([question], at=at)
    change.save(force_insert=True)
    return change


def _as_it_would_be(rule: Rule, waiting: RuleChange) -> RuleChange:
    """Return a change that waits over the rule and the programme as they are now, as its hash is made of them."""
    return RuleChange(pk=waiting.pk, rule=rule, version=waiting.version, replaces_id=waiting.replaces_id)


def _lock(**names: object) -> Rule:
    """Return a rule under its row lock, which is taken before those of its changes and their approvals."""
    locked = Rule.objects.select_for_update(of=("self",))
    return locked.select_related("programme", "live_version").get(**names)


def _locked(change_id: UUID) -> RuleChange:
    rule_id = RuleChange.objects.values_list("rule_id", flat=True).get(pk=change_id)
    rule = _lock(pk=rule_id)
    change = RuleChange.objects.select_for_update(of=("self",), no_key=True).select_related("version").get(pk=change_id)
    change.rule = rule
    if change.status != RuleChangeStatus.WAITING:
        raise AlreadyDecided(f"This change is decided: {change.get_status_display().lower()}.")
    return change


def _decide(change: RuleChange, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    seen = fingerprints.of_rule_change(change)
    return approvals.decide(change.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)


def _withdraw(change: RuleChange, *, at: datetime) -> None:
    approvals.withdraw(change.approval_id, at=at)
    _close(change, RuleChangeStatus.WITHDRAWN, at)


def _close(change: RuleChange, status: RuleChangeStatus, at: datetime) -> None:
    change.status, change.closed_at = status, at
    change.save(update_fields=["status", "closed_at"])
