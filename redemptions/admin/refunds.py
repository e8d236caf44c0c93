"""Refunds of orders: asked for on an order's page, decided by somebody else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from api import admin_steps
from api.admin_steps import TwoStepForm
from approvals.deciding import DecidingAdmin
from people.models import Person
from redemptions.admin.links import link
from redemptions.enums import OrderRefundStatus, OrderStatus
from redemptions.matters import ORDER_REFUND, refund_facts
from redemptions.models import Order, OrderRefund
from redemptions.operations import refunds
from redemptions.operations.refunds import REASON_CHARACTERS

if TYPE_CHECKING:
    from redemptions.admin.rewards import OrderAdmin

MAY_ASK = "redemptions.add_orderrefund"


class RefundForm(TwoStepForm):
    """Why an order is given back, and what HR confirms."""

    reason = forms.CharField(
        max_length=REASON_CHARACTERS, widget=AdminTextInputWidget, help_text="The person reads this."
    )
    is_taken_back = forms.BooleanField(
        required=False,
        label="The supplier took the code back",
        help_text="Needed where its owner has seen the code: the supplier must have blocked it.",
    )


def may_ask(request: HttpRequest, order: Order | None) -> bool:
    """Return whether this person may ask for a refund of this order now."""
    return order is not None and order.status == OrderStatus.FULFILLED and request.user.has_perm(MAY_ASK)


def ask(model_admin: "OrderAdmin", request: HttpRequest, order: Order) -> HttpResponse:
    """Show the form, then what would happen, then ask an approver."""
    form = RefundForm(request.POST or None)
    return admin_steps.run(
        model_admin,
        request,
        form,
        title=f"Refund {order}",
        button="Ask for this refund",
        facts=lambda: _facts_of(order, form),
        act=lambda: _ask(order, form, cast("Person", request.user)),
        original=order,
    )


def _facts_of(order: Order, form: RefundForm) -> Sequence[tuple[str, str]]:
    data = form.cleaned_data
    if error := refunds.objection(order, is_taken_back=data["is_taken_back"]):
        raise error
    return refund_facts(order, data["reason"])


def _ask(order: Order, form: RefundForm, by: Person) -> tuple[Model, str]:
    data = form.cleaned_data
    refund = refunds.ask(order.pk, reason=data["reason"], is_taken_back=data["is_taken_back"], by=by, at=timezone.now())
    return refund, "Asked for. Another HR approver decides."


@admin.register(OrderRefund)
class OrderRefundAdmin(DecidingAdmin):
    """The queue of refunds that wait, and the history of all."""

    matter = ORDER_REFUND
    list_display = ["order", "points", "reason", "status", "requested_by", "requested_at"]
    list_filter = ["status", "requested_at"]
    list_select_related = ["order__product", "order__person", "requested_by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["order__person__name", "order__person__employee_number", "reason"]
    search_help_text = "Person, employee number or reason"
    ordering = ["-id"]
    fields = [
        *("order_link", "points", "reason", "is_taken_back", "status"),
        *("requested_by", "requested_at", "decided", "closed_at", "transfer_link"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderRefund]:
        """Return refunds with what their pages read."""
        return OrderRefund.objects.select_related(
            "order__product", "order__person", "order__refund", "requested_by", "approval__group"
        )

    @admin.display(description="Points", ordering="order__points")
    def points(self, row: OrderRefund) -> str:
        """Return the points that come back."""
        return f"{row.order.points:,}"

    @admin.display(description="Order")
    def order_link(self, row: OrderRefund) -> SafeString | str:
        """Return the order, leading to its page."""
        return link(row.order)

    @admin.display(description="Transfer")
    def transfer_link(self, row: OrderRefund) -> SafeString | str:
        """Return the transfer that gave the points back, if it was made."""
        return link(row.order.refund) if row.status == OrderRefundStatus.DONE else "No points moved"
