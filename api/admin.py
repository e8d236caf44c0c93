"""What the admin pages of every room share."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from api import traffic
from api.changes import changes
from api.errors import InvalidApiKey, TwoSecretsLive
from api.models import ApiCall, ApiClient, ApiKey
from api.oauth import SCOPES
from api.operations import api_keys, clients


class ReadOnlyModelAdmin(admin.ModelAdmin[Any]):
    """Rows that are looked at and never edited by hand: the ledger, what was asked, what was told."""

    actions: list[Any] = []

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: operations add these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: nobody edits these."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: nothing here is ever removed."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether this person may look: the view permission alone, as nobody changes anything."""
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")


class TrackedModelAdmin(admin.ModelAdmin[Any]):
    """Configuration: editable, each change kept by pghistory and shown on its history page, nothing deleted in bulk."""

    object_history_template = "admin/history.html"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the bulk delete: it skips what a single delete checks."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what pghistory kept of a row and of the rows edited on its page, in place of Django's own log.

        The log knows what was clicked in the admin; pghistory knows every change, whoever made it.
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id}.")
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "subtitle": None,
            "object": row,
            "opts": self.opts,
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "change_sets": changes(row, parts=self._tracked_parts(request, row)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def _tracked_parts(self, request: HttpRequest, row: Model) -> list[tuple[type[Model], str]]:
        """Return the tracked models edited in line on this row's page, with their foreign keys to it."""
        return [
            (inline.model, inline.get_formset(request, row).fk.name)  # type: ignore[attr-defined]
            for inline in self.get_inline_instances(request, row)
            if hasattr(inline.model, "pgh_event_models") and hasattr(inline, "get_formset")
        ]


COUNT_MAX = 10_000  # rows that a list counts and pages through; a search finds the others
CALL_FIELDS = [
    "time",
    "client",
    "caller",
    "call",
    "status",
    "code",
    "milliseconds",
    "request_id",
    "external_id",
    "body",
]
KEY_FIELDS = ["client", "name", "scopes", "programmes", "expires_at"]
CLIENT_FIELDS = ["name", "scopes", "per_minute", "programmes", "expires_at"]
CLIENT_STATE = ["client_id", "last_used_at", "secret_changed_at", "disabled_at"]


class ExpiringForm(forms.ModelForm[Any]):
    """A form with a time at which something expires; its two fields, date and time, have each a name of their own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        widget = getattr(self.fields.get("expires_at"), "widget", None)
        for part, name in zip(getattr(widget, "widgets", ()), (_("Expires on"), _("Expires at")), strict=False):
            part.attrs["aria-label"] = name


class ApiClientForm(ExpiringForm):
    """A client's name, scopes, limit and programmes; the first two are the token provider's."""

    name = forms.CharField(max_length=100)
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {said}") for scope, said in SCOPES.items()], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiClient
        fields = ["per_minute", "programmes", "expires_at"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial = {
                **self.initial,
                "name": self.instance.oauth.name,
                "scopes": self.instance.oauth.get_scopes(),
            }


@admin.register(ApiClient)
class ApiClientAdmin(TrackedModelAdmin):
    """Systems that call the API. A secret is shown once, on the page that answers the making."""

    form = ApiClientForm
    readonly_fields = [*CLIENT_STATE]
    list_display = ["__str__", "client_id", "per_minute", "programmes", "last_used_at", "expires_at", "disabled_at"]
    list_select_related = ["oauth"]
    search_fields = ["oauth__name", "oauth__id"]
    actions = ["rotate_secret", "end_old_secret", "disable", "enable"]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return what is chosen of a client and, once it is there, how it stands."""
        return [*CLIENT_FIELDS, *(CLIENT_STATE if obj else [])]

    @admin.display(description="Name")
    def name(self, client: ApiClient) -> str:
        """Return the name, for those who may only look; the form has a field for it."""
        return str(client.oauth.name)

    @admin.display(description="Scopes")
    def scopes(self, client: ApiClient) -> str:
        """Return the scopes, for those who may only look."""
        return ", ".join(map(str, client.oauth.get_scopes()))

    @admin.display(description="Client ID", ordering="oauth_id")
    def client_id(self, client: ApiClient) -> str:
        """Return the id that the system sends."""
        return client.oauth_id

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: what it asked for stays, and names it. Take its scopes away instead."""
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show above the fields what the client calls."""
        client: ApiClient | None = context.get("original")
        if client is not None and request.user.has_perm("api.view_apicall"):
            is_week = request.GET.get("period") == "week"
            seen = traffic.of(client, at=timezone.now(), is_week=is_week)
            context |= {
                "traffic": seen,
                "is_week": is_week,
                "bars": traffic.bars(seen.slots),
                "labels": traffic.labels(seen.slots),
                "height": traffic.HEIGHT,
                "bottom": traffic.BOTTOM,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiClient, form: ApiClientForm, change: bool) -> None:
        """Make the client, or bring its name, scopes and limits up to date."""
        given = {name: form.cleaned_data[name] for name in CLIENT_FIELDS}
        if change:
            clients.change(obj.pk, **given)
            return
        made = clients.create(**given, at=timezone.now())
        obj.oauth = made.api_client.oauth
        request.client_secret = made.client_secret  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiClient, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secret, on this page alone."""
        secret: str = request.client_secret  # type: ignore[attr-defined]
        shown = [(_("Client ID"), obj.pk), (_("Client secret"), secret)]
        return _shown_once(self, request, obj, title=f"{obj} can call the API", shown=shown)

    @admin.action(description=_("Make a new secret; the old one goes on opening"), permissions=["change"])
    def rotate_secret(self, request: HttpRequest, chosen: QuerySet[ApiClient]) -> HttpResponse | None:
        """Show a client's new secret, on the answer alone."""
        if len(chosen) != 1:
            self.message_user(request, _("Choose one client: its secret is shown once."), messages.ERROR)
            return None
        try:
            made = clients.rotate_secret(chosen[0].pk, at=timezone.now())
        except TwoSecretsLive as error:
            self.message_user(request, error.detail, messages.ERROR)
            return None
        shown = [(_("Client ID"), made.client_id), (_("New client secret"), made.client_secret)]
        return _shown_once(self, request, made.api_client, title=f"{made.api_client} has a new secret", shown=shown)

    @admin.action(description=_("End the old secret"), permissions=["change"])
    def end_old_secret(self, request: HttpRequest, chosen: QuerySet[ApiClient]) -> None:
        """Let only the newest secret of each open."""
        for client in chosen:
            clients.end_old_secret(client.pk, at=timezone.now())

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, chosen: QuerySet[ApiClient]) -> None:
        """Let these clients in no more."""
        for client in chosen:
            clients.disable(client.pk, at=timezone.now())

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, chosen: QuerySet[ApiClient]) -> None:
        """Let these clients in again."""
        for client in chosen:
            clients.enable(client.pk)


