"""What the admin pages of every room share."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst

from api.changes import changes
from api.models import ApiClient
from api.oauth import SCOPES
from api.operations import clients


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


CLIENT_FIELDS = ["name", "scopes", "per_minute", "programmes"]


class ApiClientForm(forms.ModelForm[ApiClient]):
    """A client's name, scopes, limit and programmes; the first two are the token provider's."""

    name = forms.CharField(max_length=100)
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {said}") for scope, said in SCOPES.items()], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ApiClient
        fields = ["per_minute", "programmes"]

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
    fields = [*CLIENT_FIELDS]
    list_display = ["__str__", "client_id", "per_minute", "programmes", "created_at"]
    list_select_related = ["oauth"]
    search_fields = ["oauth__name", "oauth__id"]

    @admin.display(description="Client ID", ordering="oauth_id")
    def client_id(self, client: ApiClient) -> str:
        """Return the id that the system sends."""
        return client.oauth_id

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: what it asked for stays, and names it. Take its scopes away instead."""
        return False

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
        """Show the secret, on this page alone: it is written to no cookie and no log."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{obj} can call the API",
            "opts": self.opts,
            "client_id": obj.pk,
            "client_secret": request.client_secret,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/api_client_made.html", context)
