"""Transfers between budgets, closed years and departments' budgets: proposed, decided, looked at."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from api import admin_steps, ids
from api.admin import TrackedModelAdmin
from api.admin_steps import TwoStepForm
from approvals.deciding import DecidingAdmin
from people.models import Department, Person
from programs import budget_matters, budget_queries
from programs.admin.links import link
from programs.enums import ApprovalSubject, BudgetStatus
from programs.models import BudgetClosing, BudgetTransfer, DepartmentBudget, Programme
from programs.models.budget_closing import YEAR_MAX, YEAR_MIN
from programs.operations import budget_closings, budget_transfers, department_budgets
from programs.queries import step_for
from programs.reasons import REASON_CHARACTERS
from wallets.models.account import TRANSFER_POINTS_MAX

ID_DIGITS_MAX = 18  # what a key of the database may have


class TransferForm(TwoStepForm):
    """From which budget to which, how many points, and why."""

    from_account = forms.ChoiceField(label="From")
    to_account = forms.ChoiceField(label="To")
    points = forms.IntegerField(min_value=1, max_value=TRANSFER_POINTS_MAX)
    reason = forms.CharField(
        max_length=REASON_CHARACTERS, widget=AdminTextInputWidget, help_text="Approvers and auditors read this."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            ("", "Choose a budget"),
            *((str(each.account_id), str(each)) for each in budget_queries.open_budgets()),
        ]
        for name in ("from_account", "to_account"):
            cast("forms.ChoiceField", self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        """Say at its field that a budget cannot give to itself."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("from_account") and data.get("from_account") == data.get("to_account"):
            self.add_error("to_account", "This is the budget the points come from. Choose another.")
        return data

    def row(self, by: Person | None = None) -> BudgetTransfer:
        """Return what was filled in, not saved."""
        data = self.cleaned_data
        return BudgetTransfer(
            from_account_id=UUID(data["from_account"]),
            to_account_id=UUID(data["to_account"]),
            points=data["points"],
            reason=data["reason"],
            requested_by=by,
        )


class ClosingForm(TwoStepForm):
    """Which year of which programme, and how much may stay."""

    programme = forms.ModelChoiceField(Programme.objects.order_by("name"))
    year = forms.IntegerField(min_value=YEAR_MIN, max_value=YEAR_MAX)
    carry_over_max = forms.IntegerField(
        label="Points that may stay",
        min_value=0,
        max_value=TRANSFER_POINTS_MAX,
        initial=0,
        help_text="For the next year. What is left beyond goes back to where points come from.",
    )


class DepartmentForm(TwoStepForm):
    """Which department gets a budget of its own in which programme."""

    programme = forms.ModelChoiceField(Programme.objects.order_by("name"))
    department = forms.ModelChoiceField(Department.objects.order_by("name"))
    low_at = forms.IntegerField(
        required=False, min_value=0, max_value=TRANSFER_POINTS_MAX, help_text="Points left at which somebody is told."
    )


