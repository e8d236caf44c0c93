"""What was asked for: each credit explained, and what waits decided."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import CharField, TextInput
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from api import ids
from api.admin import ReadOnlyModelAdmin
from api.errors import PortalError
from approvals.enums import Verdict
from people.models import Person
from people.queries import alike
from programs.admin import explaining, reversals
from programs.admin.giving import give_points
from programs.admin.links import link, pretty
from programs.enums import PointsRequestStatus
from programs.models import PointsRequest
from programs.operations import points_requests
from programs.operations.crediting import in_words
from programs.operations.parking import parked_until

MAY_DECIDE = "approvals.add_decision"
NOTE_CHARACTERS = 500
DECIDE = {Verdict.APPROVE: points_requests.approve, Verdict.REJECT: points_requests.reject}


FIELDSETS: list[tuple[str | None, dict[str, list[str]]]] = [
    (None, {"fields": ["sentence", "whom_link", "points_shown", "reason", "state"]}),
    ("Where the points are", {"fields": ["transfer_link", "wallet_link", "credited_at", "expires_at", "taken_back"]}),
    ("Where it came from", {"fields": ["source", "client", "asked_by", "external_id", "metadata_shown"]}),
    ("Course", {"fields": ["created_at", "parked_until", "next_attempt_at", "public_id"]}),
]
# what is shown only where there is some, by the attribute that says so
OPTIONAL = {
    **dict.fromkeys(("transfer_link", "wallet_link", "credited_at"), "transfer_id"),
    "expires_at": "expires_at",
    "taken_back": "transfer_id",
    "client": "client_id",
    "asked_by": "requested_by_id",
    "external_id": "external_id",
    "metadata_shown": "metadata",
    **dict.fromkeys(("next_attempt_at", "parked_until"), "next_attempt_at"),
}


PARKED_COLUMNS = ["whom", "points_shown", "programme", "why_parked", "alike", "created_at", "parked_until"]


class ParkedList(ChangeList):
    """The list of what is parked, with the people who may have been meant: one query for the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Find the people for the rows of this page."""
        super().get_results(request)
        found = alike({row.recipient for row in self.result_list})
        for row in self.result_list:
            row.alike = found.get(row.recipient, [])


def _is_parked_list(request: HttpRequest) -> bool:
    return request.GET.get("status__exact") == PointsRequestStatus.PARKED


class NotedActionForm(ActionForm):
    """The list's actions, with a note for the record."""

    note = CharField(
        required=False,
        max_length=NOTE_CHARACTERS,
        label="Note for the record",
        widget=TextInput(attrs={"placeholder": "Note (needed to reject)", "autocomplete": "off"}),
    )


