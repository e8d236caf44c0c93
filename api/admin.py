"""What the admin pages of every room share."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


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


class TrackedModelAdmin(admin.ModelAdmin[Any]):
    """Configuration: editable, each change kept by pghistory, nothing deleted in bulk."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the bulk delete: it skips what a single delete checks."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions
