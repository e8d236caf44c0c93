"""Received messages, which are looked at and replayed."""

from collections import Counter
from typing import Any
from uuid import UUID

import structlog
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from api.admin import ReadOnlyModelAdmin
from api.errors import PortalError
from integrations import redaction
from integrations.models import ReceivedMessage
from integrations.operations import received_messages
from vault.encryption import DecryptionError

VIEW_BODY, REPLAY = "integrations.view_body_receivedmessage", "integrations.replay_receivedmessage"
RESULTS_SHOWN_MAX = 200
log = structlog.get_logger(__name__)


@admin.register(ReceivedMessage)
class ReceivedMessageAdmin(ReadOnlyModelAdmin):
    """What HR systems sent, newest first; what came of each record; a replay after something was mended."""

    list_display = ["received_at", "connection", "status", "outcome", "correlation_id"]
    list_display_links = ["received_at"]
    list_filter = ["status", "connection"]
    list_select_related = ["connection"]
    search_fields = ["correlation_id"]
    search_help_text = "The sender's correlation id"
    ordering = ["-id"]  # a UUIDv7: newest first, by the primary key
    list_per_page = 50
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["connection", "received_at", "status", "error", "content_type", "correlation_id"]}),
        ("What came of it", {"fields": ["outcome", "records"]}),
    ]
    readonly_fields = ["outcome", "records"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceivedMessage]:
        """Return messages without their bodies."""
        return super().get_queryset(request).defer("body")

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the body, and the replay."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/body/", wrap(self.body_view), name="integrations_receivedmessage_body"),
            path("<uuid:pk>/replay/", wrap(self.replay_view), name="integrations_receivedmessage_replay"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page with what this person may do."""
        may = {"can_view_body": request.user.has_perm(VIEW_BODY), "can_replay": request.user.has_perm(REPLAY)}
        return super().change_view(request, object_id, form_url, {**may, **(extra_context or {})})

    def body_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show the body, secrets masked; who looked is written down first."""
        message = self._message(request, pk, VIEW_BODY)
        self.log_change(request, message, "Saw the body.")
        log.info("received_message_body_viewed", received_message=pk.hex, by=str(request.user.pk))
        try:
            body, error = redaction.shown(received_messages.body(message), message.content_type), ""
        except DecryptionError as caught:
            body, error = "", str(caught)
        context = {**self.admin_site.each_context(request), "title": "Body", "opts": self.opts, "message": message}
        context |= {"body": body, "error": error}
        return TemplateResponse(request, "admin/integrations/receivedmessage/body.html", context)

    def replay_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Take the message again, and say what came of it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        message = self._message(request, pk, REPLAY)
        try:
            reception = received_messages.replay(received_message_id=pk, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        except (PortalError, DecryptionError) as error:
            messages.error(request, f"Replayed, and still not taken: {error}")
        else:
            messages.success(request, f"Replayed. {_counts(reception.message)}.")
        self.log_change(request, message, "Replayed.")
        return redirect("admin:integrations_receivedmessage_change", pk)

    @admin.display(description="Outcome")
    def outcome(self, message: ReceivedMessage) -> str:
        """Return how many records came to what."""
        return _counts(message)

    @admin.display(description="Records")
    def records(self, message: ReceivedMessage) -> SafeString | str:
        """Return each record's outcome with its reason."""
        rows = [
            (str(each.get("record") or "–"), each["status"].replace("_", " "), _why(each)) for each in message.results
        ]
        listed = format_html_join("", "<tr><th scope=row>{}</th><td>{}</td><td>{}</td></tr>", rows[:RESULTS_SHOWN_MAX])
        more = f"The first {RESULTS_SHOWN_MAX} of {len(rows)} are shown." if len(rows) > RESULTS_SHOWN_MAX else ""
        table = (
            "<table><thead><tr><th scope=col>Record</th><th scope=col>Outcome</th><th scope=col>Why</th></tr></thead>"
        )
        return format_html(table + "<tbody>{}</tbody></table>{}", listed, more) if rows else "–"

    def _message(self, request: HttpRequest, pk: UUID, permission: str) -> ReceivedMessage:
        """Return a message that this person may do this with."""
        if not request.user.has_perm(permission) or not self.has_view_permission(request):
            raise PermissionDenied
        message = ReceivedMessage.objects.select_related("connection").filter(pk=pk).first()
        if message is None:
            raise Http404("There is no such message.")
        return message


def _counts(message: ReceivedMessage) -> str:
    """Return what came of a message: `2 records: 1 credited, 1 no match`."""
    counts = Counter(each["status"].replace("_", " ") for each in message.results)
    total = len(message.results)
    if not total:
        return message.error or "No records"
    return f"{total} record{'' if total == 1 else 's'}: " + ", ".join(
        f"{n} {status}" for status, n in sorted(counts.items())
    )


def _why(result: dict[str, Any]) -> str:
    """Return the sentences that say what came of a record."""
    if result.get("problem"):
        return str(result["problem"]["detail"])
    matches = result.get("matches") or []
    said = [
        match["problem"]["detail"] if match["problem"] else match["explanation"].get("summary", "") for match in matches
    ]
    return " ".join(said) or "No rule wanted it."
