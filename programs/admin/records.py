"""What happened and what was funded, looked at and never edited; the rules may be asked about an event again."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from api import ids
from api.admin import ReadOnlyModelAdmin
from approvals.deciding import DecidingAdmin
from programs import budget_matters
from programs.admin.links import link, pretty
from programs.models import Event, Funding
from programs.operations import events
from programs.operations.crediting import in_words

REPLAY = "programs.replay_event"


@admin.register(Event)
class EventAdmin(ReadOnlyModelAdmin):
    """What systems told us, and what it led to."""

    list_display = ["type", "whom", "status", "source", "received_at"]
    list_filter = ["status", "type", "received_at"]
    list_select_related = ["person"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["subject", "source_id", "type", "person__name", "person__employee_number"]
    search_help_text = "Person, recipient, type, id at the source, or an event's id"
    ordering = ["-id"]
    fieldsets = [
        (None, {"fields": ["type", "whom_link", "status", "requests", "outcome_shown"]}),
        ("What was told", {"fields": ["time", "data_shown"]}),
        ("Where it came from", {"fields": ["source", "source_id", "client", "received_at", "public_id"]}),
    ]

    class Media:
        css = {"all": ["admin_theme/earning.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Return events with what their pages read."""
        return Event.objects.select_related("person", "client__oauth")

    def get_urls(self) -> list[URLPattern]:
        """Add the replay."""
        replay = path("<uuid:pk>/replay/", self.admin_site.admin_view(self.replay_view), name="programs_event_replay")
        return [replay, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page, and the replay to who may ask for it."""
        context = {"can_replay": request.user.has_perm(REPLAY), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def replay_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Let the rules decide again, and say what came of it."""
        event = get_object_or_404(Event, pk=pk)
        if not request.user.has_perm(REPLAY):
            raise PermissionDenied
        before = event.get_status_display()
        after = events.replay(pk, at=timezone.now()).event.get_status_display()
        messages.success(request, f"The rules were asked again. Before: {before}. Now: {after}.")
        self.log_change(request, event, "Replayed.")
        return redirect("admin:programs_event_change", pk)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Find an event by the id that the API shows, too."""
        if key := ids.key(ids.EVENT, search_term.strip()):
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Person", ordering="person__name")
    def whom(self, event: Event) -> str:
        """Return the person's name, or what the system called them."""
        return event.person.name if event.person else event.subject or "–"

    @admin.display(description="Person")
    def whom_link(self, event: Event) -> SafeString | str:
        """Return the person, leading to their page."""
        return link(event.person, f"{event.person} ({event.subject})") if event.person else event.subject or "–"

    @admin.display(description="Points requests")
    def requests(self, event: Event) -> SafeString | str:
        """Return the requests that came of it, each leading to its page."""
        rows = event.points_requests.select_related("programme").order_by("pk")
        shown = [(link(row, f"{in_words(row.points)} from {row.programme}"), row.get_status_display()) for row in rows]
        return format_html_join(", ", "{}: {}", shown) if shown else "None"

    @admin.display(description="What the rules said")
    def outcome_shown(self, event: Event) -> SafeString | str:
        """Return what each rule that was asked said, a line each."""
        said = [
            (
                match.get("programme") or "",
                match.get("rule") or "",
                (match.get("explanation") or {}).get("summary") or (match.get("problem") or {}).get("detail") or "",
            )
            for match in event.outcome
        ]
        return format_html_join("", "<p>{} {}: {}</p>", said) if said else "No rule wanted it"

    @admin.display(description="Data")
    def data_shown(self, event: Event) -> SafeString:
        """Return the event's data."""
        return pretty(event.data)

    @admin.display(description="Id")
    def public_id(self, event: Event) -> str:
        """Return the id that the API shows."""
        return ids.public(ids.EVENT, event.pk)


@admin.register(Funding)
class FundingAdmin(DecidingAdmin):
    """Points that were put into budgets, and what waits to be."""

    matter = budget_matters.FUNDING
    list_display = ["programme", "points", "reference", "status", "funded_by", "client", "funded_at"]
    list_filter = ["status", "programme", "funded_at"]
    list_select_related = ["programme", "funded_by", "client__oauth"]
    list_per_page = 50
    search_fields = ["programme__name", "reference", "external_id"]
    ordering = ["-id"]
    fields = [
        "programme_link",
        "points",
        "reference",
        "funded_by",
        "client",
        "external_id",
        "status",
        "decided_shown",
        "funded_at",
        "transfer_link",
    ]

    @admin.display(description="Programme")
    def programme_link(self, funding: Funding) -> SafeString | str:
        """Return the programme, leading to its page."""
        return link(funding.programme)

    @admin.display(description="Transfer")
    def transfer_link(self, funding: Funding) -> SafeString | str:
        """Return the transfer that moved the points, leading to its page."""
        return link(funding.transfer, ids.public(ids.TRANSFER, funding.transfer_id) if funding.transfer_id else "")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Funding]:
        """Return fundings with what their pages read."""
        return self.matter.rows()

    @admin.display(description="Decisions")
    def decided_shown(self, funding: Funding) -> str:
        """Return who said what, where anybody had to."""
        return self.decided(funding) if funding.approval_id else "None was needed"