@admin.register(PointsRequest)
class PointsRequestAdmin(ReadOnlyModelAdmin):
    """Points asked for somebody. Nobody edits one; approvers decide those that wait."""

    change_form_template = "admin/programs/pointsrequest/change_form.html"
    change_list_template = "admin/programs/pointsrequest/change_list.html"
    action_form = NotedActionForm
    actions = ["approve_selected", "reject_selected"]
    list_display = ["whom", "points_shown", "programme", "reason", "status", "source", "created_at"]
    list_filter = ["status", "programme", "source", "created_at"]
    list_select_related = ["programme", "person"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["person__name", "person__employee_number", "recipient", "external_id", "reason"]
    search_help_text = "Person, employee number, external id, reason, or a request's id"
    ordering = ["-id"]

    class Media:
        css = {"all": ["admin_theme/dashboard.css", "admin_theme/earning.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[PointsRequest]:
        """Return requests with what their pages read, in one query."""
        return PointsRequest.objects.select_related(
            *("programme", "person", "requested_by", "client__oauth", "transfer", "approval__group"),
            *("event", "rule_version__rule"),
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show of what is parked why and until when, and whom it may have been meant for."""
        return PARKED_COLUMNS if _is_parked_list(request) else self.list_display

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """Return the list that knows who is meant, where parked requests are listed."""
        return ParkedList if _is_parked_list(request) else super().get_changelist(request, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what this request does not have: a page of dashes hides what matters."""
        absent = {name for name, value in OPTIONAL.items() if obj is not None and not getattr(obj, value)}
        shown = [(name, [field for field in options["fields"] if field not in absent]) for name, options in FIELDSETS]
        return [(name, {"fields": fields}) for name, fields in shown if fields]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PointsRequest], search_term: str
    ) -> tuple[QuerySet[PointsRequest], bool]:
        """Find a request by the id that the API shows, too."""
        if key := ids.key(ids.POINTS_REQUEST, search_term.strip()):
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may give points: it leads to a page of its own."""
        return request.user.has_perm("programs.add_pointsrequest")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether this person is an approver of anything; each request is asked about on its own."""
        return request.user.has_perm(MAY_DECIDE)

    def get_urls(self) -> list[URLPattern]:
        """Add the address that a decision is sent to."""
        view = self.admin_site.admin_view(require_POST(self.decide))
        reverse_view = self.admin_site.admin_view(self.take_back)
        return [
            path("<uuid:points_request_id>/decide/", view, name="programs_pointsrequest_decide"),
            path("<uuid:points_request_id>/reverse/", reverse_view, name="programs_pointsrequest_reverse"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Give points, as any system would ask for them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return give_points(self, request)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: PointsRequest | None = None,
    ) -> HttpResponse:
        """Add what explains the request and, for an approver, what a decision needs."""
        if obj is not None:
            said = explaining.decisions(obj)
            person = cast("Person", request.user)
            may = self.has_decide_permission(request)
            context |= {
                "decisions": said,
                "deciding": explaining.deciding(obj, said, person) if may else None,
                "values": explaining.values(obj),
                "may_reverse": reversals.may_reverse(request, obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def decide(self, request: HttpRequest, points_request_id: Any) -> HttpResponse:
        """Approve or reject one request, and go on to the next that waits."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(points_request_id))
        if row is None:
            raise Http404("There is no such points request.")
        verdict = request.POST.get("verdict", "")
        if verdict not in Verdict.values:
            raise Http404("A decision is approve or reject.")
        decided = self._decide(request, [row], Verdict(verdict), request.POST.get("note", ""))
        back = reverse("admin:programs_pointsrequest_change", args=[row.pk])
        waiting = reverse("admin:programs_pointsrequest_changelist") + "?status__exact=pending_approval"
        return HttpResponseRedirect(waiting if decided else back)

    def take_back(self, request: HttpRequest, points_request_id: Any) -> HttpResponse:
        """Take back what is unspent of one credited request."""
        row = self.get_object(request, str(points_request_id))
        if row is None or not reversals.may_reverse(request, row):
            raise PermissionDenied
        return reversals.take_back(self, request, row)

    @admin.action(description="Approve", permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[PointsRequest]) -> None:
        """Approve each that this person may; say why not of the others."""
        self._decide(request, list(queryset.order_by("pk")), Verdict.APPROVE, request.POST.get("note", ""))

    @admin.action(description="Reject", permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[PointsRequest]) -> None:
        """Reject each that this person may; say why not of the others."""
        self._decide(request, list(queryset.order_by("pk")), Verdict.REJECT, request.POST.get("note", ""))

    def _decide(
        self, request: HttpRequest, rows: list[PointsRequest], verdict: Verdict, note: str
    ) -> list[PointsRequest]:
        """Decide about each in a transaction of its own, tell how it went, and return those decided."""
        note = note.strip()[:NOTE_CHARACTERS]
        if verdict == Verdict.REJECT and not note:
            messages.error(request, "Nothing was rejected: write a note that says why.")
            return []
        decided = []
        for row in rows:
            try:
                done = DECIDE[verdict](row.pk, by=cast("Person", request.user), note=note, at=timezone.now())
            except PortalError as error:
                messages.error(request, f"{_whom(row)}, {in_words(row.points)}: {error.detail}")
            else:
                decided.append(done)
        self._tell(request, decided)
        return decided

    def _tell(self, request: HttpRequest, decided: list[PointsRequest]) -> None:
        """Say how many were credited, wait for a second approval, or were rejected, with their points."""
        for status, said in (
            (PointsRequestStatus.CREDITED, "Credited"),
            (PointsRequestStatus.PENDING_APPROVAL, "Approved, waits for another approver"),
            (PointsRequestStatus.REJECTED, "Not approved"),
        ):
            rows = [row for row in decided if row.status == status]
            points = in_words(sum(row.points for row in rows))
            if len(rows) == 1:
                messages.success(request, f"{said}: {points} for {_whom(rows[0])}.")
            elif rows:
                messages.success(request, f"{said}: {len(rows)} requests, {points}.")

    @admin.display(description="Person", ordering="person__name")
    def whom(self, row: PointsRequest) -> str:
        """Return the person's name, or what a stranger was called."""
        return _whom(row)

    @admin.display(description="Points", ordering="points")
    def points_shown(self, row: PointsRequest) -> str:
        """Return the points as people read them."""
        return f"{row.points:,}"

    @admin.display(description="In a sentence")
    def sentence(self, row: PointsRequest) -> str:
        """Return what happened and why."""
        return explaining.in_a_sentence(row)

    @admin.display(description="Person")
    def whom_link(self, row: PointsRequest) -> SafeString | str:
        """Return the person, leading to their page."""
        return link(row.person, f"{row.person} ({row.recipient})") if row.person else row.recipient

    @admin.display(description="Status")
    def state(self, row: PointsRequest) -> str:
        """Return the status with its reason."""
        shown = row.get_status_display()
        return f"{shown}. {row.status_reason}" if row.status_reason else shown

    @admin.display(description="Transfer")
    def transfer_link(self, row: PointsRequest) -> SafeString | str:
        """Return the transfer that moved the points, leading to its page."""
        return link(row.transfer, ids.public(ids.TRANSFER, row.transfer.pk)) if row.transfer else "No points moved"

    @admin.display(description="Wallet")
    def wallet_link(self, row: PointsRequest) -> SafeString | str:
        """Return the wallet as the credit left it, leading to its page."""
        if row.transfer is None:
            return "–"
        return link(row.transfer.credit, f"{in_words(row.transfer.credit_points_after)} after this")

    @admin.display(description="Taken back")
    def taken_back(self, row: PointsRequest) -> SafeString | str:
        """Return what was taken back of it, by whom and why."""
        return reversals.shown(row)

    @admin.display(description="Asked for by")
    def asked_by(self, row: PointsRequest) -> SafeString | str:
        """Return the person who asked, leading to their page."""
        return link(row.requested_by)

    @admin.display(description="Metadata")
    def metadata_shown(self, row: PointsRequest) -> SafeString | str:
        """Return what the client wants to find again."""
        return pretty(row.metadata) if row.metadata else "–"

    @admin.display(description="Waits because")
    def why_parked(self, row: PointsRequest) -> str:
        """Return why the points are not credited yet."""
        return row.status_reason or f"Nobody is known as {row.recipient}"

    @admin.display(description="Waits until")
    def parked_until(self, row: PointsRequest) -> str:
        """Return when it expires."""
        return f"{timezone.localtime(parked_until(row)):%d %b %Y}"

    @admin.display(description="Perhaps")
    def alike(self, row: PointsRequest) -> SafeString | str:
        """Return the people whose number or address is written much like it, leading to their pages."""
        found = getattr(row, "alike", [])
        return format_html_join(", ", "{}", ((link(each, f"{each.name} ({each.employee_number})"),) for each in found))

    @admin.display(description="Id")
    def public_id(self, row: PointsRequest) -> str:
        """Return the id that the API shows."""
        return ids.public(ids.POINTS_REQUEST, row.pk)


def _whom(row: PointsRequest) -> str:
    return row.person.name if row.person else row.recipient
