"""Approvals in the HR admin: one queue of whatever waits, decided one by one or together, and who decides for whom."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from api import admin_steps
from api.admin import ReadOnlyModelAdmin, TrackedModelAdmin
from api.admin_steps import TwoStepForm
from approvals import cases, matters, pages, queries
from approvals.deciding import MAY_DECIDE
from approvals.enums import ApprovalStatus
from approvals.forms import AwayForm
from approvals.models import Approval, Decision, Delegation
from approvals.operations import delegations
from people.models import Person
from people.queries import recipients

QUEUE = "waits=me"


class DecisionInline(admin.TabularInline[Decision, Approval]):
    """Who said what."""

    model = Decision
    fields = ["by", "on_behalf_of", "verdict", "note", "decided_at"]
    readonly_fields = ["by", "on_behalf_of", "verdict", "note", "decided_at"]
    extra = 0
    can_delete = False
    verbose_name_plural = "decisions"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        """Return decisions with their people, in the order they were made."""
        return super().get_queryset(request).select_related("by", "on_behalf_of").order_by("decided_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: deciding goes through the page of what waits."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a decision is never changed."""
        return False


class WaitsFilter(admin.SimpleListFilter):
    """Whose decision is waited for."""

    title = "whose decision"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the ways."""
        return [("me", "Mine"), ("anybody", "Anybody's"), ("nobody", "Nobody's: it is settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the approvals that wait so."""
        if self.value() == "me":
            return queryset.filter(pk__in=queries.waiting_for(cast("Person", request.user)).values("pk"))
        if self.value() == "anybody":
            return queryset.filter(status=ApprovalStatus.WAITING)
        return queryset.exclude(status=ApprovalStatus.WAITING) if self.value() == "nobody" else queryset


