"""Messages and their ways to people, to look at; what was given up is sent again from here."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from api.admin import ReadOnlyModelAdmin
from api.errors import PortalError
from messaging import channels
from messaging.admin_webhooks import WebhookDeliveryAdmin, WebhookEndpointAdmin
from messaging.models import Address, ChannelPreference, Delivery, Message, Pause
from messaging.operations import deliveries

__all__ = ["DeliveryAdmin", "MessageAdmin", "WebhookDeliveryAdmin", "WebhookEndpointAdmin"]


class DeliveryInline(admin.TabularInline[Delivery, Message]):
    """Where else than in the inbox a message went."""

    model = Delivery
    fields = ("channel", "status", "attempts", "next_attempt_at", "sent_at", "last_error")
    readonly_fields = fields
    can_delete = False
    extra = 0
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        """Return False: `tell` makes these."""
        return False


@admin.register(Message)
class MessageAdmin(ReadOnlyModelAdmin):
    """What people were told."""

    list_display = ["title", "person", "kind", "created_at", "read_at"]
    list_filter = ["kind", "created_at"]
    list_select_related = ["person"]
    search_fields = ["reference", "person__employee_number", "person__name", "person__email"]
    search_help_text = "Name, employee number, e-mail address or reference."
    ordering = ["-pk"]
    show_full_result_count = False
    fields = ["person", "kind", "title", "body", "path", "reference", "created_at", "read_at"]
    inlines = [DeliveryInline]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyModelAdmin):
    """Messages on their way, those that arrived and those that were given up."""

    list_display = ["title", "person", "channel", "status", "attempts", "last_error", "next_attempt_at", "sent_at"]
    list_filter = ["status", "channel", "message__created_at"]
    list_select_related = ["message__person"]
    search_fields = ["message__reference", "message__person__employee_number", "message__person__name"]
    search_help_text = "Name, employee number or reference."
    ordering = ["-pk"]
    show_full_result_count = False
    fields = [
        "message", "channel", "goes_to", "status", "attempts", "next_attempt_at", "sent_at", "last_error",
        "provider_reference",
    ]  # fmt: skip
    actions = ["send_again"]

    @admin.display(description="Message", ordering="message__title")
    def title(self, delivery: Delivery) -> str:
        """Return what is told."""
        return delivery.message.title

    @admin.display(description="Person", ordering="message__person__name")
    def person(self, delivery: Delivery) -> str:
        """Return whom it is for."""
        return str(delivery.message.person)

    @admin.display(description="Goes to")
    def goes_to(self, delivery: Delivery) -> str:
        """Return where the channel hands messages over, with nothing secret in it."""
        is_ready = delivery.channel in channels.ready()
        return channels.CHANNELS[delivery.channel].where() if is_ready else "This channel is not set up."

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may have a delivery sent again: whoever may change one."""
        return request.user.has_perm("messaging.change_delivery")

    @admin.action(description="Send again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """Send again those chosen that were given up, and say which were not."""
        done, refused = 0, 0
        for key in chosen.values_list("pk", flat=True):
            try:
                deliveries.retry(key, by=request.user, at=timezone.now())  # type: ignore[arg-type]
                done += 1
            except PortalError:
                refused += 1
        if done:
            text = ngettext("%d delivery is sent again.", "%d deliveries are sent again.", done) % done
            self.message_user(request, text, messages.SUCCESS)
        if refused:
            text = ngettext("%d had not stopped and was left.", "%d had not stopped and were left.", refused) % refused
            self.message_user(request, text, messages.WARNING)


@admin.register(Address)
class AddressAdmin(ReadOnlyModelAdmin):
    """Where channels find people."""

    list_display = ["person", "channel", "value", "looked_up_at"]
    list_filter = ["channel"]
    list_select_related = ["person"]
    search_fields = ["person__employee_number", "person__name"]
    show_full_result_count = False
    fields = ["person", "channel", "value", "looked_up_at"]


@admin.register(ChannelPreference)
class ChannelPreferenceAdmin(ReadOnlyModelAdmin):
    """What people chose to hear by: theirs to change, in their settings."""

    list_display = ["person", "channel", "is_on", "changed_at"]
    list_filter = ["channel", "is_on"]
    list_select_related = ["person"]
    search_fields = ["person__employee_number", "person__name", "person__email"]
    search_help_text = "Name, employee number or e-mail address."
    ordering = ["-changed_at"]
    show_full_result_count = False
    fields = ["person", "channel", "is_on", "changed_at"]


@admin.register(Pause)
class PauseAdmin(ReadOnlyModelAdmin):
    """Which channel rests, and until when."""

    list_display: list[Any] = ["channel", "until"]