class BoundedPaginator(Paginator[Any]):
    """Counts no further than COUNT_MAX, so that a list of ten million rows opens like one of ten."""

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, COUNT_MAX at most."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows[:COUNT_MAX].count()


class AnswerFilter(admin.SimpleListFilter):
    """How calls ended. The values of a column would be looked for in every row."""

    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the ways."""
        return [("well", _("Went well")), ("refused", _("Refused (4xx)")), ("failed", _("Failed (5xx)"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Return the calls that ended so."""
        ranges = {"well": (100, 399), "refused": (400, 499), "failed": (500, 599)}
        chosen = ranges.get(self.value() or "")
        return queryset.filter(status__range=chosen) if chosen else queryset


@admin.register(ApiCall)
class ApiCallAdmin(ReadOnlyModelAdmin):
    """The log of calls: newest first, found by exactly what a system or a person would quote."""

    list_display = ["time", "who", "call", "status", "code", "milliseconds"]
    fields = [*CALL_FIELDS]
    list_select_related = ["client__oauth"]
    list_filter = [AnswerFilter]
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    ordering = ["-pk"]
    sortable_by = ()
    search_fields = ["=request_id", "=external_id", "=code", "=caller"]
    search_help_text = "A request ID, an external ID, the code of a problem or a connection, whole"

    @admin.display(description=_("Time"))
    def time(self, call: ApiCall) -> str:
        """Return when it came, to the second."""
        return date_format(timezone.localtime(call.called_at), "j M Y, H:i:s")

    @admin.display(description=_("Caller"))
    def who(self, call: ApiCall) -> str:
        """Return the client, the connection of a hook, or nobody."""
        return str(call.client) if call.client else call.caller or str(_("Nobody known"))

    @admin.display(description=_("Call"))
    def call(self, call: ApiCall) -> str:
        """Return its method and address."""
        return f"{call.method} {call.route}"


class ApiKeyForm(ExpiringForm):
    """A new key."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {said}") for scope, said in SCOPES.items()], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiKey
        fields = KEY_FIELDS

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be, beside its field."""
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            asked = {name: given[name] for name in KEY_FIELDS if name != "client"}
            try:
                api_keys.check(given["client"], **asked, at=timezone.now())
            except InvalidApiKey as error:
                self.add_error((error.pointer or "").removeprefix("/"), error.detail)
        return given


@admin.register(ApiKey)
class ApiKeyAdmin(TrackedModelAdmin):
    """Long-lived tokens. One is made, shown once and revoked, never changed."""

    form = ApiKeyForm
    fields = [*KEY_FIELDS]
    list_display = ["__str__", "client", "scopes", "programmes", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["client__oauth"]
    search_fields = ["name", "client__oauth__name"]
    actions = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether this person may revoke keys; none is changed."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: one that is revoked stays, to be read about."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ApiKeyForm, change: bool) -> None:
        """Make the key."""
        given = {name: form.cleaned_data[name] for name in KEY_FIELDS}
        made = api_keys.make(given.pop("client").pk, **given, at=timezone.now())
        obj.pk, obj.hint = made.api_key.pk, made.api_key.hint
        request.api_key = made.value  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key, on this page alone."""
        value: str = request.api_key  # type: ignore[attr-defined]
        return _shown_once(self, request, obj, title=f"{obj} is made", shown=[(_("API key"), value)])

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        """End these keys at once."""
        for api_key in chosen:
            api_keys.revoke(api_key.pk, at=timezone.now())


def _shown_once(
    page: TrackedModelAdmin, request: HttpRequest, row: Model, *, title: str, shown: Sequence[tuple[Any, str]]
) -> HttpResponse:
    """Return the page that shows what cannot be seen again: it is written to no cookie and no log."""
    context = {**page.admin_site.each_context(request), "title": title, "opts": page.opts, "pk": row.pk, "shown": shown}
    return TemplateResponse(request, "admin/api_client_made.html", context)
