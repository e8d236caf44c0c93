"""A picture for each product, drawn from its name: flat, geometric, the same every time, and no file.

SVG with presentation attributes alone: no style attribute, no <style>, no id, so that it stands in a page under a
strict content security policy, any number of times. SHA-256 of the name chooses palette, family and every detail; a
product may name its palette and family, which then win.
"""

import hashlib
from enum import Enum

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from redemptions.enums import Category
from redemptions.models import Product
from redemptions.pictures.canvas import BAND, Canvas, Dice
from redemptions.pictures.families import FAMILIES
from redemptions.pictures.palettes import DARK, PALETTES

BY_CATEGORY: dict[str, tuple[str, ...]] = {
    Category.TRAVEL: ("horizon", "route", "peaks"),
    Category.FOOD: ("petals", "scallops"),
    Category.CULTURE: ("books", "orbits"),
    Category.SHOPPING: ("tiles", "weave"),
    Category.HOME: ("arches", "petals"),
    Category.OUTDOORS: ("peaks", "contours"),
    Category.ELECTRONICS: ("arcs", "tiles"),
    Category.GIVING: ("contours", "arcs"),
}

NAME_SIZE, NAME_SIZE_HERO = 18, 34
LETTER_WIDTH = 0.56  # of the size, in Figtree, on average


class Shape(Enum):
    """The boxes a picture is composed for: width and height in CSS pixels at the widest layout."""

    CARD = (270, 172)
    TRAVEL = (270, 214)
    WIDE = (562, 214)
    HERO = (656, 316)
    SIDE = (132, 180)
    MINI = (88, 66)

    @property
    def is_small(self) -> bool:
        """Return whether it is under 120 pixels wide: no name, no route, and larger pieces."""
        return self.value[0] < 120  # noqa: PLR2004


def picture(product: Product, shape: Shape = Shape.CARD, *, with_name: bool = False, band: bool = False) -> SafeString:
    """Return a product's picture as inline SVG, hidden from screen readers: the card's text names the product.

    Args:
        product: whose name, category and, if set, palette and family decide.
        shape: what box it is for; it fills any other by cropping.
        with_name: write the name top left, in the page's font.
        band: make the lowest 38 % one flat shape, for a price to stand on in white.
    """
    width, height = shape.value
    digest = hashlib.sha256(product.name.encode()).digest()
    canvas = Canvas(width, height, PALETTES[palette(product)], Dice(digest), band=band, small=shape.is_small)
    FAMILIES[family(product)](canvas)
    if band:
        canvas.band()
    if with_name and not shape.is_small:
        canvas.add(_name(product, shape))
    return mark_safe(  # noqa: S308 - numbers and colours of our own; the name is escaped
        f'<svg class="picture" viewBox="0 0 {width} {height}" preserveAspectRatio="xMidYMid slice" aria-hidden="true"'
        f' focusable="false" xmlns="http://www.w3.org/2000/svg">{"".join(canvas.parts)}</svg>'
    )


def palette(product: Product) -> int:
    """Return which of the ten palettes a product has; travel has only the dark ones, for the sake of its band."""
    if product.palette is not None:
        return product.palette
    among = DARK if product.category == Category.TRAVEL else len(PALETTES)
    return hashlib.sha256(product.name.encode()).digest()[0] % among


def family(product: Product) -> str:
    """Return which family of pictures a product has."""
    if product.family in FAMILIES:
        return product.family
    families = BY_CATEGORY[product.category]
    return families[hashlib.sha256(product.name.encode()).digest()[1] % len(families)]


def is_dark(product: Product) -> bool:
    """Return whether the picture's ground is dark, so that a name on it is white; else it is ink."""
    return palette(product) < DARK


def _name(product: Product, shape: Shape) -> str:
    """Return the name, top left; on one line, drawn together when it is long."""
    size = NAME_SIZE_HERO if shape is Shape.HERO else NAME_SIZE
    room = shape.value[0] - size * 2
    text = product.brand or product.name
    squeeze = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if len(text) * size * LETTER_WIDTH > room else ""
    colour = "#FFFFFF" if is_dark(product) else "#1B1A17"
    return (
        f'<text x="{size}" y="{round(size * 1.68)}" font-size="{size}" font-weight="650" letter-spacing="-.02em"'
        f' font-family="Figtree, system-ui, sans-serif" fill="{colour}"{squeeze}>{escape(text)}</text>'
    )


__all__ = ["BAND", "BY_CATEGORY", "FAMILIES", "PALETTES", "Shape", "family", "is_dark", "palette", "picture"]
