"""What of budgets waits for approvals: what each would do, in words, and with which operations it is decided."""

from django.db.models import QuerySet

from approvals.matters import Facts, Matter
from programs import budget_queries, fingerprints
from programs.enums import ApprovalKind
from programs.models import BudgetClosing, BudgetTransfer, Funding
from programs.operations import budget_closings, budget_transfers, fundings
from programs.operations.crediting import in_words
from wallets.models import Account


def funding_facts(row: Funding) -> Facts:
    """Return, in words, what a funding leaves in the budget."""
    left = Account.objects.values_list("points", flat=True).get(pk=row.programme.budget_id)
    return [
        ("What", fundings.in_a_sentence(row)),
        ("Reference", row.reference or "None given"),
        ("Budget", f"{left:,} now, {left + row.points:,} after"),
    ]


def budget_transfer_facts(row: BudgetTransfer) -> Facts:
    """Return, in words, what a transfer leaves in its two budgets."""
    ids = [row.from_account_id, row.to_account_id]
    names = budget_queries.names(ids)
    left = dict(Account.objects.filter(pk__in=ids).values_list("pk", "points"))
    source, target = left[row.from_account_id], left[row.to_account_id]
    after = source - row.points
    short = (
        f"{source:,} now, {-after:,} too few: it would be refused" if after < 0 else f"{source:,} now, {after:,} after"
    )
    return [
        ("What", budget_transfers.in_a_sentence(row)),
        (f"{names.get(row.from_account_id)}", short),
        (f"{names.get(row.to_account_id) or 'Funding'}", f"{target:,} now, {target + row.points:,} after"),
        ("Reason", row.reason),
    ]


def budget_closing_facts(row: BudgetClosing) -> Facts:
    """Return, in words, the figures of a year and what closing it does; of a closed one, what it did."""
    if row.carried_over is not None:
        year, returned, stays = row, row.returned or 0, row.carried_over
        departments: list[tuple[str, str]] = []
    else:
        now = budget_closings.preview(row.programme, carry_over_max=row.carry_over_max)
        year, returned, stays = now.figures, now.returned, now.carried_over  # type: ignore[assignment]
        departments = [("Departments", f"{in_words(now.of_departments)} go to the programme's budget first")]
    return [
        ("What", budget_closings.in_a_sentence(row)),
        ("Began with", in_words(year.opening or 0)),
        ("Funded", in_words(year.funded or 0)),
        ("Moved", f"{year.moved or 0:,} came from other programmes, less what went to them"),
        ("Credited", in_words(year.credited or 0)),
        ("Taken back", in_words(year.taken_back or 0)),
        ("Adjusted", f"{year.adjusted or 0:,} given by hand, less what was taken"),
        *(departments if row.carried_over is None else []),
        ("Goes back", f"{in_words(returned)} to where points come from"),
        ("Stays", f"{in_words(stays)} for the next year"),
    ]


def _fundings() -> QuerySet[Funding]:
    return Funding.objects.select_related("programme", "funded_by", "client__oauth", "approval__group", "transfer")


def _budget_transfers() -> QuerySet[BudgetTransfer]:
    return BudgetTransfer.objects.select_related(
        "from_account__programme",
        "from_account__department_budget__programme",
        "from_account__department_budget__department",
        "to_account__programme",
        "to_account__department_budget__programme",
        "to_account__department_budget__department",
        "requested_by",
        "approval__group",
        "transfer",
    )


def _budget_closings() -> QuerySet[BudgetClosing]:
    return BudgetClosing.objects.select_related("programme", "requested_by", "approval__group")


FUNDING = Matter(
    kind=ApprovalKind.FUNDING,
    label=ApprovalKind.FUNDING.label,
    rows=_fundings,
    seen=fingerprints.of_funding,
    facts=funding_facts,
    button=fundings.in_a_sentence,
    approve=fundings.approve,
    reject=fundings.reject,
)
BUDGET_TRANSFER = Matter(
    kind=ApprovalKind.BUDGET_TRANSFER,
    label=ApprovalKind.BUDGET_TRANSFER.label,
    rows=_budget_transfers,
    seen=fingerprints.of_budget_transfer,
    facts=budget_transfer_facts,
    button=budget_transfers.in_a_sentence,
    approve=budget_transfers.approve,
    reject=budget_transfers.reject,
)
BUDGET_CLOSING = Matter(
    kind=ApprovalKind.BUDGET_CLOSING,
    label=ApprovalKind.BUDGET_CLOSING.label,
    rows=_budget_closings,
    seen=fingerprints.of_budget_closing,
    facts=budget_closing_facts,
    button=budget_closings.in_a_sentence,
    approve=budget_closings.approve,
    reject=budget_closings.reject,
)
BUDGET_MATTERS = (FUNDING, BUDGET_TRANSFER, BUDGET_CLOSING)
