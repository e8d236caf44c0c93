"""Says when a budget runs low."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse

from messaging.enums import WebhookType
from messaging.operations import messages, webhook_events
from messaging.operations.messages import NewMessage
from people.models import Person
from programs import representations
from programs.models import DepartmentBudget, Programme
from programs.operations.crediting import in_words

# Opens a row for each budget that is low and was not said to be, and ends those of budgets that are above again.
NOTICE = """
WITH budget AS (
    SELECT held.account_id,
           CASE WHEN department.id IS NULL THEN programme.budget_low_at ELSE department.low_at END AS low_at
    FROM programs_budget held JOIN programs_programme programme ON programme.id = held.programme_id
         LEFT JOIN programs_departmentbudget department ON department.id = held.department_budget_id
    WHERE programme.status = 'active' AND department.closed_at IS NULL
), state AS (
    SELECT budget.account_id, budget.low_at, account.points
    FROM budget JOIN wallets_account account ON account.id = budget.account_id
), ended AS (
    UPDATE programs_lowbudget low SET ended_at = %(at)s
    WHERE ended_at IS NULL AND NOT EXISTS (
        SELECT FROM state WHERE state.account_id = low.account_id AND state.points <= state.low_at)
)
INSERT INTO programs_lowbudget (account_id, low_at, points, noticed_at)
SELECT account_id, low_at, points, %(at)s FROM state WHERE points <= low_at
ON CONFLICT (account_id) WHERE ended_at IS NULL DO NOTHING
RETURNING id, account_id, low_at, points
"""


def notice(*, at: datetime) -> int:
    """Tell who funds budgets of those that ran low since it was last looked, once until they are above again.

    State and not a moment is looked at: nothing stands in the way of a credit, a budget whose `low_at` was raised is
    noticed too, and one that was filled up meanwhile bothers nobody.

    Returns:
        How many were noticed.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(NOTICE, {"at": at})
            noticed = cursor.fetchall()
        if noticed:
            _tell_low(noticed, at)
    return len(noticed)


def _tell_low(noticed: Iterable[tuple[int, UUID, int, int]], at: datetime) -> None:
    """Tell people, and client systems."""
    account_ids = [account_id for _, account_id, _, _ in noticed]
    departments = DepartmentBudget.objects.filter(account__in=account_ids).select_related("programme", "department")
    named: dict[UUID, tuple[Programme, str]] = {
        **{row.account_id: (row.programme, str(row)) for row in departments},
        **{row.budget_id: (row, str(row)) for row in Programme.objects.filter(budget__in=account_ids)},
    }
    people = list(funders())
    told = []
    for key, account_id, low_at, points in noticed:
        programme, name = named[account_id]
        told += [
            NewMessage(
                person_id=person_id,
                kind="budget_low",
                title=f"The budget of {name} runs low",
                body=f"{in_words(points)} left, {low_at:,} was set as low. Fund it before requests are refused.",
                path=reverse("admin:programs_programme_budget", args=[programme.pk]),
                reference=f"low:{key}",
                channels=("email",),
            )
            for person_id in people
        ]
    messages.tell(told, at=at)
    webhook_events.announce_things(
        WebhookType.BUDGET_LOW,
        sorted({programme for programme, _ in named.values()}, key=lambda each: each.pk),
        represent=lambda programmes: [representations.budget(each) for each in programmes],
        programme=lambda each: each.slug,
        at=at,
    )


def funders() -> Iterable[UUID]:
    """Return the people who are told of low budgets: those whose role funds them, and HR administrators."""
    may_fund = Q(groups__permissions__codename="add_funding", groups__permissions__content_type__app_label="programs")
    proposes = Q(
        groups__permissions__codename="add_budgettransfer", groups__permissions__content_type__app_label="programs"
    )
    return (
        Person.objects.filter(may_fund | proposes, status="active")
        .order_by("pk")
        .distinct()
        .values_list("pk", flat=True)
    )
