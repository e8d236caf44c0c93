"""The pages that join rooms: home and statement; and the pages for what went wrong."""

from itertools import groupby
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people import presence
from redemptions import queries as redemptions
from redemptions.enums import ProductKind
from redemptions.models import Product
from rewards_portal import charts, lots, queries, words
from wallets.queries import wallet

ACTIVITY_LINES = 5
STATEMENT_LINES = 30
PICKS = 4


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the balance, what expires, a few rewards and what happened last."""
    person = presence.person(request)
    owned = wallet(person)
    products = list(redemptions.catalogue(country=person.country))
    lead, picks = _picks(products, owned.available)
    context = {
        "wallet": owned,
        "balance": owned.available,
        "lots": lots.bar(owned),
        "next_lot": owned.expiring[0] if owned.expiring else None,
        "cheapest": min((product.smallest_points for product in products if product.in_stock), default=None),
        "lead": lead,
        "picks": picks,
        "activity": queries.lines(owned.account_id, limit=ACTIVITY_LINES),
        "hide_balance": True,
    }
    return render(request, "home.html", context)


@login_required
@require_GET
def statement(request: HttpRequest) -> HttpResponse:
    """Show the balance, the year and every line of it, 30 at a time."""
    person = presence.person(request)
    owned = wallet(person)
    before = _key(request.GET.get("before", ""))
    found = queries.lines(owned.account_id, limit=STATEMENT_LINES + 1, before=before)
    page, more = found[:STATEMENT_LINES], found[STATEMENT_LINES:]
    context = {
        "wallet": owned,
        "balance": owned.available,
        "months": [(month, list(rows)) for month, rows in groupby(page, key=lambda line: words.month(line.at))],
        "older": page[-1].transfer_id if more else None,
        "is_first_page": before is None,
    }
    if before is None:
        year = queries.year(
            owned.account_id,
            timezone.localdate().year,
            points_now=owned.available + owned.held,
            zone=timezone.get_current_timezone_name(),
        )
        context |= {
            "year": year,
            "wide": charts.up_and_down(year),
            "narrow": charts.up_and_down(year, charts.PHONE),
            "finding": charts.finding(year),
            "this_month": timezone.localdate().month,
        }
    return render(request, "statement.html", context)


def _picks(products: list[Product], available: int) -> tuple[Product | None, list[Product]]:
    """Return the travel credit to lead with, and four more rewards: within reach first, each of another category."""
    lead = next((product for product in products if product.kind == ProductKind.TRAVEL_CREDIT), None)
    others = [product for product in products if product != lead and product.in_stock]
    others.sort(key=lambda product: product.smallest_points > available)
    first_of_category = {product.category: product for product in reversed(others)}
    varied = [product for product in others if first_of_category[product.category] is product]
    return lead, [*varied, *(product for product in others if product not in varied)][:PICKS]


def _key(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None
