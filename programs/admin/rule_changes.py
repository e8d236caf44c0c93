"""Versions of rules that wait for a second person: looked at beside what is live, and turned on or not."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from api.errors import PortalError
from approvals.deciding import DecidingAdmin
from programs import matters
from programs.admin.links import link
from programs.enums import RuleChangeStatus
from programs.matters import WORDING_LABELS
from programs.models import RuleChange, RuleVersion
from programs.operations import rule_changes

MAY_WRITE = "programs.change_rule"


@admin.register(RuleChange)
class RuleChangeAdmin(DecidingAdmin):
    """The queue of those that wait, and the history of all."""

    matter = matters.RULE
    change_form_template = "admin/programs/rulechange/change_form.html"
    list_display = ["version", "programme_name", "status", "requested_by", "requested_at", "closed_at"]
    list_filter = ["status", "requested_at"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["rule__slug", "rule__programme__name", "requested_by__name"]
    search_help_text = "Rule, programme, or who asked"
    ordering = ["-id"]
    fields = ["rule_link", "status", "requested_by", "requested_at", "decided", "closed_at"]

    class Media:
        css = {"all": ["admin_theme/rules.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleChange]:
        """Return changes with what their pages read."""
        return matters.RULE.rows()

    def get_urls(self) -> list[URLPattern]:
        """Add taking one back."""
        view = self.admin_site.admin_view(require_POST(self.withdraw))
        return [path("<uuid:change_id>/withdraw/", view, name="programs_rulechange_withdraw"), *super().get_urls()]

    def withdraw(self, request: HttpRequest, change_id: UUID) -> HttpResponse:
        """Drop one that waits, for somebody who may write rules."""
        if not request.user.has_perm(MAY_WRITE):
            raise PermissionDenied
        change = get_object_or_404(RuleChange, pk=change_id)
        try:
            rule_changes.withdraw(change.pk, at=timezone.now())
        except PortalError as error:
            messages.error(request, error.detail)
        return HttpResponseRedirect(reverse("admin:programs_rulechange_change", args=[change.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Show what it says beside what was live when it was asked for."""
        change: RuleChange | None = context.get("original")
        if change is not None:
            waits = change.status == RuleChangeStatus.WAITING
            context["may_withdraw"] = waits and request.user.has_perm(MAY_WRITE)
            context["difference"] = _difference(change.version, change.replaces)
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="Rule")
    def rule_link(self, change: RuleChange) -> SafeString | str:
        """Return the rule, leading to its page."""
        return link(change.rule, f"{change.rule} in {change.rule.programme}")

    @admin.display(description="Programme", ordering="rule__programme__name")
    def programme_name(self, change: RuleChange) -> str:
        """Return the programme's name."""
        return change.rule.programme.name


def _difference(new: RuleVersion, old: RuleVersion | None) -> list[dict[str, Any]]:
    """Return the parts of two versions side by side."""

    def said(version: RuleVersion | None, name: str) -> str:
        value = getattr(version, name) if version else ""
        return "\n".join(value) if isinstance(value, list) else value

    lines = [(label, said(old, name), said(new, name)) for label, name in WORDING_LABELS.items()]
    return [{"label": label, "old": before, "new": now, "is_changed": before != now} for label, before, now in lines]
