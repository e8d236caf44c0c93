"""The pages where a reward is found."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people import presence
from people.models import Person
from redemptions import queries
from redemptions.enums import Category, ProductKind
from redemptions.forms import SORTS, FilterForm, ValueForm, choices
from redemptions.models import Product
from wallets.queries import wallet

PAGE_SIZE = 48  # products
POINTS_STEP = 500  # of the slider
POINTS_STEPS_MAX = 60
ORDERS = {"points": ["smallest_points", "name"], "name": ["name"]}
ICONS = {
    Category.TRAVEL: "plane",
    Category.FOOD: "utensils",
    Category.SHOPPING: "shopping-bag",
    Category.HOME: "sofa",
    Category.CULTURE: "book-open",
    Category.OUTDOORS: "mountain",
    Category.ELECTRONICS: "headphones",
    Category.GIVING: "hand-helping",
}


@login_required
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show what can be redeemed where the person lives, filtered by the query string."""
    return render(request, "redemptions/catalogue.html", _catalogue(request))


@login_required
@require_GET
def filters(request: HttpRequest) -> HttpResponse:
    """Show the catalogue's filters as a page of their own, for a phone."""
    return render(request, "redemptions/filters.html", _catalogue(request))


@login_required
@require_GET
def product(request: HttpRequest, sku: str) -> HttpResponse:
    """Show one product and its values to choose from."""
    return product_page(request, product_or_404(sku))


def product_page(request: HttpRequest, shown: Product, form: ValueForm | None = None) -> HttpResponse:
    """Return a product's page; with a form that was filled in wrong, what is wrong with it."""
    person = presence.person(request)
    owned = wallet(person)
    offered = choices(shown, available=owned.available)
    context = {
        "product": shown,
        "choices": offered,
        "first": next((choice for choice in offered if choice.can_have), None),
        "form": form,
        "wallet": owned,
        "balance": owned.available,
        "can_use": shown.is_available_in(person.country),
        "is_travel": shown.kind == ProductKind.TRAVEL_CREDIT,
        "has_range": shown.range_min is not None,
        "nearest_short": min((choice.short for choice in offered if choice.in_stock), default=0),
        "valid_until": valid_until(shown),
    }
    return render(request, "redemptions/product.html", context)


def valid_until(shown: Product) -> date | None:
    """Return the last day of a product that were redeemed today, or None where it has none of its own."""
    days = shown.expires_after_days
    return timezone.localdate() + timedelta(days=days) if days else None


def product_or_404(sku: str) -> Product:
    """Return a product as `queries.described` does, offered or not."""
    try:
        return queries.product(sku)
    except Product.DoesNotExist:
        raise Http404 from None


def _catalogue(request: HttpRequest) -> dict[str, Any]:
    person = presence.person(request)
    chosen = FilterForm(request.GET).chosen()
    available = wallet(person).available
    category, words = chosen["category"] or "", chosen["q"] or ""
    dearest = queries.catalogue(country=person.country).aggregate(most=Max("smallest_points"))["most"] or 0
    slider = _slider(dearest, chosen["up_to"])
    limits = [slider["value"]] if slider["is_set"] else []
    limits += [available] if chosen["afford"] else []
    found = queries.catalogue(country=person.country, category=category, q=words, max_points=min(limits, default=None))
    ordered = found.order_by(*ORDERS.get(chosen["sort"] or "", ["position", "name"]))
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "chosen": chosen,
        "page": page,
        "travel": [product for product in page if product.kind == ProductKind.TRAVEL_CREDIT],
        "vouchers": [product for product in page if product.kind == ProductKind.VOUCHER],
        "categories": [(value, label, ICONS[Category(value)]) for value, label in Category.choices],
        "sorts": SORTS,
        "slider": slider,
        "nearest": None if page.object_list else _nearest(person, category, words),
        "filter_count": sum(map(bool, (chosen["afford"], slider["is_set"], category, chosen["sort"]))),
        "balance": available,
    }


def _nearest(person: Person, category: str, words: str) -> dict[str, Any]:
    """Return what comes closest where the filters found nothing: the cheapest of the category and words, or of all."""
    for category_tried, words_tried in ((category, words), (category, ""), ("", "")):
        found = queries.catalogue(country=person.country, category=category_tried, q=words_tried)
        points = found.aggregate(least=Min("smallest_points"))["least"]
        if points is not None:
            return {"points": points, "category": category_tried, "words": words_tried}
    return {}


def _slider(dearest: int, up_to: int | None) -> dict[str, Any]:
    """Return the slider's scale in points: at most 60 steps, from one step to what the dearest product costs."""
    step = POINTS_STEP
    while dearest // step > POINTS_STEPS_MAX:
        step *= 2
    high = max(-(-dearest // step) * step, step)
    value = high if up_to is None else min(max(up_to // step * step, step), high)
    stops = range(step, high + 1, step)
    return {"min": step, "max": high, "step": step, "value": value, "stops": stops, "is_set": value < high}
