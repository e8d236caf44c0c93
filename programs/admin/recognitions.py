"""Recognition in the admin: who recognised whom and for which value, and what givers have left."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from api.admin import ReadOnlyModelAdmin
from programs import allowances, recognition_report
from programs.admin.links import link
from programs.models import Allowance, AllowancePolicy, CompanyValue, Programme, Recognition


class AllowancePolicyInline(admin.StackedInline[AllowancePolicy, Programme]):
    """How many points a month people may give each other out of the programme."""

    model = AllowancePolicy
    extra = 0
    max_num = 1
    verbose_name = verbose_name_plural = "recognition: what colleagues may give"


class CompanyValueInline(admin.TabularInline[CompanyValue, Programme]):
    """The values that a recognition may name. One that was named is no longer offered, never deleted."""

    model = CompanyValue
    extra = 0
    can_delete = False
    verbose_name_plural = "recognition: company values"


class ValueFilter(admin.SimpleListFilter):
    """Which value was named, by its name: two programmes may share one."""

    title = "value"
    parameter_name = "value"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the names."""
        names = CompanyValue.objects.order_by("name").values_list("name", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recognition]) -> QuerySet[Recognition]:
        """Return the recognitions that name it."""
        return queryset.filter(value__name=self.value()) if self.value() else queryset


@admin.register(Recognition)
class RecognitionAdmin(ReadOnlyModelAdmin):
    """What colleagues gave each other. Above the list: the last twelve months by value and by department."""

    change_list_template = "admin/programs/recognition/change_list.html"
    list_display = ["receiver", "giver", "points", "reason", "named", "status", "given_on"]
    list_filter = ["points_request__programme", ValueFilter, "points_request__status"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["giver__name", "receiver__name", "giver__employee_number", "receiver__employee_number"]
    search_help_text = "Name or employee number of either"
    ordering = ["-pk"]
    sortable_by = ()
    readonly_fields = ["receiver_link", "giver_link", "points", "reason", "value", "programme", "status", "request"]
    fields = [*readonly_fields, "month"]

    class Media:
        css = {"all": ["admin_theme/recognition.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recognition]:
        """Return recognitions with what their pages read."""
        return Recognition.objects.select_related("giver", "receiver", "value", "points_request__programme")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the report above the list."""
        report = recognition_report.of(at=timezone.now()) if self.has_view_permission(request) else None
        return super().changelist_view(request, {**(extra_context or {}), "report": report})

    @admin.display(description="Points")
    def points(self, row: Recognition) -> str:
        """Return how many."""
        return f"{row.points_request.points:,}"

    @admin.display(description="Words")
    def reason(self, row: Recognition) -> str:
        """Return what they did."""
        return row.points_request.reason

    @admin.display(description="Value")
    def named(self, row: Recognition) -> str:
        """Return the value that was named."""
        return row.value.name if row.value else "–"

    @admin.display(description="Given on")
    def given_on(self, row: Recognition) -> Any:
        """Return when."""
        return timezone.localtime(row.points_request.created_at).date()

    @admin.display(description="Programme")
    def programme(self, row: Recognition) -> str:
        """Return out of which programme."""
        return row.points_request.programme.name

    @admin.display(description="Status")
    def status(self, row: Recognition) -> str:
        """Return what came of it."""
        return row.points_request.get_status_display()

    @admin.display(description="Points request")
    def request(self, row: Recognition) -> SafeString | str:
        """Lead to the points request."""
        return link(row.points_request)

    @admin.display(description="Receiver")
    def receiver_link(self, row: Recognition) -> SafeString | str:
        """Lead to who received."""
        return link(row.receiver)

    @admin.display(description="Giver")
    def giver_link(self, row: Recognition) -> SafeString | str:
        """Lead to who gave."""
        return link(row.giver)


@admin.register(Allowance)
class AllowanceAdmin(ReadOnlyModelAdmin):
    """What those who gave have left this month. Who is not listed gave nothing yet, and has all of it."""

    list_display = ["giver", "programme", "left", "given", "carried", "renews_on"]
    list_filter = ["programme"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["giver__name", "giver__employee_number"]
    search_help_text = "Name or employee number of the giver"
    ordering = ["giver__name", "pk"]
    sortable_by = ()
    list_display_links = None

    class Media:
        css = {"all": ["admin_theme/earning.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Allowance]:
        """Return allowances with what their page reads."""
        return Allowance.objects.select_related("giver", "programme__allowance_policy")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Work out what is left for the rows of this page, at once."""
        page = super().get_changelist_instance(request)
        rows = [row for row in page.result_list if hasattr(row.programme, "allowance_policy")]
        lefts = allowances.of([(row.programme.allowance_policy, row.giver) for row in rows], at=timezone.now())
        for row, left in zip(rows, lefts, strict=True):
            row.worked_out = left
        return page

    @admin.display(description="Left this month")
    def left(self, row: Any) -> str:
        """Return what may still be given."""
        worked_out = getattr(row, "worked_out", None)
        return f"{worked_out.left:,} of {worked_out.whole:,}" if worked_out else "The programme has no allowance now"

    @admin.display(description="Given")
    def given(self, row: Any) -> str:
        """Return what was given."""
        return f"{row.worked_out.given:,}" if hasattr(row, "worked_out") else "–"

    @admin.display(description="From last month")
    def carried(self, row: Any) -> str:
        """Return what came along."""
        return f"{row.worked_out.carried:,}" if hasattr(row, "worked_out") else "–"

    @admin.display(description="Whole again on")
    def renews_on(self, row: Any) -> Any:
        """Return the first day of the giver's next month."""
        return row.worked_out.renews_on if hasattr(row, "worked_out") else None