class KindFilter(admin.SimpleListFilter):
    """What it is about."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what may wait at all."""
        return list(matters.kinds().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the approvals of one kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class AgeFilter(admin.SimpleListFilter):
    """Since when it was asked for."""

    title = "age"
    parameter_name = "older_than_days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the ages that matter."""
        return [("1", "Over a day"), ("3", "Over three days"), ("7", "Over a week")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the approvals that are older."""
        days = {"1": 1, "3": 3, "7": 7}.get(self.value() or "")
        return queryset.filter(requested_at__lt=timezone.now() - timedelta(days=days)) if days else queryset


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyModelAdmin):
    """The queue of what waits, of every kind, and the history of all."""

    change_form_template = "admin/approvals/decide.html"
    list_display = ["summary", "points_shown", "programme", "requested_by", "whose", "requested_at", "state"]
    list_filter = [WaitsFilter, KindFilter, AgeFilter, "programme"]
    list_select_related = [*pages.RELATED]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["summary", "beneficiary__name", "requested_by__name", "programme"]
    search_help_text = "What would happen, who gains, who asked, or a programme"
    ordering = ["requested_at"]
    inlines = [DecisionInline]
    actions = ["decide_together"]
    fields = [
        *("summary", "kind_shown", "state", "programme", "points", "requested_by", "beneficiary", "whose", "required"),
        *("requested_at", "escalate_at", "escalated_at", "closed_at"),
    ]

    class Media:
        css = {"all": ["admin_theme/dashboard.css", "admin_theme/earning.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        """Return approvals with what their pages read."""
        return pages.rows()

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether this person is an approver of anything; each approval is asked about on its own."""
        return request.user.has_perm(MAY_DECIDE)

    def get_urls(self) -> list[URLPattern]:
        """Add the address that decisions are sent to."""
        view = self.admin_site.admin_view(require_POST(self.decide))
        return [path("decide/", view, name="approvals_approval_decide"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Add what approving would do and, while it waits, what a decision needs."""
        row: Approval | None = context.get("original")
        waits = row is not None and row.status == ApprovalStatus.WAITING and self.has_decide_permission(request)
        if row is not None and waits:
            for case in cases.look([row], cast("Person", request.user), at=timezone.now()):
                context["deciding"] = {
                    **{name: getattr(case, name) for name in ("facts", "objection", "button", "is_changed")},
                    "on_behalf_of": case.standing.on_behalf_of,
                    "chosen": f"{row.pk}:{case.seen}",
                    "page": matters.page(case.row),
                    "address": reverse("admin:approvals_approval_decide"),
                }
        return super().render_change_form(request, context, *args, **options)

    @admin.action(description="Decide together", permissions=["decide"])
    def decide_together(self, request: HttpRequest, queryset: QuerySet[Approval]) -> HttpResponse | None:
        """Show what would be decided at once, with its points, and what would not and why."""
        person = cast("Person", request.user)
        found = pages.chosen(request.POST.getlist("_selected_action"), person, at=timezone.now())
        if not found:
            messages.error(request, "Nothing of this can be decided.")
            return None
        shown = pages.preview(found)
        context = {**self.admin_site.each_context(request), "title": "Decide together", "opts": self.opts, **shown}
        return TemplateResponse(request, "admin/approvals/together.html", context | {"media": self.media})

    def decide(self, request: HttpRequest) -> HttpResponse:
        """Decide about what was shown, one or many, and go back to what waits."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        pages.decide_many(request, cast("Person", request.user), at=timezone.now())
        return HttpResponseRedirect(reverse("admin:approvals_approval_changelist") + f"?{QUEUE}")

    @admin.display(description="Kind", ordering="kind")
    def kind_shown(self, row: Approval) -> str:
        """Return what people call this kind of thing."""
        return matters.kinds().get(row.kind, row.kind)

    @admin.display(description="Points", ordering="points")
    def points_shown(self, row: Approval) -> str:
        """Return the points as people read them."""
        return f"{row.points:,}" if row.points is not None else ""

    @admin.display(description="Asked of")
    def whose(self, row: Approval) -> str:
        """Return of whom it was asked, and to whom it escalated."""
        asked = queries.whose(row)
        return asked[:1].upper() + asked[1:]

    @admin.display(description="Status", ordering="status")
    def state(self, row: Approval) -> str:
        """Return the status, and that it waited too long."""
        late = row.escalated_at and row.status == ApprovalStatus.WAITING
        return f"{row.get_status_display()}, escalated" if late else row.get_status_display()


class DelegationForm(TwoStepForm, AwayForm):
    """Who is away, who decides for them, and for which days."""

    field_order = ["person", "delegate", "starts_on", "ends_on"]
    person = forms.CharField(
        max_length=300, label="Who is away", help_text="Employee number, or email: and the address."
    )

    def clean_person(self) -> Person:
        """Return who is away."""
        name = self.cleaned_data["person"].strip()
        person = recipients([name]).get(name)
        if person is None:
            raise forms.ValidationError("Nobody has this number or address. Check it.")
        return person


@admin.register(Delegation)
class DelegationAdmin(TrackedModelAdmin):
    """Who decides for somebody who is away. People name theirs in the portal; HR does where they could not."""

    list_display = ["person", "delegate", "starts_at", "ends_at"]
    list_select_related = ["person", "delegate"]
    search_fields = ["person__name", "delegate__name"]
    search_help_text = "Who is away, or who decides for them"
    ordering = ["-starts_at"]
    fields = ["person", "delegate", "starts_at", "ends_at"]
    readonly_fields = ["person", "delegate", "starts_at", "ends_at"]
    actions = ["end"]
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether this person may end one; none is edited."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: one that is ended stays, as decisions were made in it."""
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name somebody, once it was shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DelegationForm(request.POST or None)
        return admin_steps.run(
            self,
            request,
            form,
            title="Name who decides",
            button="Let them decide",
            facts=lambda: _facts(form),
            act=lambda: _name(form, cast("Person", request.user)),
        )

    @admin.action(description="End now", permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Delegation]) -> None:
        """End each of these."""
        for each in queryset:
            delegations.end(each.pk, by=cast("Person", request.user), at=timezone.now())
        messages.success(request, f"Ended: {len(queryset)}.")


def _facts(form: DelegationForm) -> list[tuple[str, str]]:
    """Return, in words, what naming somebody does."""
    data = form.cleaned_data
    return [
        ("What", f"{data['delegate']} decides what {data['person']} may decide, and both names are recorded"),
        ("When", f"From {data['starts_on']:%d %b %Y} until {data['ends_on']:%d %b %Y}, both days included"),
        ("Not", "What either of them asked for or gains from; and nobody else by way of the delegate"),
        ("Told", f"{data['delegate']} is told at once"),
    ]


def _name(form: DelegationForm, by: Person) -> tuple[Model, str]:
    named = form.named(timezone.get_current_timezone())
    row = delegations.name(person=form.cleaned_data["person"], **named, by=by, at=timezone.now())
    return row, f"{row.delegate} decides for {row.person}, and was told."
