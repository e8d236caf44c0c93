"""The HR admin's own site: who comes in, and what stands in the sidebar."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.utils.timezone import is_aware
from django.views.decorators.cache import never_cache

from rewards_portal.roles import ROOMS


@dataclass(frozen=True)
class Entry:
    """A line of the sidebar: a model's list, or a part of it.

    Args:
        label: what it says.
        icon: the name of a file in templates/icons.
        model: the model, as `programs.programme`.
        query: narrows the list, as `status__exact=dead`.
        waits: counts what waits there for somebody.
    """

    label: str
    icon: str
    model: str
    query: str = ""
    waits: Callable[[], int] | None = None


@dataclass(frozen=True)
class Link:
    """A line of the sidebar as one person sees it; `waiting` is None where nothing is counted."""

    label: str
    icon: str
    url: str
    is_current: bool
    waiting: int | None = None


def _approvals_waiting() -> int:
    from approvals.enums import ApprovalStatus
    from approvals.models import Approval

    return Approval.objects.filter(status=ApprovalStatus.WAITING).count()


def _parked() -> int:
    from programs.enums import PointsRequestStatus
    from programs.models import PointsRequest

    return PointsRequest.objects.filter(status=PointsRequestStatus.PARKED).count()


def _adjustments_waiting() -> int:
    from programs.enums import AdjustmentStatus
    from programs.models import Adjustment

    return Adjustment.objects.filter(status=AdjustmentStatus.WAITING).count()


def _rule_changes_waiting() -> int:
    from programs.enums import RuleChangeStatus
    from programs.models import RuleChange

    return RuleChange.objects.filter(status=RuleChangeStatus.WAITING).count()


def _refunds_waiting() -> int:
    from redemptions.enums import OrderRefundStatus
    from redemptions.models import OrderRefund

    return OrderRefund.objects.filter(status=OrderRefundStatus.WAITING).count()


def _payouts_waiting() -> int:
    from wallets.enums import PayoutStatus
    from wallets.models import LeaverPayout

    return LeaverPayout.objects.filter(status=PayoutStatus.WAITING).count()


WAITING, PARKED = "waits=me", "status__exact=parked"
SECTIONS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry("Approvals", "circle-check-big", "approvals.approval", WAITING, _approvals_waiting),
            Entry("Uploads", "upload", "programs.upload"),
        ),
    ),
    (
        "Earning",
        (
            Entry("Programmes", "sparkles", "programs.programme"),
            Entry("Rules", "split", "programs.rule"),
            Entry("Rule changes", "circle-check", "programs.rulechange", waits=_rule_changes_waiting),
            Entry("Simulations", "history", "programs.rulesimulation"),
            Entry("Budget fundings", "wallet", "programs.funding"),
            Entry("Budget transfers", "arrow-left-right", "programs.budgettransfer"),
            Entry("Department budgets", "building-2", "programs.departmentbudget"),
            Entry("Closed years", "calendar", "programs.budgetclosing"),
            Entry("Points requests", "file-text", "programs.pointsrequest"),
            Entry("Parked", "hourglass", "programs.pointsrequest", PARKED, _parked),
            Entry("Recognitions", "heart-handshake", "programs.recognition"),
            Entry("Allowances", "hand-helping", "programs.allowance"),
            Entry("Reversals", "undo-2", "programs.reversal"),
            Entry("Adjustments", "sliders-horizontal", "programs.adjustment", waits=_adjustments_waiting),
            Entry("Events", "radio", "programs.event"),
            Entry("Connections", "plug", "integrations.connection"),
            Entry("Messages received", "inbox", "integrations.receivedmessage"),
        ),
    ),
    (
        "Spending",
        (
            Entry("Products", "gift", "redemptions.product"),
            Entry("Voucher codes", "ticket", "redemptions.vouchercode"),
            Entry("Orders", "package", "redemptions.order"),
            Entry("Refunds", "undo-2", "redemptions.orderrefund", waits=_refunds_waiting),
            Entry("Travel credits", "plane", "redemptions.travelcredit"),
            Entry("Suppliers", "truck", "redemptions.supplier"),
        ),
    ),
    (
        "Telling",
        (
            Entry("Messages", "message-square", "messaging.message"),
            Entry("Deliveries", "send", "messaging.delivery"),
            Entry("Channel preferences", "bell", "messaging.channelpreference"),
            Entry("Webhook endpoints", "radio", "messaging.webhookendpoint"),
            Entry("Webhook deliveries", "send", "messaging.webhookdelivery"),
        ),
    ),
    (
        "People and ledger",
        (
            Entry("People", "users", "people.person"),
            Entry("Departments", "building-2", "people.department"),
            Entry("API clients", "key-round", "api.apiclient"),
            Entry("API keys", "key-round", "api.apikey"),
            Entry("API calls", "history", "api.apicall"),
            Entry("Leaver policy", "log-out", "wallets.leaverpolicy"),
            Entry("Pay-outs", "wallet", "wallets.leaverpayout", waits=_payouts_waiting),
            Entry("Accounts", "book-open", "wallets.account"),
            Entry("Transfers", "arrow-left-right", "wallets.transfer"),
            Entry("Decisions", "circle-check", "approvals.approval"),
            Entry("Delegations", "users", "approvals.delegation"),
        ),
    ),
)


class PortalAdminSite(admin.AdminSite):
    """Django's admin under our theme. Staff sign in and out at the portal, as everybody does."""

    site_title = site_header = f"{settings.COMPANY_NAME} Rewards HR"
    index_title = "Dashboard"
    enable_nav_sidebar = False  # ours stands in base_site.html
    empty_value_display = ""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our rooms' models and the roles: other packages' tables (tokens, second factors) are no HR work."""
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        ours = [model for model in models if model._meta.app_label in ROOMS or model._meta.label == "auth.Group"]
        super().register(ours, admin_class, **options)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send whoever is not signed in to the portal's own sign-in, with its second factors and limits."""
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        """Send on to the portal's sign-out; it asks first."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        """Send on to the portal's page for it."""
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the dashboard."""
        from rewards_portal import admin_dashboard

        return super().index(request, {**admin_dashboard.context(request.user), **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the pages that are nobody's own model."""
        return [path("history/", self.admin_view(self.audit_trail), name="audit_trail"), *super().get_urls()]

    def audit_trail(self, request: HttpRequest) -> HttpResponse:
        """Show who changed what lately, of everything this person may look at."""
        from api.changes import latest

        before = parse_datetime(request.GET.get("before", ""))
        tracked = self._tracked(request)
        if not tracked:
            raise PermissionDenied
        sets = latest(tracked, before=before if before and is_aware(before) else None)
        context = {**self.each_context(request), "title": "Audit trail", "change_sets": sets, "everything": True}
        return TemplateResponse(request, "admin/history.html", context)

    def _tracked(self, request: HttpRequest) -> list[type[Model]]:
        """Return the models whose changes are kept and which this person may look at."""
        return [
            model
            for model, model_admin in self._registry.items()
            if hasattr(model, "pgh_event_models") and model_admin.has_view_permission(request)
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the sidebar to what every page gets."""
        context = super().each_context(request)
        return context | {"navigation": self._navigation(request, context["available_apps"])}

    def _navigation(self, request: HttpRequest, available_apps: list[dict[str, Any]]) -> list[tuple[str, list[Link]]]:
        """Return the sections with the lines this person may open; what has no place of its own comes last."""
        models = {each["model"]._meta.label_lower: each for app in available_apps for each in app["models"]}
        sections = [
            (name, [_link(request, each, models[each.model]) for each in entries if each.model in models])
            for name, entries in SECTIONS
        ]
        if self._tracked(request):
            url = reverse("admin:audit_trail")
            sections[-1][1].append(Link("Audit trail", "history", url, is_current=request.path == url))
        placed = {entry.model for _, entries in SECTIONS for entry in entries}
        others = [
            _link(request, Entry(str(each["name"]), "layers", label), each)
            for label, each in models.items()
            if label not in placed and each["admin_url"]
        ]
        return [(name, links) for name, links in [*sections, ("More", others)] if links]


def _link(request: HttpRequest, entry: Entry, model: dict[str, Any]) -> Link:
    """Return a line with its address, and its count where something may wait."""
    narrowed, shown = bool(entry.query), request.GET.urlencode()
    here = entry.query in shown if narrowed else not any(each in shown for each in (WAITING, PARKED))
    current = request.path.startswith(model["admin_url"] or "-") and here
    return Link(
        label=entry.label,
        icon=entry.icon,
        url=f"{model['admin_url']}?{entry.query}" if narrowed else str(model["admin_url"]),
        is_current=current,
        waiting=entry.waits() if entry.waits else None,
    )
