"""Simulations of rules: how far one is, and then who would have got what."""

from collections.abc import Callable, Iterator
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from api.admin import ReadOnlyModelAdmin
from api.errors import PortalError
from programs.enums import EventStatus, RuleSimulationStatus
from programs.models import RuleSimulation
from programs.operations import simulations
from programs.upload_files import csv_line
from wallets.models import Account

MAY_SIMULATE = "programs.add_rulesimulation"
ROWS_ON_A_PAGE = 50
BARS_MAX = 10
READ_AT_ONCE = 2_000
COLUMNS = (
    *(
        "received",
        "recipient",
        "name",
        "department",
        "country",
        "outcome",
        "points",
        "given",
        "reason",
        "code",
        "detail",
    ),
)
WORDS = {
    EventStatus.CREDITED: "Would be credited",
    EventStatus.PENDING: "Would wait for approval",
    EventStatus.PARKED: "Would be parked",
    EventStatus.REFUSED: "Refused",
    EventStatus.NO_MATCH: "Nothing any more",
}


@admin.register(RuleSimulation)
class RuleSimulationAdmin(ReadOnlyModelAdmin):
    """Rules run over past events. Started from the page of a rule."""

    list_display = ["__str__", "programme", "status", "points_shown", "requested_by", "requested_at"]
    list_filter = ["status", "programme"]
    list_select_related = ["programme", "requested_by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["slug", "programme__name", "requested_by__name"]
    ordering = ["-id"]

    class Media:
        css = {"all": ["admin_theme/dashboard.css", "admin_theme/uploads.css", "admin_theme/rules.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleSimulation]:
        """Return simulations with what their pages read."""
        return RuleSimulation.objects.select_related("programme", "requested_by")

    def get_urls(self) -> list[URLPattern]:
        """Add what can be done with one, and its file."""

        def post(view: Callable[..., HttpResponse], name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(require_POST(view))
            return path(f"<uuid:simulation_id>/{name}/", wrapped, name=f"programs_rulesimulation_{name}")

        export = path(
            "<uuid:simulation_id>/result.csv",
            self.admin_site.admin_view(self.export),
            name="programs_rulesimulation_export",
        )
        return [post(self.cancel, "cancel"), post(self.retry, "retry"), export, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show how far it is, or what it found."""
        simulation = self._simulation(request, object_id or "")
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": "Simulation",
            "original": simulation,
            "may_simulate": request.user.has_perm(MAY_SIMULATE),
        }
        if simulation.status == RuleSimulationStatus.RUNNING:
            return TemplateResponse(request, "admin/programs/rulesimulation/progress.html", context)
        context |= _found(simulation, show=request.GET.get("show", ""), page=request.GET.get("page", ""))
        return TemplateResponse(request, "admin/programs/rulesimulation/result.html", context)

    def cancel(self, request: HttpRequest, simulation_id: UUID) -> HttpResponse:
        """Stop one."""
        return self._do(request, simulation_id, simulations.cancel)

    def retry(self, request: HttpRequest, simulation_id: UUID) -> HttpResponse:
        """Go on with one that stopped."""
        return self._do(request, simulation_id, simulations.retry)

    def export(self, request: HttpRequest, simulation_id: UUID) -> StreamingHttpResponse:
        """Send every match as a CSV file, written as it is read."""
        simulation = self._simulation(request, str(simulation_id))
        answer = StreamingHttpResponse(_lines(simulation), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{simulation.slug}.simulation.csv"'
        answer["Cache-Control"] = "no-store"
        return answer

    def _do(self, request: HttpRequest, simulation_id: UUID, operation: Callable[..., Any]) -> HttpResponse:
        if not request.user.has_perm(MAY_SIMULATE):
            raise PermissionDenied
        simulation = self._simulation(request, str(simulation_id))
        try:
            operation(simulation.pk, at=timezone.now())
        except PortalError as error:
            messages.error(request, error.detail)
        return HttpResponseRedirect(reverse("admin:programs_rulesimulation_change", args=[simulation.pk]))

    def _simulation(self, request: HttpRequest, simulation_id: str) -> RuleSimulation:
        """Return a simulation for somebody who may look at it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        simulation = self.get_object(request, simulation_id)
        if simulation is None:
            raise Http404("There is no such simulation.")
        return cast("RuleSimulation", simulation)

    @admin.display(description="Points", ordering="points")
    def points_shown(self, simulation: RuleSimulation) -> str:
        """Return the points it would have given."""
        return f"{simulation.points:,}"


def _found(simulation: RuleSimulation, *, show: str, page: str) -> dict[str, Any]:
    """Return what the page of a simulation that is over shows."""
    matches = simulation.matches.order_by("id").select_related("person__department")
    counts = dict(simulation.matches.order_by().values_list("status").annotate(number=Count("pk")))
    given = [EventStatus.CREDITED, EventStatus.PENDING, EventStatus.PARKED]
    tabs = [
        ("given", "Get points", sum(counts.get(each, 0) for each in given), given),
        ("refused", "Refused", counts.get(EventStatus.REFUSED, 0), [EventStatus.REFUSED]),
        ("lost", "No longer", counts.get(EventStatus.NO_MATCH, 0), [EventStatus.NO_MATCH]),
    ]
    chosen = next((tab for tab in tabs if tab[0] == show), tabs[0])
    paginator = Paginator(matches.filter(status__in=chosen[3]), ROWS_ON_A_PAGE)
    paginator.count = chosen[2]
    shown = paginator.get_page(page)
    left = Account.objects.values_list("points", flat=True).get(pk=simulation.programme.budget_id)
    refused = simulation.matches.filter(status=EventStatus.REFUSED).order_by().values_list("code")
    return {
        "tabs": [
            {"name": name, "label": label, "count": count, "is_current": name == chosen[0]}
            for name, label, count, _ in tabs
        ],
        "chosen": chosen[0],
        "page": shown,
        "rows": [(row, WORDS[EventStatus(row.status)]) for row in shown],
        "budget": left,
        "cost": _cost(simulation.points, left),
        "share": min(100, round(100 * simulation.points / left)) if left > 0 else 100 if simulation.points else 0,
        "more": simulation.points - simulation.given_points,
        "more_abs": abs(simulation.points - simulation.given_points),
        "refusals": list(refused.annotate(number=Count("pk")).order_by("-number")[:BARS_MAX]),
        "charts": [
            ("By department", _bars(simulation, "person__department__name", "No department")),
            ("By country", _bars(simulation, "person__country", "Not known")),
        ],
    }


def _cost(points: int, left: int) -> str:
    """Return what the points are of the budget, in a sentence."""
    if points == 0:
        return "It would take nothing from the budget."
    if points > left:
        return f"The budget holds {left:,}: {points - left:,} too few."
    share = 100 * points / left
    return (
        f"It would take {share:.0f} % of the {left:,} that are left."
        if share >= 1
        else f"It would take less than 1 % of the {left:,} that are left."
    )


def _bars(simulation: RuleSimulation, column: str, unknown: str) -> list[dict[str, Any]]:
    """Return the groups with the most points, each with its share of the greatest."""
    given = simulation.matches.filter(points__gt=0).order_by().values_list(column)
    rows = list(
        given.annotate(sum=Sum("points"), people=Count("person", distinct=True)).order_by("-sum", column)[:BARS_MAX]
    )
    most = max((points for _, points, _ in rows), default=0)
    return [
        {"name": name or unknown, "points": points, "people": people, "width": max(1, round(100 * points / most))}
        for name, points, people in rows
    ]


def _lines(simulation: RuleSimulation) -> Iterator[str]:
    """Yield the lines of the file. Text that a spreadsheet would run gets an apostrophe in front."""
    yield csv_line(COLUMNS)
    rows = simulation.matches.order_by("id").values_list(
        *("received_at", "recipient", "person__name", "person__department__name", "person__country", "status"),
        *("points", "given_points", "reason", "code", "detail"),
    )
    for received_at, *told, status, points, given, reason, code, detail in rows.iterator(READ_AT_ONCE):
        word = WORDS[EventStatus(status)]
        yield csv_line([f"{received_at:%Y-%m-%dT%H:%M:%SZ}", *told, word, points, given, reason, code, detail])
