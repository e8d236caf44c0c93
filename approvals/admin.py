"""Approvals in the HR admin: looked at here, decided on the page of what they are about."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from api.admin import ReadOnlyModelAdmin
from approvals.models import Approval, Decision


class DecisionInline(admin.TabularInline[Decision, Approval]):
    """Who said what."""

    model = Decision
    fields = ["by", "verdict", "note", "decided_at"]
    readonly_fields = ["by", "verdict", "note", "decided_at"]
    extra = 0
    can_delete = False
    verbose_name_plural = "decisions"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: deciding goes through the page of what waits."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a decision is never changed."""
        return False


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyModelAdmin):
    """What was asked, of whom, and what they said."""

    list_display = [
        "summary",
        "status",
        "group",
        "required",
        "requested_by",
        "beneficiary",
        "requested_at",
        "closed_at",
    ]
    list_filter = ["status", "group"]
    list_select_related = ["group", "requested_by", "beneficiary"]
    search_fields = ["summary", "beneficiary__name", "requested_by__name"]
    date_hierarchy = "requested_at"
    ordering = ["-requested_at"]
    inlines = [DecisionInline]
    show_full_result_count = False
