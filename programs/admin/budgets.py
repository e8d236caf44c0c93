"""The page of a programme's budgets: what they got, gave and hold, how long they last, and what can be done."""

from typing import Any, NamedTuple, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from api import admin_steps
from api.admin_steps import TwoStepForm
from people.models import Person
from programs import budget_queries, forecasts
from programs.admin.burn_down import draw
from programs.budget_queries import Figures
from programs.enums import ApprovalSubject, BudgetStatus
from programs.forecasts import LONG_DAYS, SHORT_DAYS
from programs.models import BudgetTransfer, Funding, Programme
from programs.operations import fundings
from programs.operations.crediting import in_words
from programs.queries import step_for
from wallets.models import Account
from wallets.models.account import TRANSFER_POINTS_MAX

MAY_FUND = "programs.add_funding"
SHOWN_MAX = 8  # of what happened last


class FundForm(TwoStepForm):
    """Points for a budget. `form_id` makes the form one funding, however often its button is pressed."""

    points = forms.IntegerField(min_value=1, max_value=TRANSFER_POINTS_MAX)
    reference = forms.CharField(required=False, max_length=200, help_text="As in your books, such as a purchase order.")


class Line(NamedTuple):
    """Something that happened to a budget: its page, what, about what, points with their sign, and its state."""

    address: str
    what: str
    about: str
    points: str
    state: str


class Department(NamedTuple):
    """A department's budget: its page, its name, and what is left; `state` is `warn` or `danger` where it runs out."""

    address: str
    name: str
    left: int
    low_at: int | None
    state: str


def fund(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, programme: Programme | None) -> HttpResponse:
    """Show the form that funds a budget, then what it would do, then do it."""
    if not request.user.has_perm(MAY_FUND) or not model_admin.has_view_permission(request, programme):
        raise PermissionDenied
    if programme is None:
        raise Http404("There is no such programme.")
    form = FundForm(request.POST or None)
    return admin_steps.run(
        model_admin,
        request,
        form,
        title=f"Fund {programme}",
        button="Fund the budget",
        facts=lambda: _fund_facts(programme, form.cleaned_data["points"]),
        act=lambda: _fund(programme, form, cast("Person", request.user)),
        original=programme,
    )


def page(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, programme: Programme | None) -> HttpResponse:
    """Show the budgets of a programme; the number of queries does not grow with what they hold."""
    if not model_admin.has_view_permission(request, programme):
        raise PermissionDenied
    if programme is None:
        raise Http404("There is no such programme.")
    account_ids = budget_queries.accounts_of(programme)
    days = budget_queries.days(account_ids, count=LONG_DAYS + 1, at=timezone.now())
    short, long = (forecasts.forecast(days, over=over) for over in (SHORT_DAYS, LONG_DAYS))
    figures, left = budget_queries.figures(programme), days[-1].left
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": f"Budget of {programme}",
        "opts": model_admin.opts,
        "original": programme,
        "media": model_admin.media,
        "figures": figures,
        "facts": _facts(figures),
        "short": short,
        "forecasts": [forecasts.in_words(found, left=left) for found in dict.fromkeys((short, long))],
        "chart": draw(days, short),
        "departments": _departments(programme),
        "lines": _lines(programme, account_ids),
        "closings": list(programme.closings.filter(status=BudgetStatus.POSTED).order_by("-year")[:SHOWN_MAX]),
        "actions": _actions(request, programme),
    }
    return TemplateResponse(request, "admin/programs/programme/budget_page.html", context)


def _fund_facts(programme: Programme, points: int) -> admin_steps.Facts:
    left = Account.objects.values_list("points", flat=True).get(pk=programme.budget_id)
    step = step_for(programme, ApprovalSubject.FUNDINGS, points=points)
    return [
        ("Budget", f"{programme}: {left:,} now, {left + points:,} after"),
        ("When", f"Once {step.group} approve it: it is over {step.over:,}" if step else "At once"),
    ]


def _fund(programme: Programme, form: FundForm, by: Person) -> tuple[Any, str]:
    data = form.cleaned_data
    row = fundings.fund(
        programme=programme,
        points=data["points"],
        reference=data["reference"],
        by=by,
        external_id=f"admin:{data['form_id'].hex}",
        at=timezone.now(),
    )
    points = in_words(row.points)
    if row.status == BudgetStatus.WAITING:
        return row, f"{points} for {programme} wait for approval."
    return programme, f"{points} are in the budget of {programme}."


