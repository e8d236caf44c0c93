"""What was redeemed, looked at and never edited: orders, codes, vouchers, travel credits. Codes stay masked."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from api import ids, money
from api.admin import ReadOnlyModelAdmin
from redemptions.admin import refunds
from redemptions.admin.links import link
from redemptions.enums import OrderStatus
from redemptions.models import (
    Order,
    TravelCredit,
    TravelCreditAuthorisation,
    TravelCreditEntry,
    Voucher,
    VoucherCode,
)
from redemptions.operations.orders import ATTEMPTS_MAX


@admin.register(Order)
class OrderAdmin(ReadOnlyModelAdmin):
    """Orders, each with where its points are and what comes next."""

    list_display = ["product", "person", "value", "points", "status", "placed_at", "attempts"]
    list_filter = ["status", "product__kind", "product__category"]
    list_select_related = ["product", "person"]
    search_fields = ["person__name", "person__email", "person__employee_number", "product__name", "external_id"]
    search_help_text = "Person, product, external id, or an order's id"
    date_hierarchy = "placed_at"
    ordering = ["-placed_at"]
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/redemptions/order/change_form.html"
    fieldsets = [
        (None, {"fields": ["state", "person", "product", "value", "quantity", "points"]}),
        ("Where the points are", {"fields": ["hold_link", "transfer_link", "refund_link"]}),
        ("What came of it", {"fields": ["delivered", "status_reason"]}),
        ("Course", {"fields": ["placed_at", "fulfilled_at", "closed_at", "attempts", "next_attempt_at"]}),
        ("Where it came from", {"fields": ["public_id", "client", "external_id"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Return orders with what their pages read."""
        return Order.objects.select_related("product", "person", "client__oauth", "hold__transfer", "refund")

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks for a refund."""
        view = self.admin_site.admin_view(self.refund)
        return [path("<uuid:order_id>/refund/", view, name="redemptions_order_refund"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Say whether this person may ask for a refund."""
        context["may_refund"] = refunds.may_ask(request, cast("Order | None", context.get("original")))
        return super().render_change_form(request, context, *args, **options)

    def refund(self, request: HttpRequest, order_id: Any) -> HttpResponse:
        """Ask for the refund of a delivered order."""
        order = self.get_object(request, str(order_id))
        if order is None or not refunds.may_ask(request, order):
            raise PermissionDenied
        return refunds.ask(self, request, order)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Find an order by the id that the API shows, too."""
        if key := ids.key(ids.ORDER, search_term.strip()):
            return queryset.filter(pk=key), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Value", ordering="face_value")
    def value(self, order: Order) -> str:
        """Return what each is worth, and how many."""
        each = money.face_value_in_words(order.face_value, order.currency)
        return each if order.quantity == 1 else f"{order.quantity} × {each}"

    @admin.display(description="State")
    def state(self, order: Order) -> str:
        """Return the status and, in a sentence, what it means for the points."""
        return f"{order.get_status_display()}. {explanation(order)}"

    @admin.display(description="Hold")
    def hold_link(self, order: Order) -> SafeString | str:
        """Return the hold, leading to its page."""
        return link(order.hold)

    @admin.display(description="Transfer")
    def transfer_link(self, order: Order) -> SafeString | str:
        """Return the transfer that took the points, if it was made."""
        return link(order.hold.transfer)

    @admin.display(description="Refund")
    def refund_link(self, order: Order) -> SafeString | str:
        """Return the transfer that gave the points back after delivery, if it was made."""
        return link(order.refund)

    @admin.display(description="Delivered")
    def delivered(self, order: Order) -> SafeString | str:
        """Return the vouchers or the travel credit, masked, each leading to its page."""
        vouchers = list(order.vouchers.select_related("voucher_code"))
        rewards: list[Model] = [*vouchers, *TravelCredit.objects.filter(order=order).defer("code")]
        return format_html(", ".join(["{}"] * len(rewards)), *map(link, rewards)) if rewards else "Nothing yet"

    @admin.display(description="Id")
    def public_id(self, order: Order) -> str:
        """Return the id that the API shows."""
        return ids.public(ids.ORDER, order.pk)


def explanation(order: Order) -> str:
    """Return where an order's points are and what happens next."""
    points = f"{order.points:,} points"
    match order.status:
        case OrderStatus.PLACED if order.attempts:
            due = timezone.localtime(order.next_attempt_at)
            return (
                f"{points} are held. Attempt {order.attempts} of {ATTEMPTS_MAX} did not deliver it;"
                f" the next is at {due:%H:%M:%S}. After the last one the points go back by themselves."
            )
        case OrderStatus.PLACED:
            return f"{points} are held until it is delivered."
        case OrderStatus.FULFILLED:
            return f"{points} were taken when it was delivered."
        case OrderStatus.REFUNDED:
            return f"{points} were taken, and given back later."
        case _:
            return f"{points} were held and given back."


