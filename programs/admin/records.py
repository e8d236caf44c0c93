"""What happened and what was funded, looked at and never edited."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from api import ids
from api.admin import ReadOnlyModelAdmin
from programs.admin.links import link, pretty
from programs.models import Event, Funding
from programs.operations.crediting import in_words


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
class FundingAdmin(ReadOnlyModelAdmin):
    """Points that were put into budgets."""

    list_display = ["programme", "points", "reference", "funded_by", "client", "funded_at"]
    list_filter = ["programme", "funded_at"]
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
        return link(funding.transfer, ids.public(ids.TRANSFER, funding.transfer_id))
