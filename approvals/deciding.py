"""Admin pages of what waits for an approval: looked at and decided in one place, whichever room it belongs to."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from api.admin import ReadOnlyModelAdmin
from api.errors import PortalError
from approvals import queries
from approvals.enums import ApprovalStatus, Verdict
from approvals.matters import Matter
from people.models import Person

MAY_DECIDE = "approvals.add_decision"
NOTE_CHARACTERS = 500


class DecidingAdmin(ReadOnlyModelAdmin):
    """Rows with an `approval`. A subclass names the matter: what approving would do, and its operations."""

    change_form_template = "admin/approvals/decide.html"
    matter: Matter

    class Media:
        css = {"all": ["admin_theme/dashboard.css", "admin_theme/earning.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Add the address that a decision is sent to."""
        view = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<uuid:row_id>/decide/", view, name=self._address_name), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Add what a decision needs, for whoever decides anything, while it waits."""
        row: Any = context.get("original")
        if row is not None and (deciding := self.deciding(request, row)):
            context["deciding"] = deciding
        return super().render_change_form(request, context, *args, **options)

    def deciding(self, request: HttpRequest, row: Any) -> dict[str, Any] | None:
        """Return what `admin/approvals/deciding.html` shows to somebody; None where nothing waits for them."""
        waits = row.approval is not None and row.approval.status == ApprovalStatus.WAITING
        if not (waits and request.user.has_perm(MAY_DECIDE)):
            return None
        return {
            "facts": self.matter.facts(row),
            "objection": queries.objection(row.approval, cast("Person", request.user)),
            "button": self.matter.button(row),
            "is_changed": self.matter.seen(row) != row.approval.content_hash,
            "chosen": self._seen(row),
            "address": reverse(f"admin:{self._address_name}", args=[row.pk]),
        }

    def decide(self, request: HttpRequest, row_id: Any) -> HttpResponse:
        """Approve or reject one, and go back to its page."""
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        row, verdict = self.get_object(request, str(row_id)), request.POST.get("verdict", "")
        if row is None or verdict not in Verdict.values:
            raise Http404("There is nothing like this to decide.")
        if request.POST.get("chosen", self._seen(row)) != self._seen(row):
            messages.error(request, "Nothing was decided: this changed since you looked. Look at it again.")
            verdict = ""
        note = request.POST.get("note", "").strip()[:NOTE_CHARACTERS]
        if verdict == Verdict.REJECT and not note:
            messages.error(request, "Nothing was rejected: write a note that says why.")
        elif verdict:
            self._decide(request, row, Verdict(verdict), note)
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        )

    def _decide(self, request: HttpRequest, row: Any, verdict: Verdict, note: str) -> None:
        operation = self.matter.operation(verdict)
        try:
            done = operation(row.pk, by=cast("Person", request.user), note=note, at=timezone.now())
        except PortalError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"{done}: {done.get_status_display().lower()}.")

    def _seen(self, row: Any) -> str:
        """Return which approval of which content somebody looks at, as their form sends it back."""
        return f"{row.approval_id}:{self.matter.seen(row)}"

    @property
    def _address_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_decide"

    @admin.display(description="Decisions")
    def decided(self, row: Any) -> str:
        """Return who said what."""
        said = row.approval.decisions.select_related("by", "on_behalf_of").order_by("decided_at")
        lines = [f"{each.who}: {each.get_verdict_display().lower()}, {each.note}".rstrip(", ") for each in said]
        return "; ".join(lines) or "Nobody decided yet"
