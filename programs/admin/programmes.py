"""Programmes: what they give, to whom, who approves, and what their budget holds."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import BigIntegerField, F, Model, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone

from api.admin import TrackedModelAdmin
from people.models import Person
from programs import expressions, queries
from programs.admin import budgets
from programs.admin.recognitions import AllowancePolicyInline, CompanyValueInline
from programs.expressions import PERSON_VARIABLES
from programs.models import ApprovalStep, Programme
from programs.models.programme import NOTIFY
from programs.operations import programmes

LIMITS: Any = [
    *("per_request_limit", "per_person_limit", "per_person_limit_days"),
    *("per_programme_limit", "per_programme_limit_days"),
]
CHANNELS = [("inbox", "Inbox"), ("email", "E-mail"), ("slack", "Slack"), ("teams", "Microsoft Teams")]


class ProgrammeForm(forms.ModelForm[Programme]):
    """A programme; its condition is checked, and the inbox is always told."""

    notify = forms.MultipleChoiceField(
        choices=CHANNELS, required=False, widget=forms.CheckboxSelectMultiple, help_text="The inbox is always told."
    )

    class Meta:
        model = Programme
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them
        widgets = {"eligible": AdminTextareaWidget(attrs={"rows": 2})}

    def clean_eligible(self) -> str:
        """Return the condition, once it can be read."""
        source: str = self.cleaned_data["eligible"].strip()
        if source and (wrong := expressions.check(source, variables=PERSON_VARIABLES)):
            raise forms.ValidationError(wrong)
        return source

    def clean_notify(self) -> list[str]:
        """Return the channels in one order, the inbox among them."""
        return [channel for channel in NOTIFY if channel == "inbox" or channel in self.cleaned_data["notify"]]

    def clean(self) -> dict[str, Any]:
        """Say at its field what two fields together make impossible."""
        data: dict[str, Any] = super().clean() or {}
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error(
                "ends_on", "This is the first day without points, so it comes after the first day with some."
            )
        for limit in ("per_person_limit", "per_programme_limit"):
            if (data.get(limit) is None) != (data.get(f"{limit}_days") is None):
                self.add_error(limit, "Give the points and the days, or neither.")
        return data


class ApprovalStepInline(admin.TabularInline[ApprovalStep, Programme]):
    """Above how many points whose approval is needed. The highest threshold passed counts."""

    model = ApprovalStep
    extra = 0
    verbose_name_plural = "approvals needed"

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        """Offer the groups alone: who is in which is decided elsewhere."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        for right in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            if field is not None and hasattr(field.widget, right):
                setattr(field.widget, right, False)
        return field


@admin.register(Programme)
class ProgrammeAdmin(TrackedModelAdmin):
    """Reasons for which the company gives points. One that was used is ended, never deleted."""

    form = ProgrammeForm
    change_form_template = "admin/programs/programme/change_form.html"
    list_display = ["name", "slug", "status", "starts_on", "ends_on", "budget_left"]
    list_filter = ["status"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    inlines = [ApprovalStepInline, AllowancePolicyInline, CompanyValueInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "status", "starts_on", "ends_on"]}),
        ("Budget", {"fields": ["budget_shown", "budget_low_at"]}),
        ("Who", {"fields": ["eligible", "unknown_recipients", "park_for_days"]}),
        ("How much", {"fields": LIMITS}),
        ("What people notice", {"fields": ["points_expire_after_days", "notify"]}),
    ]

    class Media:
        css = {"all": ["admin_theme/dashboard.css", "admin_theme/earning.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Programme]:
        """Return programmes with what is left in their budgets and their departments', in one query."""
        of_departments = Coalesce(Sum("department_budgets__account__points"), 0, output_field=BigIntegerField())
        return Programme.objects.annotate(left=F("budget__points") + of_departments)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Keep the slug as it is: systems and files call the programme by it."""
        return ["budget_shown", "slug"] if obj else ["budget_shown"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the budget of a programme that is not there yet."""
        return self.fieldsets if obj else [each for each in self.fieldsets if each[0] != "Budget"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: a programme is ended. The configuration file takes away one that was never used."""
        return False

    def save_model(self, request: HttpRequest, obj: Programme, form: Any, change: bool) -> None:
        """Save a change; open a new programme with its budget account."""
        if change:
            super().save_model(request, obj, form, change)
            return
        data = {name: value for name, value in form.cleaned_data.items() if name not in {"slug", "name"}}
        made = programmes.create(
            slug=obj.slug, name=obj.name, by=cast("Person", request.user), at=timezone.now(), **data
        )
        obj.__dict__.update(made.__dict__)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the budget."""
        views = {"fund": self.fund, "budget": self.budget_view}
        return [
            *(
                path(f"<int:programme_id>/{name}/", self.admin_site.admin_view(view), name=f"programs_programme_{name}")
                for name, view in views.items()
            ),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Say whether this person may fund the budget."""
        return super().render_change_form(
            request, context | {"may_fund": request.user.has_perm(budgets.MAY_FUND)}, *args, **kwargs
        )

    def fund(self, request: HttpRequest, programme_id: int) -> HttpResponse:
        """Show the form that funds a budget, then what it would do, then do it."""
        return budgets.fund(self, request, self.get_object(request, str(programme_id)))

    def budget_view(self, request: HttpRequest, programme_id: int) -> HttpResponse:
        """Show what the programme's budgets got, gave and hold, and how long they last."""
        return budgets.page(self, request, self.get_object(request, str(programme_id)))

    @admin.display(description="Left in the budget", ordering="left")
    def budget_left(self, programme: Any) -> str:
        """Return the points left."""
        return f"{programme.left:,}"

    @admin.display(description="Budget")
    def budget_shown(self, programme: Programme) -> str:
        """Return funded, credited and left as numbers and as a bar."""
        budget = queries.budget(programme)
        share = round(100 * budget.credited / budget.funded) if budget.funded else 0
        low_at = programme.budget_low_at
        state = "danger" if budget.left <= 0 else "warn" if low_at is not None and budget.left <= low_at else ""
        return render_to_string(
            "admin/programs/programme/budget.html",
            {"budget": budget, "share": share, "state": state, "low_at": low_at, "programme": programme},
        )
