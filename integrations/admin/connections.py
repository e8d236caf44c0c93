"""Connections, which are edited, and tried before they are turned on."""

import json
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from api.admin import TrackedModelAdmin
from api.configuration import ConfigurationError
from integrations import connections
from integrations.admin.trials import TrialForm, shown
from integrations.errors import UnreadableMessage
from integrations.models import Connection
from integrations.operations import trials

FIELD_OF = {"active": "is_active", "event": "event_type", "id": "id_paths"}  # the file's word: the form's field


class PrettyJSONField(forms.JSONField):
    """JSON over several lines, as people edit it.

    Args:
        rows: how many lines are seen at once.
    """

    def __init__(self, *, rows: int, **options: Any) -> None:
        wide = forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField mono", "spellcheck": "false"})
        super().__init__(widget=wide, **options)

    def prepare_value(self, value: Any) -> Any:
        """Return the text that is edited."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


class ConnectionForm(forms.ModelForm[Connection]):
    """A connection, checked by the same rules as the configuration file's."""

    credential = PrettyJSONField(
        rows=6,
        help_text='As {"kind": "basic", "username": "sf", "secret": "env:SF_HOOK_SECRET"}; the secret itself stands in '
        "the portal's environment. Kinds: basic, header, hmac_sha256, bearer, standard_webhooks.",
    )
    id_paths = PrettyJSONField(
        rows=4,
        label="Id",
        help_text='A list of paths whose values, joined by /, are unique for ever: ["event.eventId"].',
    )
    data = PrettyJSONField(  # type: ignore[assignment]
        rows=14,
        required=False,
        help_text='What rules read: {"rating": {"path": "params.rating", "as": "number", "none_if": [-1972]}}.',
    )
    enrich = PrettyJSONField(
        rows=6,
        required=False,
        help_text='Where the detail of a thin event is fetched, found as detail: {"get": "https://api.example/things/'
        '{keys.id}", "auth": {"kind": "basic", "username": "sf", "secret": "env:SF_API_SECRET"}}. '
        "Kinds: basic, header, bearer.",
    )

    class Meta:
        model = Connection
        fields: ClassVar[list[str]] = [
            "slug",
            "system",
            "is_active",
            "credential",
            "event_type",
            "items",
            "id_paths",
            "recipient",
            "time",
            "time_zone",
            "data",
            "enrich",
        ]

    def clean(self) -> dict[str, Any]:
        """Check the whole as one entry of the configuration file; take its values as that would."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        slug = cleaned.get("slug", self.instance.slug)
        entry = {word: cleaned.get(FIELD_OF.get(word, word)) or None for word in ("event", "recipient", "time_zone")}
        entry |= {
            word: cleaned.get(word) or None for word in ("system", "credential", "items", "time", "data", "enrich")
        }
        entry |= {"slug": slug, "active": cleaned["is_active"], "id": cleaned.get("id_paths")}
        try:
            return cleaned | connections.fields(connections.normalise(entry))
        except ConfigurationError as error:
            word, *below = [str(step) for step in error.path] or [""]
            field = FIELD_OF.get(word, word)
            where = f"{'.'.join(below)}: " if below else ""
            self.add_error(field if field in self.fields else None, f"{where}{error.detail}")
            return cleaned


@admin.register(Connection)
class ConnectionAdmin(TrackedModelAdmin):
    """How HR systems' own messages become events."""

    form = ConnectionForm
    list_display = ["slug", "system", "event_type", "is_active", "address"]
    list_filter = ["system", "is_active"]
    search_fields = ["slug", "event_type"]
    fieldsets = [
        (None, {"fields": ["slug", "system", "is_active", "address", "credential"]}),
        (
            "What becomes an event",
            {"fields": ["event_type", "items", "id_paths", "recipient", "time", "time_zone", "data"]},
        ),
        ("What it is asked for", {"fields": ["enrich"]}),
    ]
    readonly_fields = ["address"]

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> list[str]:
        """Keep the name of one that is there: its address and its events' ids stand on it."""
        return ["address", "slug"] if obj else ["address"]

    @admin.display(description="Address to enter in the HR system")
    def address(self, connection: Connection) -> str:
        """Return where the system posts to."""
        if not connection.slug:
            return "Shown once it is saved."
        return f"{settings.BASE_URL}{reverse('hook', args=[connection.slug])}"

    def get_urls(self) -> list[URLPattern]:
        """Add the page that tries a message."""
        view = self.admin_site.admin_view(self.try_view)
        return [path("<int:pk>/try/", view, name="integrations_connection_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what would become of a message that is pasted; nothing is kept, and nothing is credited."""
        connection = self.get_object(request, str(pk))
        if not self.has_change_permission(request, connection):
            raise PermissionDenied
        if connection is None:
            raise Http404("There is no such connection.")
        form, trial = TrialForm(request.POST or None), None
        if request.method == "POST" and form.is_valid():
            try:
                trial = trials.run(connection=connection, message=form.cleaned_data["message"], at=timezone.now())
            except UnreadableMessage as error:
                form.add_error("message", error.detail)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"Try a message on {connection}",
            "opts": self.opts,
            "connection": connection,
            "form": form,
            "trial": trial,
            "records": [shown(record, number) for number, record in enumerate(trial.records, 1)] if trial else [],
        }
        return TemplateResponse(request, "admin/integrations/connection/try.html", context)
