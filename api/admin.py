"""What the admin pages of every room share."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from api.changes import changes


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
