"""Product pictures in templates."""

from django import template
from django.utils.safestring import SafeString

from redemptions import pictures
from redemptions.models import Product
from redemptions.pictures import Shape

register = template.Library()


@register.simple_tag
def product_picture(
    product: Product, shape: str = "card", *, with_name: bool = False, band: bool = False
) -> SafeString:
    """Return a product's picture as inline SVG: `{% product_picture product "wide" with_name=True band=True %}`.

    Args:
        product: whose.
        shape: card, travel, wide, hero, side or mini; see `pictures.Shape`.
        with_name: write the name on it.
        band: keep the lowest 38 % flat and dark, for a price in white.
    """
    return pictures.picture(product, Shape[shape.upper()], with_name=with_name, band=band)


@register.filter
def has_dark_picture(product: Product) -> bool:
    """Return whether a name on the picture is white; else it is ink."""
    return pictures.is_dark(product)