@admin.register(VoucherCode)
class VoucherCodeAdmin(ReadOnlyModelAdmin):
    """The pool. What is here can be told apart by the last characters; nobody can read a code."""

    list_display = ["masked", "product", "value", "status", "expires_on", "added_at"]
    list_filter = ["status", "product"]
    list_select_related = ["product"]
    search_fields = ["product__name", "product__sku", "ending"]
    search_help_text = "Product, or the last characters of the code"
    date_hierarchy = "added_at"
    ordering = ["-added_at", "-id"]
    list_per_page = 100
    show_full_result_count = False
    fields = ["masked", "product", "value", "status", "expires_on", "order", "added_at", "added_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VoucherCode]:
        """Leave the code and the PIN in the database."""
        return VoucherCode.objects.defer("code", "pin", "fingerprint").select_related("product", "added_by")

    @admin.display(description="Code", ordering="ending")
    def masked(self, code: VoucherCode) -> str:
        """Return the last characters."""
        return str(code)

    @admin.display(description="Value", ordering="face_value")
    def value(self, code: VoucherCode) -> str:
        """Return what it is worth."""
        return money.face_value_in_words(code.face_value, code.product.currency)


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyModelAdmin):
    """Vouchers in people's hands: whose, and whether they looked at the code."""

    list_display = ["masked", "product", "person", "first_revealed_at", "reveals", "used_at"]
    list_filter = ["order__product__category"]
    list_select_related = ["voucher_code", "order__product", "order__person"]
    search_fields = ["order__person__name", "order__person__email", "order__product__name", "voucher_code__ending"]
    ordering = ["-id"]
    show_full_result_count = False
    fields = ["masked", "product", "person", "order", "voucher_code", "first_revealed_at", "reveals", "used_at"]

    @admin.display(description="Code", ordering="voucher_code__ending")
    def masked(self, voucher: Voucher) -> str:
        """Return the last characters."""
        return str(voucher)

    @admin.display(description="Product", ordering="order__product__name")
    def product(self, voucher: Voucher) -> str:
        """Return what it is."""
        return voucher.order.product.name

    @admin.display(description="Person", ordering="order__person__name")
    def person(self, voucher: Voucher) -> str:
        """Return whose it is."""
        return voucher.order.person.name


class _Kept(admin.TabularInline[Any, Any]):
    """Rows of a travel credit: looked at on its page, newest first, and never edited."""

    extra = 0
    can_delete = False
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: booking systems add these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: nobody edits these."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return rows with what each one shows."""
        return super().get_queryset(request).select_related("travel_credit", "client__oauth")

    @admin.display(description="Amount")
    def value(self, row: TravelCreditAuthorisation | TravelCreditEntry) -> str:
        """Return the amount."""
        return money.in_words(row.amount, row.travel_credit.currency)


class AuthorisationInline(_Kept):
    """What bookings hold, held and took."""

    model = TravelCreditAuthorisation
    verbose_name_plural = "bookings"
    fields = readonly_fields = (
        *("reference", "description", "status", "value", "taken"),
        *("authorised_at", "expires_at", "closed_at", "client"),
    )

    @admin.display(description="Captured")
    def taken(self, authorisation: TravelCreditAuthorisation) -> str:
        """Return what was taken."""
        return money.in_words(authorisation.captured, authorisation.travel_credit.currency)


class EntryInline(_Kept):
    """What moved the balance."""

    model = TravelCreditEntry
    verbose_name_plural = "captured and refunded"
    fields = readonly_fields = ("reference", "kind", "value", "authorisation", "at", "client")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return entries with their bookings too."""
        return super().get_queryset(request).select_related("authorisation")


@admin.register(TravelCredit)
class TravelCreditAdmin(ReadOnlyModelAdmin):
    """Travel credits: whose, what is left on them, and what drew on them."""

    class Media:
        css = {"all": ["admin_theme/travel_credits.css"]}

    inlines = [AuthorisationInline, EntryInline]
    list_display = ["masked", "product", "person", "left", "held", "value", "expires_at"]
    list_filter = ["currency"]
    list_select_related = ["order__product", "order__person"]
    search_fields = ["order__person__name", "order__person__email", "order__product__name", "ending"]
    date_hierarchy = "opened_at"
    ordering = ["-opened_at"]
    show_full_result_count = False
    fields = [
        *("public_id", "masked", "product", "person", "order", "value", "left", "held"),
        *("opened_at", "expires_at", "first_revealed_at", "reveals"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TravelCredit]:
        """Leave the code in the database."""
        return TravelCredit.objects.defer("code", "fingerprint").select_related("order__product", "order__person")

    @admin.display(description="Code", ordering="ending")
    def masked(self, credit: TravelCredit) -> str:
        """Return the last characters."""
        return str(credit)

    @admin.display(description="Product", ordering="order__product__name")
    def product(self, credit: TravelCredit) -> str:
        """Return what it is."""
        return credit.order.product.name

    @admin.display(description="Person", ordering="order__person__name")
    def person(self, credit: TravelCredit) -> str:
        """Return whose it is."""
        return credit.order.person.name

    @admin.display(description="Value", ordering="face_value")
    def value(self, credit: TravelCredit) -> str:
        """Return what it was worth when it was redeemed."""
        return money.in_words(credit.face_value, credit.currency)

    @admin.display(description="Balance", ordering="balance")
    def left(self, credit: TravelCredit) -> str:
        """Return what is left, held amounts included; to its owner only what is free is left."""
        return money.in_words(credit.balance, credit.currency)

    @admin.display(description="Id")
    def public_id(self, credit: TravelCredit) -> str:
        """Return the id that booking systems use."""
        return ids.public(ids.TRAVEL_CREDIT, credit.pk)

    @admin.display(description="Held", ordering="authorised")
    def held(self, credit: TravelCredit) -> str:
        """Return what bookings hold of it."""
        return money.in_words(credit.authorised, credit.currency)