@admin.register(BudgetTransfer)
class BudgetTransferAdmin(DecidingAdmin):
    """What was moved between budgets, and what waits to be."""

    matter = budget_matters.BUDGET_TRANSFER
    list_display = ["source", "target", "points_shown", "reason", "status", "requested_by", "requested_at"]
    list_filter = ["status", "requested_at"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["reason", "requested_by__name"]
    ordering = ["-id"]
    fields = [
        *("source", "target", "points_shown", "reason", "status", "requested_by", "requested_at", "decided_shown"),
        *("closing_link", "closed_at", "transfer_link"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetTransfer]:
        """Return transfers with what their pages read."""
        return self.matter.rows().select_related("closing__programme")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may propose one."""
        return request.user.has_perm("programs.add_budgettransfer")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Move points from one budget to another, once what it would do was shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        named = _number(request.GET.get("programme"))
        programme = Programme.objects.filter(pk=named).first() if named else None
        initial = {"from_account": str(programme.budget_id)} if programme else None
        form = TransferForm(request.POST or None, initial=initial)
        return admin_steps.run(
            self,
            request,
            form,
            title="Move points between budgets",
            button="Move these points",
            facts=lambda: _transfer_facts(form.row()),
            act=lambda: _transfer(form, cast("Person", request.user)),
        )

    @admin.display(description="From")
    def source(self, row: BudgetTransfer) -> str:
        """Return the budget that gives."""
        return _name(row.from_account)

    @admin.display(description="To")
    def target(self, row: BudgetTransfer) -> str:
        """Return the budget that gets."""
        return _name(row.to_account)

    @admin.display(description="Points", ordering="points")
    def points_shown(self, row: BudgetTransfer) -> str:
        """Return the points."""
        return f"{row.points:,}"

    @admin.display(description="Decisions")
    def decided_shown(self, row: BudgetTransfer) -> str:
        """Return who said what, where anybody had to."""
        return self.decided(row) if row.approval_id else "None was needed"

    @admin.display(description="Closing")
    def closing_link(self, row: BudgetTransfer) -> SafeString | str:
        """Return the closing that moved them, leading to its page."""
        return link(row.closing)

    @admin.display(description="Transfer")
    def transfer_link(self, row: BudgetTransfer) -> SafeString | str:
        """Return the transfer that moved the points, leading to its page."""
        return link(row.transfer, ids.public(ids.TRANSFER, row.transfer_id) if row.transfer_id else "")


@admin.register(BudgetClosing)
class BudgetClosingAdmin(DecidingAdmin):
    """Years that were closed, with their figures, and those that wait to be."""

    matter = budget_matters.BUDGET_CLOSING
    list_display = ["programme", "year", "status", "opening", "funded", "credited", "returned", "carried_over"]
    list_filter = ["status", "year"]
    list_per_page = 50
    search_fields = ["programme__name", "programme__slug"]
    ordering = ["-year", "-id"]
    fieldsets = [
        (None, {"fields": ["programme_link", "year", "may_stay", "status"]}),
        ("Figures", {"fields": ["figures_shown"]}),
        ("Who", {"fields": ["requested_by", "requested_at", "decided", "closed_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetClosing]:
        """Return closings with what their pages read."""
        return self.matter.rows()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may propose one."""
        return request.user.has_perm("programs.add_budgetclosing")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Propose to close a year, once what it would do was shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"programme": request.GET.get("programme"), "year": timezone.now().year}
        form = ClosingForm(request.POST or None, initial=initial)
        return admin_steps.run(
            self,
            request,
            form,
            title="Close a year",
            button="Propose to close it",
            facts=lambda: _closing_facts(form),
            act=lambda: _propose_closing(form, cast("Person", request.user)),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the figures of a year that is not closed: what waits shows them as they are now."""
        return [each for each in self.fieldsets if each[0] != "Figures" or (obj and obj.carried_over is not None)]

    @admin.display(description="Points that may stay")
    def may_stay(self, row: BudgetClosing) -> str:
        """Return the points."""
        return f"{row.carry_over_max:,}"

    @admin.display(description="Figures")
    def figures_shown(self, row: BudgetClosing) -> SafeString:
        """Return the year's figures, as they were when it was closed."""
        facts = budget_matters.budget_closing_facts(row)[1:]
        rows = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", facts)
        return format_html('<dl class="facts">{}</dl>', rows)

    @admin.display(description="Programme")
    def programme_link(self, row: BudgetClosing) -> SafeString | str:
        """Return the programme, leading to its page."""
        return link(row.programme)


@admin.register(DepartmentBudget)
class DepartmentBudgetAdmin(TrackedModelAdmin):
    """Budgets that programmes give to departments. One that was used is closed, never deleted."""

    change_form_template = "admin/programs/departmentbudget/change_form.html"
    list_display = ["programme", "department", "left_shown", "low_at", "opened_at", "closed_at"]
    list_filter = ["programme"]
    list_select_related = ["programme", "department"]
    search_fields = ["programme__name", "department__name"]
    ordering = ["programme__name", "department__name"]
    fields = ["programme", "department", "left_shown", "low_at", "opened_at", "closed_at"]
    readonly_fields = ["programme", "department", "left_shown", "opened_at", "closed_at"]

    class Media:
        css = {"all": ["admin_theme/dashboard.css", "admin_theme/earning.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[DepartmentBudget]:
        """Return budgets with what is left in them, in one query."""
        rows = DepartmentBudget.objects.select_related("programme", "department")
        return rows.annotate(left=F("account__points"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this person may change it: a closed one stays as it is."""
        return super().has_change_permission(request, obj) and (obj is None or obj.closed_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: a budget is closed."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the page that closes a budget."""
        view = self.admin_site.admin_view(self.close_view)
        return [path("<int:pk>/close/", view, name="programs_departmentbudget_close"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Say whether this person may close the budget."""
        may_close = self.has_change_permission(request, context.get("original"))
        return super().render_change_form(request, context | {"may_close": may_close}, *args, **options)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Give a department a budget of its own, once what it would do was shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DepartmentForm(request.POST or None, initial={"programme": request.GET.get("programme")})
        return admin_steps.run(
            self,
            request,
            form,
            title="Give a department a budget",
            button="Give it a budget",
            facts=lambda: _department_facts(form),
            act=lambda: _give(form, cast("Person", request.user)),
        )

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close a budget, once what it would do was shown."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404("There is no such budget.")
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = TwoStepForm(request.POST or None)
        return admin_steps.run(
            self,
            request,
            form,
            title=f"Close the budget of {row}",
            button="Close it for ever",
            facts=lambda: [
                ("Points", f"{cast('Any', row).left:,} go back to the budget of {row.programme}"),
                ("From then on", f"{row.programme} pays for the people of {row.department}"),
            ],
            act=lambda: (
                department_budgets.close(row.pk, by=cast("Person", request.user), at=timezone.now()),
                f"The budget of {row} is closed.",
            ),
            original=row,
        )

    @admin.display(description="Left", ordering="left")
    def left_shown(self, row: Any) -> str:
        """Return the points left."""
        return f"{row.left:,}"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= ID_DIGITS_MAX else None


def _name(account: Any) -> str:
    """Return what an account is called: a programme, a department in it, or the place where points come from."""
    for kind in ("department_budget", "programme"):
        if budget := getattr(account, kind, None):
            return str(budget)
    return "Where points come from"


def _transfer_facts(row: BudgetTransfer) -> admin_steps.Facts:
    source = budget_queries.open_budget(row.from_account_id)
    step = step_for(source.programme, ApprovalSubject.FUNDINGS, points=row.points)
    facts = budget_matters.budget_transfer_facts(row)[:-1]
    return [*facts, ("When", f"Once {step.group} approve it: it is over {step.over:,}" if step else "At once")]


def _transfer(form: TransferForm, by: Person) -> tuple[BudgetTransfer, str]:
    asked = form.row()
    row = budget_transfers.propose(
        from_account_id=asked.from_account_id,
        to_account_id=asked.to_account_id,
        points=asked.points,
        reason=asked.reason,
        transfer_id=form.cleaned_data["form_id"],
        by=by,
        at=timezone.now(),
    )
    waits = "It waits for approval." if row.status == BudgetStatus.WAITING else "Done."
    return row, f"{budget_transfers.in_a_sentence(row)}. {waits}"


def _closing_facts(form: ClosingForm) -> admin_steps.Facts:
    data = form.cleaned_data
    row = BudgetClosing(programme=data["programme"], year=data["year"], carry_over_max=data["carry_over_max"])
    budget_closings.check_year(row.programme, row.year, timezone.now())
    return [*budget_matters.budget_closing_facts(row), ("When", "Once a second person approves it, as it is then")]


def _propose_closing(form: ClosingForm, by: Person) -> tuple[BudgetClosing, str]:
    data = form.cleaned_data
    row = budget_closings.propose(
        programme=data["programme"],
        year=data["year"],
        carry_over_max=data["carry_over_max"],
        by=by,
        at=timezone.now(),
    )
    return row, f"{budget_closings.in_a_sentence(row)} waits for approval."


def _department_facts(form: DepartmentForm) -> admin_steps.Facts:
    programme, department = form.cleaned_data["programme"], form.cleaned_data["department"]
    return [
        ("Who", f"The points of everybody in {department} come from it, others' from the budget of {programme}"),
        ("Points", "It is empty at first: requests are refused until you move points into it"),
    ]


def _give(form: DepartmentForm, by: Person) -> tuple[DepartmentBudget, str]:
    data = form.cleaned_data
    row = department_budgets.give(
        programme=data["programme"], department=data["department"], low_at=data["low_at"], by=by, at=timezone.now()
    )
    return row, f"{row.department} has a budget in {row.programme}. Move points into it."
