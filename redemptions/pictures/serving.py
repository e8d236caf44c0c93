"""Product pictures by address, for where inline SVG cannot stand: an e-mail, a chat message, another system."""

import hashlib
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from redemptions.models import Product
from redemptions.pictures import Shape, picture

A_YEAR, FIVE_MINUTES = 31_536_000, 300  # seconds


def address(product: Product, shape: Shape = Shape.CARD) -> str:
    """Return the path of a product's picture; another picture has another path, so it may be kept for ever."""
    svg = picture(product, shape)
    query = urlencode({"shape": shape.name.lower(), "v": version(svg)})
    return f"{reverse('picture', args=[product.sku])}?{query}"


def version(svg: str) -> str:
    """Return a short name of this very picture."""
    return hashlib.sha256(svg.encode()).hexdigest()[:12]


@require_safe
def show(request: HttpRequest, sku: str) -> HttpResponse:
    """Show a product's picture: kept for a year where the address names this very one, else for five minutes."""
    try:
        shape = Shape[request.GET.get("shape", "card").upper()]
    except KeyError:
        raise Http404("There is no such shape.") from None
    svg = picture(get_object_or_404(Product, sku=sku), shape)
    response = HttpResponse(svg, content_type="image/svg+xml")
    exact = request.GET.get("v") == version(svg)
    response["Cache-Control"] = f"public, max-age={A_YEAR}, immutable" if exact else f"public, max-age={FIVE_MINUTES}"
    return response
