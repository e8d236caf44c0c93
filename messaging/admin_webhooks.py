"""Webhooks in the admin: where client systems are told, and what became of telling them."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from api import ids
from api.admin import BoundedPaginator, ReadOnlyModelAdmin, TrackedModelAdmin
from api.errors import PortalError
from api.models import ApiClient
from messaging import webhook_urls
from messaging.enums import WEBHOOK_TEST, WebhookDeliveryStatus, WebhookType
from messaging.errors import WebhookUrlRefused
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.operations import webhook_deliveries, webhook_endpoints
from messaging.operations.webhook_endpoints import ENDPOINTS_MAX, NewSecret

SECRETS = ("secret", "previous_secret")
WRITTEN = ["url", "types", "description"]
SEEN = [
    "deliveries", "status", "disabled_because", "failing_since", "resting_until", "secret_changed_at",
    "previous_secret_expires_at", "created_at",
]  # fmt: skip


class WebhookEndpointForm(forms.ModelForm[Any]):
    """Where to tell a client system, and of what."""

    types = forms.MultipleChoiceField(
        choices=[(each.value, f"{each.value}: {each.label}") for each in WebhookType],
        widget=forms.CheckboxSelectMultiple,
        label=_("Is told of"),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["client", *WRITTEN]

    def clean_url(self) -> str:
        """Refuse an address that nothing can be sent to, beside its field."""
        url: str = self.cleaned_data["url"]
        try:
            webhook_urls.check(url)
        except WebhookUrlRefused as error:
            raise forms.ValidationError(error.detail.removeprefix("url: ")) from error
        return url

    def clean_client(self) -> ApiClient:
        """Refuse a client that has as many endpoints as there may be."""
        client: ApiClient = self.cleaned_data["client"]
        if WebhookEndpoint.objects.filter(client=client).count() >= ENDPOINTS_MAX:
            raise forms.ValidationError(_("This client has %d endpoints. Change one of them.") % ENDPOINTS_MAX)
        return client


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(TrackedModelAdmin):
    """Where client systems are told. A secret is shown once, on the page that answers the making."""

    form = WebhookEndpointForm
    list_display = ["__str__", "client", "url", "status", "why", "failing_since", "created_at"]
    list_filter = ["status", "disabled_because"]
    list_select_related = ["client__oauth"]
    search_fields = ["description", "url", "client__oauth__name"]
    search_help_text = "Description, address or client."
    ordering = ["-pk"]
    actions = ["send_test", "rotate_secret", "enable", "disable"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        """Return the endpoints without their secrets, which no page shows."""
        rows: QuerySet[WebhookEndpoint] = super().get_queryset(request)
        return rows.select_related("client__oauth").defer(*SECRETS)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return what is written and, once it is there, how it fares."""
        return ["client", *WRITTEN, *(SEEN if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return what no form changes: also whose it is."""
        return ["client", *SEEN] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: what was sent there names it. Disable it instead."""
        return False

    @admin.display(description=_("Why"), ordering="disabled_because")
    def why(self, endpoint: WebhookEndpoint) -> str:
        """Return why it is told nothing."""
        return endpoint.get_disabled_because_display()

    @admin.display(description=_("What it was sent"))
    def deliveries(self, endpoint: WebhookEndpoint) -> SafeString:
        """Return the way to its deliveries."""
        address = reverse("admin:messaging_webhookdelivery_changelist")
        return format_html('<a href="{}?endpoint__id__exact={}">{}</a>', address, endpoint.pk, _("Its deliveries"))

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """Make the endpoint, or bring it up to date."""
        given = {name: form.cleaned_data[name] for name in WRITTEN}
        if change:
            webhook_endpoints.change(obj.pk, at=timezone.now(), **given)
            return
        made = webhook_endpoints.create(client=form.cleaned_data["client"], at=timezone.now(), **given)
        obj.pk = made.endpoint.pk
        request.made = made  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, on this page alone."""
        made: NewSecret = request.made  # type: ignore[attr-defined]
        return self._shown_once(request, made, title=_("%s is told from now on") % made.endpoint)

    @admin.action(description=_("Send a test"), permissions=["change"])
    def send_test(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        """Send each a test, and say where its outcome is seen."""
        for endpoint in chosen:
            try:
                webhook_endpoints.send_test(endpoint.pk, at=timezone.now())
            except PortalError as error:
                self.message_user(request, f"{endpoint}: {error.detail}", messages.ERROR)
            else:
                said = _("A test is on its way to %s. Its deliveries show what came of it.") % endpoint
                self.message_user(request, said, messages.SUCCESS)

    @admin.action(description=_("Make a new secret"), permissions=["change"])
    def rotate_secret(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        """Show an endpoint's new secret, on the answer alone."""
        if len(chosen) != 1:
            self.message_user(request, _("Choose one endpoint: its secret is shown once."), messages.ERROR)
            return None
        try:
            made = webhook_endpoints.rotate_secret(chosen[0].pk, at=timezone.now())
        except PortalError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return None
        return self._shown_once(request, made, title=_("%s has a new secret") % made.endpoint)

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        """Have these told again."""
        for endpoint in chosen:
            webhook_endpoints.enable(endpoint.pk)

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        """Have these told nothing more."""
        for endpoint in chosen:
            webhook_endpoints.disable(endpoint.pk, at=timezone.now())

    def _shown_once(self, request: HttpRequest, made: NewSecret, *, title: str) -> HttpResponse:
        """Return the page that shows what cannot be seen again: it is written to no cookie and no log."""
        shown: Sequence[tuple[Any, str]] = [(_("Address"), made.endpoint.url), (_("Secret"), made.secret)]
        pages = self.admin_site.each_context(request)
        context = {**pages, "title": title, "opts": self.opts, "pk": made.endpoint.pk, "shown": shown}
        return TemplateResponse(request, "admin/api_client_made.html", context)


class TypeFilter(admin.SimpleListFilter):
    """What happened. The values of the column would be looked for in every row."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the types."""
        return [(value, value) for value in (*WebhookType.values, WEBHOOK_TEST)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Return the deliveries of that type."""
        return queryset.filter(event__type=self.value()) if self.value() else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyModelAdmin):
    """Events on their way to client systems, those that arrived and those that were given up."""

    list_display = ["type", "endpoint", "status", "attempts", "answer", "next_attempt", "delivered_at"]
    list_filter = ["status", TypeFilter, "endpoint"]
    list_select_related = ["event", "endpoint"]
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    ordering = ["-pk"]
    sortable_by = ()
    search_fields = ["event__type"]
    search_help_text = "The webhook-id, as we_…, whole"
    fields = [
        "type", "webhook_id", "endpoint", "status", "attempts", "next_attempt", "attempted_at", "delivered_at",
        "answer", "response_excerpt", "last_error", "body",
    ]  # fmt: skip
    actions = ["send_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        """Return deliveries without their endpoints' secrets."""
        rows: QuerySet[WebhookDelivery] = super().get_queryset(request)
        return rows.select_related("event", "endpoint").defer(*(f"endpoint__{name}" for name in SECRETS))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the id that the receiver has in its log."""
        if not search_term:
            return queryset, False
        key = ids.key(ids.WEBHOOK_EVENT, search_term.strip())
        return (queryset.filter(event_id=key) if key else queryset.none()), False

    @admin.display(description=_("Type"))
    def type(self, delivery: WebhookDelivery) -> str:
        """Return what is told."""
        return delivery.event.type

    @admin.display(description="webhook-id")
    def webhook_id(self, delivery: WebhookDelivery) -> str:
        """Return what each attempt carries."""
        return ids.public(ids.WEBHOOK_EVENT, delivery.event_id)

    @admin.display(description=_("Last answer"))
    def answer(self, delivery: WebhookDelivery) -> str:
        """Return the status of the last answer and how long it took, or why none came."""
        if delivery.response_status is None:
            return delivery.last_error
        return f"{delivery.response_status} · {delivery.response_ms or 0:,} ms"

    @admin.display(description=_("Next attempt"))
    def next_attempt(self, delivery: WebhookDelivery) -> str:
        """Return when it is tried next, if it is."""
        is_waiting = delivery.status in {WebhookDeliveryStatus.PENDING, WebhookDeliveryStatus.SENDING}
        return date_format(timezone.localtime(delivery.next_attempt_at), "j M Y, H:i:s") if is_waiting else ""

    @admin.display(description=_("Body"))
    def body(self, delivery: WebhookDelivery) -> SafeString:
        """Return what is sent, a member a line."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(delivery.event.body), indent=2, ensure_ascii=False))

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may have a delivery sent again: whoever may change one."""
        return request.user.has_perm("messaging.change_webhookdelivery")

    @admin.action(description=_("Send again now"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]) -> None:
        """Send again those chosen that were given up or wait, and say why others were not."""
        done, refused = 0, dict[str, int]()
        for key in chosen.values_list("pk", flat=True):
            try:
                webhook_deliveries.retry(key, at=timezone.now())
                done += 1
            except PortalError as error:
                refused[error.detail] = refused.get(error.detail, 0) + 1
        if done:
            text = ngettext("%d event is sent again.", "%d events are sent again.", done) % done
            self.message_user(request, text, messages.SUCCESS)
        for why, count in refused.items():
            self.message_user(request, f"{count}: {why}", messages.WARNING)
