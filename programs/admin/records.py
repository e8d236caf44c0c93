"""What happened and what was funded, looked at and never edited; the rules may be asked about an event again."""

from collections import Counter
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
from programs.models.event import RULE_ERROR, RULE_ERROR_CODE
from programs.operations import events
from programs.operations.crediting import in_words

REPLAY = "programs.replay_event"
REPLAYED_MAX = 1_000
REFUSALS = {
    "already_credited": "Credited before",
    "not_eligible": "Not eligible",
    "over_budget": "Over the budget",
    "over_person_limit": "Over a person's limit",
    "over_request_limit": "Over the limit of a request",
    "points_out_of_range": "No number of points",
    "recipient_inactive": "Person inactive",
    "unknown_recipient": "Person not known",
}


class RefusalFilter(admin.SimpleListFilter):
    """Why a rule gave nothing. A rule that fails is found also where another rule gave points for the event."""

    title = "refused because"
    parameter_name = "refused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the reasons."""
        return [(RULE_ERROR_CODE, "The rule fails"), *REFUSALS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Return the events with such a match; both conditions are those of an index."""
        if self.value() == RULE_ERROR_CODE:
            return queryset.filter(outcome__contains=RULE_ERROR)
        if self.value() in REFUSALS:
            return queryset.filter(status="refused", outcome__contains=[{"problem": {"code": self.value()}}])
        return queryset


@admin.register(Event)
class EventAdmin(ReadOnlyModelAdmin):
    """What systems told us, and what it led to."""

    list_display = ["type", "whom", "status", "why", "source", "received_at"]
    list_filter = ["status", RefusalFilter, "type", "received_at"]
    actions = ["replay"]
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
        [answer] = events.replay([pk], at=timezone.now())
        after = answer.event.get_status_display()
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

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may have the rules asked again."""
        return request.user.has_perm(REPLAY)

    @admin.action(description="Replay: let the rules decide again", permissions=["replay"])
    def replay(self, request: HttpRequest, chosen: QuerySet[Event]) -> None:
        """Let the rules decide again about the events that were chosen, and say what came of them."""
        keys = list(chosen.values_list("pk", flat=True)[: REPLAYED_MAX + 1])
        if len(keys) > REPLAYED_MAX:
            messages.error(request, f"Nothing was replayed: choose at most {REPLAYED_MAX:,} events at once.")
            return
        answers = events.replay(keys, at=timezone.now())
        came = Counter(answer.event.get_status_display().lower() for answer in answers)
        said = ", ".join(f"{number:,} {word}" for word, number in came.most_common())
        messages.success(request, f"The rules were asked again about {len(answers):,}: {said or 'nothing'}.")

    @admin.display(description="Why not")
    def why(self, event: Event) -> str:
        """Return the first reason for which a rule gave nothing."""
        problems = [match["problem"]["detail"] for match in event.outcome if match.get("problem")]
        return problems[0] if problems else ""

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