def _facts(figures: Figures) -> admin_steps.Facts:
    """Return the sum that leads to what is left, as an accountant writes it."""
    return [
        ("Carried over", f"{figures.opening:,}"),
        ("Funded", _signed(figures.funded)),
        ("Moved", _signed(figures.moved)),
        ("Credited", _signed(-figures.credited)),
        ("Taken back", _signed(figures.taken_back)),
        ("Adjusted", _signed(-figures.adjusted)),
        ("Left", f"{figures.left:,}"),
    ]


def _signed(points: int) -> str:
    """Return points as a sum shows them: `+500`, `−500`, `0`."""
    sign = "+" if points > 0 else "\N{MINUS SIGN}" if points < 0 else ""
    return f"{sign}{abs(points):,}"


def _departments(programme: Programme) -> list[Department]:
    """Return the programme's own budget and its departments', where it gives departments any."""
    found = [
        Department(
            reverse("admin:programs_departmentbudget_change", args=[row.pk]),
            row.department.name,
            row.account.points,
            row.low_at,
            _state(row.account.points, row.low_at),
        )
        for row in budget_queries.departments(programme)
    ]
    if not found:
        return []
    own, low_at = Account.objects.values_list("points", flat=True).get(pk=programme.budget_id), programme.budget_low_at
    return [Department("", "Everybody else", own, low_at, _state(own, low_at)), *found]


def _state(left: int, low_at: int | None) -> str:
    return "danger" if left <= 0 else "warn" if low_at is not None and left <= low_at else ""


def _lines(programme: Programme, account_ids: list[Any]) -> list[Line]:
    """Return what was funded and moved last, newest first."""
    funded = Funding.objects.filter(programme=programme).select_related("funded_by", "client__oauth").order_by("-pk")
    touching = BudgetTransfer.objects.filter(from_account__in=account_ids)
    moved = list(touching.order_by("-pk")[:SHOWN_MAX])
    moved += (
        BudgetTransfer.objects.filter(to_account__in=account_ids)
        .exclude(from_account__in=account_ids)
        .order_by("-pk")[:SHOWN_MAX]
    )
    names = budget_queries.names({each for row in moved for each in (row.from_account_id, row.to_account_id)})
    lines = [(row.pk, _funding_line(row)) for row in funded[:SHOWN_MAX]]
    lines += [(row.pk, _transfer_line(row, names, account_ids)) for row in moved]
    return [line for _, line in sorted(lines, reverse=True)[:SHOWN_MAX]]


def _funding_line(row: Funding) -> Line:
    by = row.funded_by or row.client or "the portal"
    return Line(
        reverse("admin:programs_funding_change", args=[row.pk]),
        f"Funded by {by}",
        row.reference or "No reference",
        f"+{row.points:,}",
        "" if row.status == BudgetStatus.POSTED else row.get_status_display(),
    )


def _transfer_line(row: BudgetTransfer, names: dict[Any, Any], account_ids: list[Any]) -> Line:
    source, target = names.get(row.from_account_id), names.get(row.to_account_id, "where points come from")
    is_out, is_in = row.from_account_id in account_ids, row.to_account_id in account_ids
    sign = "" if is_out and is_in else "\N{MINUS SIGN}" if is_out else "+"
    return Line(
        reverse("admin:programs_budgettransfer_change", args=[row.pk]),
        f"From {source} to {target}",
        row.reason,
        f"{sign}{row.points:,}",
        "" if row.status == BudgetStatus.POSTED else row.get_status_display(),
    )


def _actions(request: HttpRequest, programme: Programme) -> list[tuple[str, str]]:
    """Return what this person may do here, as address and words."""
    asked = f"?programme={programme.pk}"
    offered = [
        (MAY_FUND, reverse("admin:programs_programme_fund", args=[programme.pk]), "Fund the budget"),
        ("programs.add_budgettransfer", reverse("admin:programs_budgettransfer_add") + asked, "Move points"),
        (
            "programs.add_departmentbudget",
            reverse("admin:programs_departmentbudget_add") + asked,
            "Give a department a budget",
        ),
        ("programs.add_budgetclosing", reverse("admin:programs_budgetclosing_add") + asked, "Close a year"),
    ]
    return [(address, words) for needed, address, words in offered if request.user.has_perm(needed)]
