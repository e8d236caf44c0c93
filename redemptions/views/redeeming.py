"""The page that spends points, and the one that shows what came of it."""

import uuid
from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from api import ids
from api.errors import PortalError
from people import presence
from redemptions import queries
from redemptions.enums import OrderStatus, ProductKind
from redemptions.forms import RedeemForm, ValueForm
from redemptions.models import Order, Product
from redemptions.operations import orders
from redemptions.views.catalogue import product_or_404, product_page, valid_until
from wallets.errors import InsufficientPoints
from wallets.queries import wallet


@login_required
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, sku: str) -> HttpResponse:
    """Repeat what is about to happen; on POST make it happen. Only this page spends points."""
    shown = product_or_404(sku)
    if request.method == "POST":
        return _redeem(request, shown)
    form = ValueForm(request.GET, product=shown)
    if not form.is_valid():
        return product_page(request, shown, form)
    return _confirm_page(request, shown, form.cleaned_data["face_value"], external_id=str(uuid.uuid4()))


@login_required
@require_GET
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """Show what came of an order: its code box, or where the points are."""
    person, key = presence.person(request), ids.key(ids.ORDER, order_id)
    mine = Order.objects.select_related("product__supplier").filter(person=person, pk=key).first() if key else None
    if mine is None:
        raise Http404
    owned = wallet(person)
    context = {
        "order": mine,
        "product": mine.product,
        "rewards": [reward for reward in queries.my_rewards(person) if reward.order.pk == mine.pk],
        "wallet": owned,
        "balance": owned.available,
    }
    return render(request, "redemptions/order.html", context)


def _redeem(request: HttpRequest, shown: Product) -> HttpResponse:
    form = RedeemForm(request.POST)
    if not form.is_valid():
        messages.error(request, "That did not reach us whole, so nothing was spent. Choose the value again.")
        return redirect("product", sku=shown.sku)
    face_value, external_id = form.cleaned_data["face_value"], form.cleaned_data["external_id"]
    try:
        placed = orders.place(
            person=presence.person(request),
            product=shown,
            face_value=face_value,
            external_id=external_id,
            at=timezone.now(),
        )
    except PortalError as error:
        return _confirm_page(request, shown, face_value, external_id=external_id, error=error)
    if placed.status == OrderStatus.PLACED:
        with suppress(PortalError):  # it ended another way meanwhile: the order's page says which
            orders.fulfil(placed.pk, at=timezone.now())
    return redirect("order", order_id=ids.public(ids.ORDER, placed.pk))


def _confirm_page(
    request: HttpRequest, shown: Product, face_value: int, *, external_id: str, error: PortalError | None = None
) -> HttpResponse:
    person = presence.person(request)
    owned, points = wallet(person), shown.price(face_value)
    context = {
        "product": shown,
        "face_value": face_value,
        "points": points,
        "left": owned.available - points,
        "short": max(0, points - owned.available),
        "wallet": owned,
        "balance": owned.available,
        "external_id": external_id,
        # too few points has its own sentence, with both numbers
        "error": None if isinstance(error, InsufficientPoints) else error,
        "in_stock": shown.can_deliver(face_value),
        "can_use": shown.is_available_in(person.country),
        "is_travel": shown.kind == ProductKind.TRAVEL_CREDIT,
        "valid_until": valid_until(shown),
    }
    return render(request, "redemptions/confirm.html", context, status=error.status if error else 200)
